// State ⇄ address: a link shows the same to everybody, and what an address says wrongly is left aside and named.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rangeNames, windowNames } from '../../api/query-names.ts';
import {
  addressOf,
  comparisons,
  dimensions,
  type PageState,
  pages,
  type Range,
  readState,
  shownMeasures,
  toggled,
} from './page-state.ts';

const read = (address: string, zone = 'UTC') => {
  const { pathname, search } = new URL(address, 'http://host');
  return readState(pathname, search, zone);
};

const range: fc.Arbitrary<Range> = fc.oneof(
  fc.constantFrom(...rangeNames).map((name) => ({ kind: 'named' as const, name })),
  fc.constantFrom('60m', '24h', '7d', '4w', '12mo', '2y').map((last) => ({ kind: 'last' as const, last })),
  fc.constant({ kind: 'between' as const, from: '2014-01-03', to: '2018-01-06' }),
  fc.constant({ kind: 'between' as const, from: '2026-11-21T10:00:00Z', to: '2026-11-21T11:00:00Z' }),
  fc.constant({ kind: 'all' as const }),
);
const filterValues = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 });
const state: fc.Arbitrary<PageState> = fc
  .record({
    page: fc.constantFrom(...pages),
    range,
    tz: fc.constantFrom('UTC', 'Europe/Amsterdam', 'America/Argentina/Buenos_Aires'),
    compare: fc.constantFrom(...comparisons),
    measure: fc.constantFrom(...shownMeasures),
    window: fc.option(fc.constantFrom(...windowNames), { nil: undefined }),
    filters: fc.dictionary(fc.constantFrom(...dimensions), filterValues),
    report: fc.option(fc.constantFrom('daily', '2-a'), { nil: undefined }),
  })
  .map((one) => (one.range.kind === 'all' ? { ...one, compare: 'none' as const } : one))
  .map((one) => (one.page === 'reports' ? one : { ...one, report: undefined }));

describe('page state', () => {
  test('an address holds the whole state: read again in another zone it is the same', () => {
    fc.assert(
      fc.property(state, (one) => {
        const found = read(addressOf(one), 'Asia/Tokyo');
        expect(found).toEqual({ state: { ...one, filters: { ...one.filters } }, isRangeOpen: false, ignored: [] });
        expect(addressOf(found.state)).toBe(addressOf(one));
      }),
    );
  });

  test('nothing said is today in the zone of the reader, against the same time last week', () => {
    expect(read('/', 'Europe/Amsterdam')).toEqual({
      state: {
        page: 'today',
        range: { kind: 'named', name: 'today' },
        tz: 'Europe/Amsterdam',
        compare: 'week-ago',
        measure: 'orders',
        window: undefined,
        filters: {},
      },
      isRangeOpen: true,
      ignored: [],
    });
  });

  test.each([
    ['/?range=someday', 'range=someday'],
    ['/?last=5', 'last=5'],
    ['/?from=2018-01-01&to=2014-01-01', 'from=2018-01-01&to=2014-01-01'],
    ['/?from=2018-01-01', 'from=2018-01-01'],
    ['/?to=2026-99-99', 'to=2026-99-99'],
    ['/?from=2026-01-01&to=2026-99-99', 'from=2026-01-01&to=2026-99-99'],
    ['/?tz=Mars', 'tz=Mars'],
    ['/?tz=%2B05:00', 'tz=+05:00'],
    ['/?compare=never', 'compare=never'],
    ['/?measure=love', 'measure=love'],
    ['/?window=aeon', 'window=aeon'],
  ])('%s: what is not known is left aside and named', (address, ignored) => {
    const found = read(address);
    expect(found.ignored.join('&')).toBe(ignored);
    expect(found.state).toEqual(read('/').state);
  });

  test('clicking a value filters by it, another joins it, and the last one clicked away leaves no filter', () => {
    const one = toggled({ channel: ['web'] }, 'store', 'London');
    expect(one).toEqual({ channel: ['web'], store: ['London'] });
    const two = toggled(one, 'store', 'Tokyo');
    expect(two).toEqual({ channel: ['web'], store: ['London', 'Tokyo'] });
    expect(toggled(toggled(two, 'store', 'London'), 'store', 'Tokyo')).toEqual({ channel: ['web'] });
  });
});
