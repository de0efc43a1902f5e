// Results that are kept between runs, one file each: a run that was killed goes on where it was.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeptResults<T> {
  /** What was kept under that name for exactly that key: of other code it says nothing. */
  find(name: string, key: string): T | undefined;
  keep(name: string, key: string, result: T): void;
  forgetAll(): void;
}

export function openKeptResults<T>(folder: string): KeptResults<T> {
  mkdirSync(folder, { recursive: true });
  const fileOf = (name: string) => join(folder, `${name.replaceAll(/[^a-z0-9.-]/gi, '_')}.json`);
  return {
    find(name, key) {
      try {
        const kept = JSON.parse(readFileSync(fileOf(name), 'utf8')) as { key: string; result: T };
        return kept.key === key ? kept.result : undefined;
      } catch {
        return undefined;
      }
    },
    keep: (name, key, result) => writeFileSync(fileOf(name), JSON.stringify({ key, result })),
    forgetAll() {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    },
  };
}
