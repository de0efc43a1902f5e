// The client's half of docs/stream.md: events cut anywhere, and an answer kept up to date by them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer, Provenance, Row } from './api.ts';
import { createEventParser } from './event-stream.ts';
import { parseExactly } from './exact-json.ts';
import { applyChange } from './live-answer.ts';

const provenance = { run: 'r1', token: 't1' } as Provenance;
const row = (store: string, orders: number, other?: true): Row => ({
  windowStart: '2026-11-21T00:00:00+01:00',
  windowEnd: '2026-11-22T00:00:00+01:00',
  ...(other ? { other } : {}),
  store,
  orders,
});
const answer: Answer = {
  rows: [row('London', 1), row('Tokyo', 2)],
  currencies: {},
  query: { from: '', to: '', tz: 'UTC', rollup: 'order_minute' },
  provenance,
};

describe('event stream', () => {
  const text =
    'retry: 1000\n\nevent: state\nid: a.1\ndata: {"rows":[]}\n\n:\n\nevent: change\ndata: {"x":\ndata: 1}\n\n';
  const events = [
    { event: 'state', data: '{"rows":[]}', id: 'a.1' },
    { event: 'change', data: '{"x":\n1}', id: undefined },
  ];

  test('gives the same events wherever the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const parse = createEventParser();
        const found = places.slice(1).flatMap((to, i) => parse(text.slice(places[i], to)));
        expect(found).toEqual(events);
      }),
    );
  });

  test('an event that was not ended is none', () => {
    expect(createEventParser()('event: change\ndata: {}\n')).toEqual([]);
  });
});

describe('live answer', () => {
  test('a change replaces, adds and removes rows by window and dimensions, and keeps the rest', () => {
    const change = {
      upserts: [row('London', 5), row('Paris', 1)],
      removed: [{ windowStart: '2026-11-21T00:00:00+01:00', store: 'Tokyo' }],
    };
    expect(applyChange(answer, ['store'], change)).toEqual({ ...answer, rows: [row('London', 5), row('Paris', 1)] });
  });

  test('the rest beyond the limit is a row of its own, also beside a group of the same values', () => {
    const change = { upserts: [row('London', 9, true)], removed: [] };
    expect(applyChange(answer, ['store'], change).rows).toHaveLength(3);
  });

  test('without rows it takes provenance and query alone, and the rows stay the same object', () => {
    const next = { ...provenance, token: 't2' };
    const changed = applyChange(answer, ['store'], { upserts: [], removed: [], provenance: next });
    expect(changed.provenance).toBe(next);
    expect(changed.rows).toBe(answer.rows);
  });

  test('integers beyond 2^53 stay exact', () => {
    expect(parseExactly('{"a":9007199254740993,"b":[1,2.5]}')).toEqual({ a: 9007199254740993n, b: [1, 2.5] });
  });
});
