// Random queries over data that is told by a catalog: all that the query language can say, bounded so that an answer stays
// of some thousands of rows. Most can be answered; what cannot, the oracle says of itself.
import fc from 'fast-check';
import type { AskedQuery, Filter, WindowName } from './asked-query.ts';
import { type Grain, measures } from './measures.ts';

export interface Catalog {
  /** By dimension, some values that there are. */
  readonly values: Filter;
  /** Local dates around which there is something to see. */
  readonly days: readonly string[];
}

const zones = [
  'UTC',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Europe/Berlin',
  // Here clocks change at midnight: some days begin at one o'clock, in Asunción also the first of a month.
  'America/Havana',
  'America/Asuncion',
  'Africa/Casablanca',
  // Was without a 30 December in 2011.
  'Pacific/Apia',
];

const dayMs = 86_400_000;
const shift = (day: string, days: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
const monthOf = (day: string, months: number) => {
  const date = new Date(`${day.slice(0, 7)}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 10);
};

type Range = Pick<AskedQuery, 'from' | 'to' | 'last' | 'range'>;

/** With about how many days it has. */
function ranges({ days }: Catalog): fc.Arbitrary<{ range: Range; days: number }> {
  const day = fc.constantFrom(...days);
  const dates = fc.tuple(day, fc.nat(4), fc.constantFrom(1, 1, 2, 3, 7, 9, 20)).map(([at, before, length]) => {
    const from = shift(at, -Math.min(before, length));
    return { range: { from, to: shift(from, length) }, days: length };
  });
  const months = fc.tuple(day, fc.constantFrom(1, 1, 2, 3, 12)).map(([at, length]) => ({
    range: { from: monthOf(at, 0), to: monthOf(at, length) },
    days: length * 31,
  }));
  const years = fc.tuple(day, fc.constantFrom(1, 2)).map(([at, length]) => ({
    range: { from: `${at.slice(0, 4)}-01-01`, to: `${Number(at.slice(0, 4)) + length}-01-01` },
    days: length * 366,
  }));
  // On quarters of an hour; some on minutes, a few on seconds, and some with an offset.
  const step = fc.constantFrom(...Array.from({ length: 12 }, () => 900), 60, 60, 1);
  const instants = fc
    .tuple(day, fc.integer({ min: -86_400, max: 86_400 }), fc.integer({ min: 1, max: 200_000 }), step, fc.boolean())
    .map(([at, start, length, seconds, offset]) => {
      const instant = (second: number) => {
        const ms = Date.parse(`${at}T00:00:00Z`) + Math.floor(second / seconds) * seconds * 1_000;
        return offset
          ? `${new Date(ms - 19_800_000).toISOString().slice(0, 19)}-05:30`
          : `${new Date(ms).toISOString().slice(0, 19)}Z`;
      };
      return { range: { from: instant(start), to: instant(start + Math.max(length, seconds)) }, days: 3 };
    });
  const halves = fc.oneof(
    day.map((from) => ({ range: { from }, days: Number.POSITIVE_INFINITY })),
    day.map((to) => ({ range: { to }, days: Number.POSITIVE_INFINITY })),
    fc.constant({ range: {}, days: Number.POSITIVE_INFINITY }),
  );
  const last = fc
    .constantFrom(
      ['90m', 1],
      ['100m', 1],
      ['5h', 1],
      ['36h', 2],
      ['2d', 2],
      ['1w', 7],
      ['1mo', 31],
      ['13mo', 400],
      ['2y', 740],
    )
    .map(([text, length]) => ({ range: { last: text }, days: length }));
  const named = fc
    .constantFrom(
      ['today', 1],
      ['yesterday', 1],
      ['week-to-date', 7],
      ['month-to-date', 31],
      ['quarter-to-date', 92],
      ['year-to-date', 366],
    )
    .map(([name, length]) => ({ range: { range: name }, days: length }));
  const wrong = day.map((at) => ({ range: { from: at, to: shift(at, -1) }, days: 1 }));
  return fc.oneof(
    { weight: 40, arbitrary: dates },
    { weight: 20, arbitrary: months },
    { weight: 10, arbitrary: years },
    { weight: 20, arbitrary: instants },
    { weight: 12, arbitrary: halves },
    { weight: 15, arbitrary: last },
    { weight: 12, arbitrary: named },
    { weight: 1, arbitrary: wrong },
  );
}

const unasked = (weight: number) => Array.from({ length: weight }, () => undefined);
const chance = (percent: number) => fc.nat(99).map((n) => n < percent);
const some = <T>(list: readonly T[], maxLength: number, minLength = 0) =>
  fc.shuffledSubarray([...list], { minLength, maxLength: Math.min(maxLength, list.length) });

/** What is asked of what: of orders, of their lines in either way that these are held, or anything of anything. */
function subjects(): fc.Arbitrary<{ measures: string[]; dimensions: string[] }> {
  const byGrain = (...grains: readonly Grain[]) =>
    Object.keys(measures).filter((name) => grains.some((grain) => measures[name]!.of.includes(grain)));
  const subject = (names: readonly string[], dimensions: readonly string[]) =>
    some(names, 3, 1).map((chosen) => ({ measures: chosen, dimensions: [...dimensions] }));
  const orders = ['store', 'channel', 'country', 'currency'];
  return fc.oneof(
    { weight: 60, arbitrary: subject(byGrain('order', 'placed'), orders) },
    { weight: 12, arbitrary: subject(Object.keys(measures), orders) },
    { weight: 17, arbitrary: subject(byGrain('item'), ['category', ...orders]) },
    { weight: 17, arbitrary: subject(byGrain('item'), ['sku', 'category', 'store', 'currency']) },
    { weight: 6, arbitrary: subject(Object.keys(measures), [...orders, 'category', 'sku']) },
  );
}

function filters({ values }: Catalog, dimensions: readonly string[]): fc.Arbitrary<{ where: Filter; not: Filter }> {
  const filter = some(dimensions, 1).chain((names) =>
    fc.record(Object.fromEntries(names.map((name) => [name, some([...values[name]!, 'nowhere'], 3, 1)]))),
  );
  const none = fc.constant({});
  return fc.record({ where: fc.oneof(none, none, filter), not: fc.oneof(none, none, none, filter) }) as fc.Arbitrary<{
    where: Filter;
    not: Filter;
  }>;
}

/** Windows that make no more rows than can be looked at. */
function windowsFor(days: number): (WindowName | undefined)[] {
  const windows: (WindowName | undefined)[] = [undefined, 'day', 'week', 'month', 'year', 'day', 'month'];
  if (days <= 62) windows.push('hour', 'hour', 'hour');
  if (days <= 7) windows.push('15m');
  if (days <= 2) windows.push('15m', 'minute');
  return windows;
}

export function randomQuery(catalog: Catalog): fc.Arbitrary<AskedQuery> {
  const plain = subjects().chain(({ measures: names, dimensions }) =>
    ranges(catalog).chain(({ range, days }) =>
      fc.record({
        measures: fc.constant(names),
        by: some(dimensions, 3),
        range: fc.constant(range),
        days: fc.constant(days),
        window: fc.constantFrom(...windowsFor(days)),
        weekStart: fc.option(fc.constantFrom('sunday', 'monday', 'thursday'), { nil: undefined }),
        tz: fc.option(fc.constantFrom(...zones, ...zones), { nil: undefined }),
        attribution: fc.constantFrom(...unasked(2), 'event' as const, 'order' as const),
        filters: filters(catalog, dimensions),
        currency: fc.constantFrom(...catalog.values['currency']!),
        limit: fc.option(fc.integer({ min: 1, max: 5 }), { freq: 2, nil: undefined }),
        other: fc.boolean(),
        order: fc.array(fc.tuple(fc.nat(9), fc.boolean()), { maxLength: 3 }),
        windowStart: fc.constantFrom(...unasked(2), 'first', 'last'),
        compare: fc.constantFrom(...unasked(7), 'previous', 'previous', 'day-ago', 'week-ago', 'year-ago'),
        fill: fc.boolean(),
        careless: chance(12),
      }),
    ),
  );
  return plain.map(({ range, days, filters: filter, currency, order, windowStart, careless, ...query }) => {
    const { where, not } = filter;
    const asksMoney = query.measures.some((name) => measures[name]!.unit === 'minor');
    const one = asksMoney && !query.by.includes('currency') && !careless ? { currency: [currency] } : {};
    const columns = [...query.measures, ...query.by];
    const keys = [...new Map(order.map(([i, down]) => [columns[i % columns.length]!, down]))];
    // Amounts have no order across currencies: careful ones name the currency first.
    const byMoney = keys.some(([name]) => measures[name]?.unit === 'minor');
    if (byMoney && query.by.includes('currency') && !careless) {
      keys.sort(([a], [b]) => Number(b === 'currency') - Number(a === 'currency'));
      if (keys[0]![0] !== 'currency') keys.unshift(['currency', false]);
    }
    const texts = keys.map(([name, down]) => `${down ? '-' : ''}${name}`);
    if (windowStart === 'first') texts.unshift('-windowStart');
    if (windowStart === 'last') texts.push('-windowStart');
    const knowsFrom = 'from' in range || 'last' in range || 'range' in range;
    const bounded = Number.isFinite(days);
    const asked: Record<string, unknown> = {
      ...query,
      ...range,
      where: { ...where, ...one },
      not,
      order: texts,
      other: query.other && (query.limit !== undefined || careless),
      fill: query.fill && bounded && (query.window !== undefined || careless),
      compare: knowsFrom || careless ? query.compare : undefined,
    };
    for (const [name, value] of Object.entries(asked)) {
      const isEmpty = value === undefined || value === false || (Array.isArray(value) && value.length === 0);
      if (isEmpty || (typeof value === 'object' && Object.keys(value as object).length === 0)) delete asked[name];
    }
    return asked as unknown as AskedQuery;
  });
}
