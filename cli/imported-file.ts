// `.tidemark/state/imported.json`: what `npm start` has sent into the data beside it, so that it is sent once. Losing the
// file is harmless: the same events are sent again and are duplicates.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { decodeToken, encodeToken } from '../schemas/token.ts';

export interface Imported {
  /** Token that covers the real orders. */
  readonly superstore?: string;
  /** Token that covers the 8 days behind the live shop. */
  readonly history?: string;
}

/** Tokens of the generation that is in use: a setting may have begun another one since, over the same records. */
export function readImported(file: string, generation: string): Imported {
  let value: { readonly [Name in keyof Imported]?: unknown } | null;
  try {
    value = JSON.parse(readFileSync(file, 'utf8')) as typeof value;
  } catch {
    return {};
  }
  const superstore = inGeneration(value?.superstore, generation);
  const history = inGeneration(value?.history, generation);
  return { ...(superstore !== undefined && { superstore }), ...(history !== undefined && { history }) };
}

/** Offsets are the topic's and mean the same in every generation; a run belongs to one. */
function inGeneration(text: unknown, generation: string): string | undefined {
  const token = typeof text === 'string' ? decodeToken(text) : undefined;
  return token && encodeToken({ generation, run: '', vector: token.vector });
}

export function writeImported(file: string, imported: Imported): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.next`, `${JSON.stringify(imported)}\n`);
  renameSync(`${file}.next`, file);
}
