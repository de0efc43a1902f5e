// Bad input: each refusal names the parameter, its value and what was expected.
import { describe, expect, test } from 'vitest';
import { Problem, type ProblemFields } from '../runtime/problem.ts';
import { definition } from '../schemas/definition.ts';
import { encodeToken } from '../schemas/token.ts';
import { createQueryParser, type Parameters } from './query-parse.ts';
import { planQuery } from './query-plan.ts';

const bounds = { nowMs: Date.UTC(2024, 5, 1, 12, 0, 30), newestMs: 0, earliestMs: Date.UTC(2000, 0, 1) };
const token = encodeToken({ generation: '0'.repeat(12), run: '', vector: [1, 2, 3] });

const parser = createQueryParser(definition, 2);

function plan(parameters: Parameters) {
  return planQuery(parser.ofParameters({ measures: 'orders', ...parameters }), definition, bounds);
}

function refusal(parameters: Parameters): ProblemFields {
  try {
    plan(parameters);
  } catch (error) {
    if (error instanceof Problem) return error.fields;
    throw error;
  }
  throw new Error('was not refused');
}

describe('a query is refused with field, value and what was expected', () => {
  const long = 'x'.repeat(65);
  test.each<[Parameters, string, string, unknown, string]>([
    [{ colour: 'red' }, 'unknown-parameter', 'colour', 'red', 'one of measures, by'],
    [{ format: 'xml' }, 'unknown-value', 'format', 'xml', 'one of json, csv'],
    [{ measures: undefined }, 'missing-parameter', 'measures', undefined, 'one or more of orders'],
    [{ measures: 'orders,profit' }, 'unknown-measure', 'measures', 'profit', 'one of orders'],
    [{ measures: 'toString' }, 'unknown-measure', 'measures', 'toString', 'one of orders'],
    [{ measures: 'orders,orders' }, 'duplicate-value', 'measures', 'orders', 'each name once'],
    [{ by: 'planet' }, 'unknown-dimension', 'by', 'planet', 'one of store'],
    [{ 'where.planet': 'x' }, 'unknown-dimension', 'where.planet', 'x', 'where. and one of store'],
    [{ 'not.__proto__': 'x' }, 'unknown-dimension', 'not.__proto__', 'x', 'not. and one of store'],
    [{ 'where.store': '' }, 'bad-value', 'where.store', '', '1 to 64 bytes'],
    [{ 'where.store': ['west', long] }, 'bad-value', 'where.store', long, '1 to 64 bytes'],
    [
      { 'where.store': Array.from({ length: 101 }, (_, i) => `s${i}`) },
      'too-many-values',
      'where',
      '101 values, 294 bytes',
      'at most 100',
    ],
    [{ window: 'fortnight' }, 'unknown-window', 'window', 'fortnight', 'one of minute'],
    [{ window: ['day', 'hour'] }, 'duplicate-parameter', 'window', ['day', 'hour'], 'to be given once'],
    [{ from: 'yesterday' }, 'bad-instant', 'from', 'yesterday', 'an ISO 8601 instant'],
    [{ to: '2024-02-30' }, 'bad-instant', 'to', '2024-02-30', 'an ISO 8601 instant'],
    [{ from: '2024-01-01T00:00' }, 'bad-instant', 'from', '2024-01-01T00:00', 'an ISO 8601 instant'],
    [{ from: '1969-12-31' }, 'bad-instant', 'from', '1969-12-31', 'an instant or a date from 1970-01-01T00:00:00Z on'],
    [{ from: '2024-01-02', to: '2024-01-01' }, 'reversed-range', 'to', '2024-01-01', 'an instant after from'],
    [{ from: '2024-01-02', to: '2024-01-02' }, 'reversed-range', 'to', '2024-01-02', 'an instant after from'],
    [{ from: '2025-01-01' }, 'reversed-range', 'from', '2025-01-01T00:00:00+00:00', 'not in the future'],
    [{ from: '2024-01-01T00:00:30Z' }, 'off-grain', 'from', '2024-01-01T00:00:30+00:00', 'a multiple of 1 minutes'],
    [
      { from: '2024-01-01T00:01:00Z', by: 'sku', measures: 'units' },
      'off-grain',
      'from',
      '2024-01-01T00:01:00+00:00',
      'a multiple of 15 minutes',
    ],
    [{ tz: 'Mars/Olympus' }, 'unknown-time-zone', 'tz', 'Mars/Olympus', 'an IANA time zone'],
    [{ attribution: 'payment' }, 'unknown-attribution', 'attribution', 'payment', 'one of event, order'],
    [{ atLeast: 'x' }, 'bad-token', 'atLeast', 'x', 'a token from an answer'],
    [{ atLeast: token }, 'bad-token', 'atLeast', token, 'a token from an answer'],
    [{ by: 'sku' }, 'unanswerable', 'measures', 'orders', 'a rollup by occurredAt of [sku] with orders'],
    [
      { by: 'sku', measures: 'units', window: 'minute' },
      'unanswerable',
      'window',
      'minute',
      'windows of at least 15 minutes',
    ],
    [
      { by: 'category', measures: 'units,netMinor' },
      'unanswerable',
      'measures',
      'units,netMinor',
      'a rollup by occurredAt of [category] with grossMinor, cancelledMinor, refundedMinor',
    ],
  ])('%j is %s', (parameters, code, field, value, expected) => {
    const problem = refusal(parameters);
    expect(problem).toMatchObject({ code, status: 400, field });
    expect(problem.value).toEqual(value);
    expect(problem.expected).toContain(expected);
    expect(problem.detail).toContain(field);
  });
});

describe('a query is planned on the smallest rollup that holds it', () => {
  test.each<[Parameters, string]>([
    [{}, 'order_minute'],
    [{ attribution: 'order' }, 'order_minute_placed'],
    [{ measures: 'units', by: 'store' }, 'order_minute'],
    [{ measures: 'units', by: 'category' }, 'sku_quarter_hour'],
    [{ measures: 'units', by: 'category', window: 'minute' }, 'item_minute'],
    [{ measures: 'units', by: 'category', from: '2024-01-01T00:01:00Z' }, 'item_minute'],
    [{ measures: 'itemMinor', 'where.channel': 'web', window: 'day' }, 'item_minute'],
    [{ measures: 'itemMinor', by: 'sku', window: 'hour', tz: 'Asia/Kathmandu' }, 'sku_quarter_hour'],
  ])('%j → %s', (parameters, rollup) => {
    expect(plan(parameters).reads.map((read) => read.rollup.name)).toEqual([rollup]);
  });

  test.each<[Parameters, string[]]>([
    [{ measures: 'orders,itemMinor', by: 'store' }, ['order_minute', 'sku_quarter_hour']],
    [{ measures: 'netMinor,itemMinor,units', by: 'channel' }, ['order_minute', 'item_minute']],
    // On the quarter hour the smaller one does, by the minute the finer one.
    [{ measures: 'orders,itemMinor', by: 'store', window: 'minute' }, ['order_minute', 'item_minute']],
    [{ measures: 'orders,itemMinor', from: '2024-01-01T00:01:00Z' }, ['order_minute', 'item_minute']],
    [{ measures: 'refunds,itemMinor', attribution: 'order' }, ['order_minute_placed', 'sku_quarter_hour']],
    // What one holds is read of one.
    [{ measures: 'units,itemMinor', by: 'store' }, ['sku_quarter_hour']],
    [{ measures: 'units', by: 'category', attribution: 'order' }, ['sku_quarter_hour']],
  ])('%j → %j', (parameters, rollups) => {
    const { reads, grainMs, bases } = plan(parameters);
    expect(reads.map(({ rollup }) => rollup.name)).toEqual(rollups);
    expect(grainMs).toBe(Math.max(...reads.map(({ rollup }) => rollup.windowMs)));
    expect(bases).toEqual([...new Set(bases)]);
  });

  test('where one attribution has no rollup, the other one is named', () => {
    const rollups = definition.rollups.filter(({ time }) => time === 'occurredAt');
    const query = parser.ofParameters({ measures: 'orders,refunds', attribution: 'order' });
    expect(() => planQuery(query, { ...definition, rollups }, bounds)).toThrow(
      'attribution is "order", expected the other attribution; it would take a rollup by placedAt of [] with refunds',
    );
  });

  test('an open range goes from the earliest valid instant to the end of the present window', () => {
    const { from, to } = plan({});
    expect([from, to]).toEqual([Date.UTC(2000, 0, 1), Date.UTC(2024, 5, 1, 12, 1)]);
  });

  test('a range before anything valid stays where it is, one far ahead is bounded', () => {
    const early = plan({ from: '1990-01-01', to: '1991-01-01', window: 'month' });
    expect([early.from, early.to]).toEqual([Date.UTC(1990, 11, 31, 23, 59), Date.UTC(1991, 0, 1)]);
    expect(plan({ to: '9999-01-01', window: 'day' }).to).toBeLessThan(Date.UTC(2035, 0, 1));
    const late = plan({ from: '9998-01-01', to: '9999-01-01' });
    expect(late.from).toBe(Date.UTC(9998, 0, 1));
  });

  test('a plus sign that was not escaped is understood', () => {
    expect(plan({ from: '2024-01-01T00:00:00 02:00' }).from).toBe(Date.UTC(2023, 11, 31, 22));
  });

  test('amounts are grouped by currency even where it is not asked for', () => {
    expect(plan({ measures: 'netMinor', by: 'store' }).groupBy).toEqual(['store', 'currency']);
    expect(plan({ measures: 'orders', by: 'store' }).groupBy).toEqual(['store']);
  });
});
