// Random queries over random orders, half of them live, each held to a naive count: every row says which window and which
// group it is of, and must hold what a plain sum over the events of that window and group gives. Ranks, rest, comparison and
// empty windows included. Which windows there are: windows.test.ts; which ones are compared: query-language.test.ts.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OrderEvent } from '../schemas/order-event.ts';
import { orderTotals, type OracleTotals } from '../schemas/oracle.ts';
import { createTestApp } from './test-app.ts';
import { testEvent } from './test-live-world.ts';
import { gridOf, type WindowName, weekDays, windowNames, windowsIn } from './windows.ts';

const nowMs = Date.UTC(2024, 3, 10, 15, 20, 30);
const minuteMs = 60_000;

// Around the days on which clocks change in these zones, and the same days of the year before.
const somewhen = fc
  .tuple(fc.constantFrom(2023, 2024, 2024, 2024), fc.nat(41 * 1_440 - 1), fc.constantFrom(1, 1, 60, 1_440))
  .map(([year, minute, step]) => Date.UTC(year, 2, 1) + Math.floor(minute / step) * step * minuteMs)
  .filter((at) => at < nowMs);

const event: fc.Arbitrary<Partial<OrderEvent>> = fc
  .record({
    occurredAt: somewhen,
    storeId: fc.constantFrom('a', 'b', 'c', 'd'),
    channel: fc.constantFrom('web', 'shop'),
    currency: fc.constantFrom('USD', 'USD', 'JPY'),
    type: fc.constantFrom(
      'OrderPlaced' as const,
      'OrderPlaced' as const,
      'OrderRefunded' as const,
      'OrderFulfilled' as const,
    ),
    amountMinor: fc.nat(40),
    daysBefore: fc.nat(3),
  })
  .map(({ daysBefore, ...some }) => ({
    ...some,
    placedAt: some.type === 'OrderPlaced' ? null : some.occurredAt - daysBefore * 86_400_000,
  }));

const dimensions = { store: 'storeId', channel: 'channel', currency: 'currency' } as const;
const dimensionNames = ['store', 'channel', 'currency'] as const;
const measureNames = ['orders', 'grossMinor', 'netMinor', 'refunds', 'averageOrderMinor'] as const;

const dayOf = (offset: number) => new Date(Date.UTC(2024, 2, 1) + offset * 86_400_000).toISOString().slice(0, 10);
const range = fc.oneof(
  fc
    .tuple(fc.nat(45), fc.integer({ min: 1, max: 20 }))
    .map(([from, days]) => ({ from: dayOf(from), to: dayOf(from + days) })),
  fc.nat(38).map((from) => ({ from: dayOf(from) })),
  fc.constantFrom(
    { from: '2024-03-01', to: '2024-04-01' },
    { from: '2024-03-10T03:30:00Z', to: '2024-03-12T17:00:00Z' },
  ),
  fc.constantFrom('5h', '36h', '2d', '1w', '1mo').map((last) => ({ last })),
  fc
    .constantFrom('today', 'yesterday', 'week-to-date', 'month-to-date', 'quarter-to-date')
    .map((name) => ({ range: name })),
);

const query = fc
  .record({
    measures: fc.shuffledSubarray([...measureNames], { minLength: 1, maxLength: 3 }),
    by: fc.shuffledSubarray([...dimensionNames], { maxLength: 2 }),
    window: fc.option(fc.constantFrom(...windowNames.filter((name) => name !== 'minute' && name !== '15m')), {
      nil: undefined,
    }),
    weekStart: fc.constantFrom(...weekDays),
    range,
    tz: fc.constantFrom('UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Europe/Berlin'),
    attribution: fc.constantFrom('event', 'order'),
    without: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    other: fc.boolean(),
    compare: fc.option(fc.constantFrom('previous', 'day-ago', 'week-ago', 'year-ago'), { nil: undefined }),
    orderBy: fc.array(fc.tuple(fc.nat(4), fc.boolean()), { maxLength: 2 }),
  })
  .map(({ range, without, limit, other, orderBy, ...rest }) => {
    const columns = [...rest.measures, ...rest.by];
    const order = orderBy.map(([i, down]) => `${down ? '-' : ''}${columns[i % columns.length]!}`);
    const asksMoney = rest.measures.some((name) => name.endsWith('Minor'));
    return {
      ...rest,
      ...range,
      order: order.filter((key, i) => order.findIndex((one) => one.replace('-', '') === key.replace('-', '')) === i),
      ...(without === undefined ? {} : { not: { store: [without] } }),
      ...(asksMoney ? { where: { currency: ['USD'] } } : {}),
      ...(limit === undefined ? {} : { limit, other }),
    };
  });
type RandomQuery =
  typeof query extends fc.Arbitrary<infer T> ? T & { readonly limit?: number; readonly other?: boolean } : never;

type Row = Readonly<Record<string, unknown>> & {
  readonly compare?: (Record<string, unknown> & { change: object }) | null;
};
interface Window {
  readonly from: number;
  readonly to: number;
}

const at = (text: unknown) => Date.parse(String(text));
const windowOf = (of: Readonly<Record<string, unknown>>): Window => ({
  from: at(of['windowStart']),
  to: at(of['windowEnd']),
});

/** Rounded to 4 decimals, halves away from zero, from integers; null for nothing divided. */
function ratio(of: number, by: number): number | null {
  if (by === 0) return null;
  const [a, b] = [BigInt(Math.abs(of)), BigInt(Math.abs(by))];
  const scaled = Number((2n * a * 10_000n + b) / (2n * b)) / 10_000;
  return scaled === 0 ? 0 : Math.sign(of) * Math.sign(by) * scaled;
}

/** A measure as [numerator, denominator]. */
function fraction(name: string, totals: OracleTotals): [number, number] {
  return name === 'averageOrderMinor' ? [totals.grossMinor, totals.orders] : [totals[name as keyof OracleTotals], 1];
}

function value(name: string, totals: OracleTotals): number | null {
  const [of, by] = fraction(name, totals);
  return by === 1 ? of : ratio(of, by);
}

function change(name: string, now: OracleTotals, then: OracleTotals): number | null {
  const [[a, b], [c, d]] = [fraction(name, now), fraction(name, then)];
  return b === 0 || d === 0 ? null : ratio(a * d - c * b, b * Math.abs(c));
}

/** Cheap where it holds: there are many of them. */
function expectSame(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
}

/** Sums by plain loops over the events that the query is about. */
function createOracle(events: readonly OrderEvent[], asked: RandomQuery) {
  const time = (one: OrderEvent) => (asked.attribution === 'order' ? (one.placedAt ?? one.occurredAt) : one.occurredAt);
  const wanted = events.filter(
    (one) =>
      !(asked.not?.store as string[] | undefined)?.includes(one.storeId) && (!asked.where || one.currency === 'USD'),
  );
  const groupOf = (one: OrderEvent) => asked.by.map((name) => one[dimensions[name]]);
  const within = ({ from, to }: Window) => wanted.filter((one) => time(one) >= from && time(one) < to);
  const totals = (some: readonly OrderEvent[]) =>
    orderTotals(some, () => 'all').get('all') ??
    orderTotals([testEvent({ type: 'OrderFulfilled' })], () => 'all').get('all')!;
  return { within, groupOf, totals };
}

function expectExact(events: readonly OrderEvent[], asked: RandomQuery, body: Record<string, unknown>): void {
  const oracle = createOracle(events, asked);
  const rows = body['rows'] as Row[];
  const told = body['query'] as {
    from: string;
    to: string;
    compare?: { from: string; to: string; leftOut?: Record<'from' | 'to', string>[] };
  };
  const whole = { from: at(told.from), to: at(told.to) };
  const past = told.compare && { from: at(told.compare.from), to: at(told.compare.to) };
  const leftOut = (told.compare?.leftOut ?? []).map((one) => ({ from: at(one.from), to: at(one.to) }));
  const present = oracle.within(whole);
  const compared = past
    ? oracle.within(past).filter((one) => !leftOut.some((gap) => oracle.within(gap).includes(one)))
    : [];

  // Which groups, in which order.
  const names = [...new Set([...present, ...compared].map((one) => JSON.stringify(oracle.groupOf(one))))];
  const groups = (names.length === 0 && asked.by.length === 0 ? ['[]'] : names).map((name) => {
    const values = JSON.parse(name) as string[];
    return { values, totals: oracle.totals(present.filter((one) => JSON.stringify(oracle.groupOf(one)) === name)) };
  });
  groups.sort((a, b) => {
    for (const key of [...asked.order, ...asked.by]) {
      const name = key.replace('-', '');
      const dimension = asked.by.indexOf(name as 'store');
      const [left, right] = [a, b].map(({ values, totals }) => {
        const [of, by] = dimension < 0 ? fraction(name, totals) : [0, 1];
        return dimension < 0 ? (by === 0 ? null : of / by) : values[dimension]!;
      }) as [string | number | null, string | number | null];
      if (left === right) continue;
      if (left === null || right === null) return left === null ? 1 : -1;
      return (left < right ? -1 : 1) * (key.startsWith('-') ? -1 : 1);
    }
    return 0;
  });
  const chosen = groups
    .slice(0, asked.limit)
    .map(({ values }) => ({ values: values as (string | null)[], holds: [values] }));
  const rest = groups.slice(asked.limit ?? groups.length).map(({ values }) => values);
  const moneyAt = asked.where ? asked.by.indexOf('currency') : -1;
  if (asked.other && rest.length > 0) {
    chosen.push({ values: asked.by.map((_, i) => (i === moneyAt ? 'USD' : null)), holds: rest });
  }

  // Which windows, in which order.
  const windows =
    asked.window === undefined
      ? [whole]
      : [
          ...windowsIn(
            gridOf(asked.window as WindowName, asked.tz, whole.from, whole.to, asked.weekStart),
            whole.from,
            whole.to,
          ),
        ].map(({ start, end }) => ({ from: Math.max(start, whole.from), to: end }));
  const open = !('to' in asked) && !('range' in asked && asked.range === 'yesterday');
  const expected = chosen.flatMap((group) => windows.map((window) => ({ group, window })));
  if (asked.order.length === 0) expected.sort((a, b) => a.window.from - b.window.from);
  expect(rows).toHaveLength(expected.length);

  const matched: Window[] = [];
  for (const [i, { group, window }] of expected.entries()) {
    const row = rows[i]!;
    const own = windowOf(row);
    expectSame(own.from, window.from);
    if (!open) expectSame(own.to, Math.min(window.to, whole.to));
    expectSame(row['open'] ?? false, own.to > nowMs);
    expectSame(row['other'] ?? false, group.holds === rest);
    expectSame(
      asked.by.map((name) => row[name]),
      group.values,
    );
    const isOwn = (one: OrderEvent) =>
      group.holds.some((values) => JSON.stringify(values) === JSON.stringify(oracle.groupOf(one)));
    const now = oracle.totals(oracle.within({ from: own.from, to: Math.min(own.to, whole.to) }).filter(isOwn));
    for (const name of asked.measures) expectSame([name, row[name]], [name, value(name, now)]);
    if (!row.compare) {
      expect(row.compare).toBe(past ? null : undefined);
      continue;
    }
    const compare = row.compare as Record<string, unknown> & { change: Record<string, unknown> };
    const then = oracle.totals(oracle.within(windowOf(compare)).filter(isOwn));
    if (group === chosen[0]) matched.push(windowOf(compare));
    for (const name of asked.measures) {
      expectSame([name, compare[name]], [name, value(name, then)]);
      expectSame([name, compare.change[name]], [name, change(name, now, then)]);
    }
  }
  // What is compared and what is told to be left out tile the past range.
  if (past && rows.length > 0) {
    const tiles = [...matched, ...leftOut].toSorted((a, b) => a.from - b.from);
    expect(tiles.map(({ from }) => from)).toEqual([past.from, ...tiles.slice(0, -1).map(({ to }) => to)]);
    expect(tiles.at(-1)!.to).toBe(past.to);
  }
}

test('random queries are answered as a naive count over the events answers them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 60 }),
      fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
      fc.array(query, { minLength: 6, maxLength: 6 }),
      async (some, inBatch, queries) => {
        const batch = some.filter((_, i) => inBatch[i]);
        const live = some.filter((_, i) => !inBatch[i]);
        const app = createTestApp({ nowMs, batch, live });
        const events = some.map((one, i) => testEvent({ ...one, orderId: String(i) }));
        for (const asked of queries) {
          const filled = await app.post({ ...asked, fill: asked.window !== undefined });
          expect(filled.body).toMatchObject({ rows: expect.anything() });
          expectExact(events, asked, filled.body);
          // Without fill the same rows, but for those of windows in which the group has no event at all.
          const { body } = await app.post(asked);
          const texts = new Set(filled.body.rows.map((row) => JSON.stringify(row)));
          for (const row of body.rows)
            if (!texts.has(JSON.stringify(row))) expect(filled.body.rows).toContainEqual(row);
          const sum = (rows: readonly Record<string, unknown>[]) =>
            rows.reduce((total, row) => total + Number(row[asked.measures[0]!]), 0);
          expect(sum(body.rows)).toBe(sum(filled.body.rows));
        }
      },
    ),
    { numRuns: 15 },
  );
});
