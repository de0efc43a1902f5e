// Tables, numbers and money as a person reads them.
import { describe, expect, test } from 'vitest';
import { answerText, grouped, headerOf, money, provenanceText, records, table } from './render.ts';

test.each([
  [229_720_107, 'USD', '2,297,201.07 USD'],
  [5, 'EUR', '0.05 EUR'],
  [0, 'USD', '0.00 USD'],
  [-1_234, 'GBP', '-12.34 GBP'],
  [1_234_567, 'JPY', '1,234,567 JPY'],
  [1_234_567, 'BHD', '1,234.567 BHD'],
  [9_007_199_254_740_991, 'USD', '90,071,992,547,409.91 USD'],
])('%i minor units of %s are %s', (minor, currency, text) => expect(money(minor, currency)).toBe(text));

test.each([
  ['grossMinor', 'gross (minor units)'],
  ['averageOrderMinor', 'average order (minor units)'],
  ['windowStart', 'window start'],
  ['store', 'store'],
])('the column %s is headed %s', (column, header) => expect(headerOf(column)).toBe(header));

test('a table aligns numbers to the right and shows what is missing', () => {
  const text = table(
    ['store', 'orders'],
    [
      ['West', 1_611],
      ['East', null],
    ],
  );
  expect(text.split('\n')).toEqual([
    '┌───────┬────────┐',
    '│ store │ orders │',
    '├───────┼────────┤',
    '│ West  │  1,611 │',
    '│ East  │      – │',
    '└───────┴────────┘',
  ]);
});

test('rows with different fields share one table', () => {
  const text = records([
    { store: 'West', grossMinor: 72_545_793 },
    { store: 'East', open: true },
  ]);
  expect(text).toContain('gross (minor units)');
  expect(text).toContain('72,545,793');
  expect(text).toContain('yes');
});

test('a range that all rows share is one line, windows are columns', () => {
  const provenance = { generation: 'g', run: 'r', token: 't' };
  const [windowStart, windowEnd] = ['2014-01-01T00:00:00+00:00', '2018-01-01T00:00:00+00:00'];
  const rows = [
    { windowStart, windowEnd, open: true, store: 'West', orders: 1 },
    { windowStart, windowEnd, open: true, store: 'East', orders: 2 },
  ];
  const total = answerText({ rows, query: {}, provenance });
  expect(total).toContain(`from ${windowStart} to ${windowEnd}, still open\n`);
  expect(total).not.toContain('window start');
  const series = answerText({ rows: [rows[0]!, { ...rows[1]!, windowStart: windowEnd }], query: {}, provenance });
  expect(series).toContain('window start');
});

describe('provenance', () => {
  const base = { generation: 'g', run: 'r-1', token: 't', tidemark: [1, 2], vector: [3, 1_002] };
  const cut = 'V 3 records counted by batch, W 1,005 records with live · token t';
  test('what is unknown is said to be', () => {
    expect(provenanceText({ ...base, lagRecords: null })).toBe(`run r-1 · lag unknown\n${cut}`);
  });
  test('deferred records, live share and notes are told', () => {
    const text = provenanceText({ ...base, lagRecords: 0, liveShare: 0.25, deferredRecords: 10_018, notes: ['stale'] });
    expect(text).toBe(
      `run r-1 · lag 0 records · live 25.0 % · deferred 10,018 records, counted by the next batch run\n${cut}\nnote: stale`,
    );
  });
});

test('numbers are grouped, fractions keep four decimals', () => expect(grouped(45_861.4567)).toBe('45,861.4567'));
