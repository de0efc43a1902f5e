// `.tidemark/state/imported.json`: what `npm start` has sent into the data beside it, so that it is sent once. Losing the
// file is harmless: the same events are sent again and are duplicates.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Imported {
  /** Token that covers the real orders. */
  readonly superstore?: string;
  /** Token that covers the 8 days behind the live shop. */
  readonly history?: string;
}

export function readImported(file: string): Imported {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

export function writeImported(file: string, imported: Imported): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.next`, `${JSON.stringify(imported)}\n`);
  renameSync(`${file}.next`, file);
}
