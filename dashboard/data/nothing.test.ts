// A range without a number: what was counted there, as far as anything was.
import { expect, test } from 'vitest';
import { exampleAnswer } from '../../api/examples.ts';
import { nothingIn } from './nothing.ts';

const data = { from: '2026-11-13T09:00:00.000Z', to: '2026-11-21T12:00:00.000Z' };
const asked = { ...exampleAnswer.query, attribution: 'event' } as const;
const saidOf = (query: object, rows: (typeof exampleAnswer)['rows'] = []) =>
  nothingIn({ rows, query: { ...asked, ...query } }, data);
const among = { from: '2026-11-14T00:00:00+00:00', to: '2026-11-15T00:00:00+00:00' };
const before = { from: '2026-11-12T10:00:00+01:00', to: '2026-11-13T10:00:00+01:00' };
const after = { from: '2026-11-21T12:00:00+00:00', to: '2026-11-22T00:00:00+00:00' };

test.each([
  [among, false, 'No orders in this range.'],
  [{ ...among, where: { store: ['Oslo'] } }, false, 'No orders in this range with these filters.'],
  [{ ...before, range: 'yesterday' }, true, 'No data in this range.'],
  [before, true, 'No data in this range.'],
  [{ ...before, to: '2026-11-13T10:00:01+01:00' }, false, 'No orders in this range.'],
  [after, true, 'No data in this range.'],
  // Told from now on, it is counted as it comes.
  [{ ...after, range: 'today' }, false, 'No orders in this range.'],
  [{ ...after, last: '60m' }, false, 'No orders in this range.'],
])('%j', (query, isUnknown, words) => {
  expect(saidOf(query)).toEqual({ isUnknown, words });
});

test('where there is something, or nothing is known yet, nothing is said', () => {
  expect(saidOf(among, exampleAnswer.rows)).toBeUndefined();
  expect(nothingIn(undefined, data)).toBeUndefined();
  expect(nothingIn({ rows: [], query: { ...asked, ...among } }, null)?.isUnknown).toBe(false);
});
