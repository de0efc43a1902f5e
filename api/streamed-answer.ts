// The present answer of a stream, from its events (docs/stream.md). Pure but for what it holds.
import type { AnswerOf, ClientStreamQuery, ProvenanceOf, RowOf } from './client-query.ts';
import type { ChangeOf, StreamEvent } from './client-stream.ts';
import type { ProblemDocument } from './problem-schema.ts';

export interface StreamedAnswer<Q extends ClientStreamQuery> {
  take(event: StreamEvent<Q>): void;
  /** By window, then by dimension values, the row of the rest last; a rank is the caller's to sort by. */
  rows(): RowOf<Q>[];
  /** What the answer has beside its rows; undefined before the first state. */
  head(): Omit<AnswerOf<Q>, 'rows'> | undefined;
  /** The fault that the server told last; undefined once all is well again. */
  problem(): ProblemDocument | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

export function createStreamedAnswer<Q extends ClientStreamQuery>(): StreamedAnswer<Q> {
  const rows = new Map<string, RowOf<Q>>();
  let head: Omit<AnswerOf<Q>, 'rows'> | undefined;
  let problem: ProblemDocument | undefined;
  const columns = () => ['windowStart', 'other', ...(head?.query.by ?? [])];
  const keyOf = (row: Fields) => JSON.stringify(columns().map((name) => row[name] ?? null));

  function put(changed: readonly RowOf<Q>[]): void {
    for (const row of changed) rows.set(keyOf(row), row);
  }

  function change({ upserts, removed, ...rest }: ChangeOf<Q>): void {
    if (head) head = { ...head, ...rest };
    for (const key of removed) rows.delete(keyOf(key));
    put(upserts);
  }

  return {
    take(event) {
      switch (event.name) {
        case 'state': {
          const { rows: all, ...rest } = event.data;
          rows.clear();
          head = rest;
          put(all);
          break;
        }
        case 'change':
          change(event.data);
          break;
        case 'provenance':
          if (head) head = { ...head, provenance: event.data as ProvenanceOf<Q> & typeof head.provenance };
          break;
        case 'error':
          problem = event.data;
          return;
        default:
          event satisfies never;
      }
      problem = undefined;
    },
    rows: () => [...rows.values()].toSorted((a, b) => compareRows(a, b, head?.query.by ?? [])),
    head: () => head,
    problem: () => problem,
  };
}

function compareRows(a: Fields, b: Fields, by: readonly string[]): number {
  const apart = Date.parse(String(a['windowStart'])) - Date.parse(String(b['windowStart']));
  if (apart !== 0) return apart;
  if (a['other'] !== b['other']) return a['other'] === true ? 1 : -1;
  const differs = by.find((name) => a[name] !== b[name]);
  if (differs === undefined) return 0;
  return String(a[differs]) < String(b[differs]) ? -1 : 1;
}
