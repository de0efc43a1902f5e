// A report's query in words.
import { expect, test } from 'vitest';
import { nameFrom, queryInWords } from './report-query.ts';

const titleOf = (measure: string) => measure.replace('Minor', '');

test('a query is told in words, with all that narrows it', () => {
  const money = { measures: ['orders', 'netMinor'], by: ['store', 'currency'], tz: 'Asia/Tokyo' };
  expect(queryInWords({ ...money, range: 'week-to-date', compare: 'week-ago' }, titleOf)).toBe(
    'orders, net by store and currency · week to date, Asia/Tokyo · against week-ago',
  );
  const where = { store: ['West', 'East'] };
  expect(
    queryInWords({ measures: ['orders'], window: 'day', last: '7d', where, not: { sku: ['1'] }, limit: 5 }, titleOf),
  ).toBe('orders for each day · last 7d, UTC · store West or East · sku not 1 · the first 5');
  expect(queryInWords({ measures: ['orders'], from: '2014-01-01', to: '2018-01-01' }, titleOf)).toBe(
    'orders · from 2014-01-01 before 2018-01-01, UTC',
  );
  expect(queryInWords({ measures: ['orders'] }, titleOf)).toBe('orders · all there is');
});

test('a title becomes a name that a report can have', () => {
  expect(nameFrom('  Net, by Store! ')).toBe('net-by-store');
  expect(nameFrom('ÄÖ')).toBe('report');
  for (const title of [`${'a'.repeat(62)} b`, '-', '']) expect(nameFrom(title)).toMatch(/^[a-z0-9][a-z0-9-]{0,62}$/);
});
