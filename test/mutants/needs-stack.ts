// Whether a test needs the stores: it, or something that it imports, asks Vitest for them.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export function needsStack(file: string, seen = new Set<string>()): boolean {
  if (seen.has(file)) return false;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  if (text.includes("inject('stack')")) return true;
  const imported = [...text.matchAll(/ from '(\.[^']+\.ts)'/g)].map(([, path]) => join(dirname(file), path!));
  return imported.some((each) => needsStack(each, seen));
}
