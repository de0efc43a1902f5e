// From the page's state to queries, and to words for what no rollup answers.
import { describe, expect, test } from 'vitest';
import { definition } from '../../schemas/definition.ts';
import type { Definitions } from '../../api/client.ts';
import { readState } from './page-state.ts';
import { answerableBy, lengthMs, queryOf, queryText, windowFor } from './queries.ts';

const stateOf = (search: string) => readState('/', search, 'Europe/Amsterdam').state;
const textOf = (...asked: Parameters<typeof queryOf>) => queryText(queryOf(...asked));
const definitions = {
  rollups: definition.rollups.map((rollup) => ({
    ...rollup,
    attribution: rollup.time === 'occurredAt' ? 'event' : 'order',
  })),
} as unknown as Definitions;

describe('queries', () => {
  test('range, zone, comparison and filters of the page are in each query', () => {
    const state = stateOf('?last=24h&where.store=New York&where.store=Tokyo&compare=day-ago');
    expect(textOf(state, { measures: ['orders', 'netMinor'], by: ['store'], compare: true })).toBe(
      'measures=orders,netMinor&by=store&last=24h&tz=Europe/Amsterdam&compare=day-ago&where.store=New+York&where.store=Tokyo',
    );
  });

  test("a breakdown leaves its own dimension's filter aside, so that its other values can be clicked", () => {
    const state = stateOf('?where.store=Tokyo&where.channel=web');
    const query = textOf(state, { measures: ['orders'], by: ['store'], beside: 'store' });
    expect(query).toBe('measures=orders&by=store&range=today&tz=Europe/Amsterdam&where.channel=web');
  });

  test('all data is its extent, without an end while orders still come, and compared with nothing', () => {
    const state = stateOf('?range=all&compare=previous');
    expect(textOf(state, { measures: ['orders'], compare: true }, { from: '2014-01-03', to: '2018-01-06' })).toBe(
      'measures=orders&from=2014-01-03&to=2018-01-06&tz=Europe/Amsterdam',
    );
    expect(textOf(state, { measures: ['orders'] }, { from: '2014-01-03' })).toBe(
      'measures=orders&from=2014-01-03&tz=Europe/Amsterdam',
    );
  });

  test.each([
    ['last=60m', 'minute'],
    ['range=today', 'hour'],
    ['last=7d', 'day'],
    ['range=quarter-to-date', 'week'],
    ['range=year-to-date', 'week'],
    ['last=5y', 'month'],
    ['from=2014-01-03&to=2018-01-06', 'month'],
  ])('%s is shown by %s', (search, window) => {
    expect(windowFor(lengthMs(stateOf(`?${search}`).range, undefined, 0))).toBe(window);
  });

  test('products are not counted by country or channel, and it says which filter is in the way', () => {
    expect(answerableBy(definitions, 'units', 'sku', [])).toEqual({ kind: 'answerable' });
    expect(answerableBy(definitions, 'units', 'sku', ['store', 'category'])).toEqual({ kind: 'answerable' });
    expect(answerableBy(definitions, 'units', 'sku', ['store', 'country', 'channel'])).toEqual({
      kind: 'filters',
      inTheWay: ['country', 'channel'],
    });
    expect(answerableBy(definitions, 'orders', 'category', [])).toEqual({ kind: 'never' });
  });
});
