// An answer that a stream keeps up to date (docs/stream.md). Pure.
import type { Answer, Provenance, Row, Understood } from './api.ts';

export interface Change {
  readonly upserts: readonly Row[];
  readonly removed: readonly Readonly<Record<string, unknown>>[];
  readonly query?: Understood;
  readonly provenance?: Provenance;
}

/** `by`: the dimensions of the query; with the window's beginning they are a row's key. */
export function applyChange(answer: Answer, by: readonly string[], change: Change): Answer {
  const { upserts, removed, query = answer.query, provenance = answer.provenance } = change;
  if (upserts.length === 0 && removed.length === 0) return { ...answer, query, provenance };
  const rows = new Map(answer.rows.map((row) => [keyOf(row, by), row]));
  for (const key of removed) rows.delete(keyOf(key, by));
  for (const row of upserts) rows.set(keyOf(row, by), row);
  return { ...answer, rows: [...rows.values()], query, provenance };
}

function keyOf(row: Readonly<Record<string, unknown>>, by: readonly string[]): string {
  return JSON.stringify([row['windowStart'], row['other'] === true, ...by.map((name) => row[name])]);
}
