// What random queries meet by chance only, by hand on the real stack: days on which clocks change, currencies of one shop,
// an order that is cancelled long after. Half of the events are live; the last test counts them all.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { OrderEvent } from '../schemas/order-event.ts';
import type { AskedQuery } from './query-oracle/asked-query.ts';
import { expectedAnswer } from './query-oracle/expected-answer.ts';
import { type HalfLive, openHalfLive } from './query-oracle/half-live.ts';
import { differenceOf } from './query-oracle/hold-to-oracle.ts';

const nowMs = Date.UTC(2024, 11, 1);
const quarterMs = 900_000;
const at = (text: string) => Date.parse(text);

function placed(orderId: string, occurredAt: number, rest: Partial<OrderEvent>): OrderEvent {
  const number = orderId.replaceAll(/\D/g, '').padStart(12, '0');
  return {
    eventId: `00000000-0000-4000-8000-${number}`,
    type: 'OrderPlaced',
    orderId,
    sequence: null,
    customerId: null,
    storeId: 'West',
    channel: 'web',
    country: 'US',
    currency: 'USD',
    occurredAt,
    placedAt: null,
    amountMinor: 100,
    items: [],
    ...rest,
  };
}

// From the rules of the zones: where the local day begins and ends, how many hours of the clock it has, and the minutes of
// those that are no hour long.
const days = [
  ['America/New_York', '2024-03-10', '2024-03-10T05:00Z', '2024-03-11T04:00Z', 23, []],
  ['America/New_York', '2024-11-03', '2024-11-03T04:00Z', '2024-11-04T05:00Z', 25, []],
  ['Australia/Lord_Howe', '2024-10-06', '2024-10-05T13:30Z', '2024-10-06T13:00Z', 24, [30]],
  ['Australia/Lord_Howe', '2024-04-07', '2024-04-06T13:00Z', '2024-04-07T13:30Z', 25, [30]],
  ['Asia/Kathmandu', '2024-05-05', '2024-05-04T18:15Z', '2024-05-05T18:15Z', 24, []],
] as const;

/** An order each quarter of an hour from the day before to the day after. */
const quarters = days.flatMap(([, , from, to], day) =>
  Array.from({ length: (at(to) - at(from)) / quarterMs + 192 }, (_, i) =>
    placed(`q-${day}-${String(i).padStart(4, '0')}`, at(from) + (i - 96) * quarterMs, { amountMinor: i }),
  ),
);

const shop = [
  placed('s-1', at('2024-06-01T10:00Z'), { storeId: 'Shop', currency: 'EUR', amountMinor: 12_345 }),
  placed('s-2', at('2024-06-01T10:00Z'), { storeId: 'Shop', currency: 'JPY', amountMinor: 1_500 }),
  placed('s-3', at('2024-06-01T10:00Z'), { storeId: 'Shop', currency: 'KWD', amountMinor: 1_234_567 }),
  placed('s-4', at('2024-06-02T10:00Z'), { storeId: 'Shop', currency: 'KWD', amountMinor: 1 }),
];

const order = placed('c-1', at('2024-01-20T10:00Z'), { storeId: 'Late' });
const cancelled: OrderEvent = {
  ...order,
  eventId: '00000000-0000-4000-9000-000000000001',
  type: 'OrderCancelled',
  occurredAt: at('2024-02-29T10:00Z'),
  placedAt: order.occurredAt,
};

const all = [...quarters, ...shop];
const counted = [...all.filter((_, i) => i % 2 === 0), order];
const live = [...all.filter((_, i) => i % 2 === 1), cancelled];
let world: HalfLive;

beforeAll(async () => {
  world = await openHalfLive({ stack: inject('stack'), counted, live, nowMs });
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** Rows of the answer, which is the oracle's. */
async function rowsOf(asked: AskedQuery): Promise<Record<string, unknown>[]> {
  const given = await world.post(asked);
  expect(differenceOf(asked, expectedAnswer(asked, [...counted, ...live], nowMs), given)).toBeUndefined();
  return given.body['rows'] as Record<string, unknown>[];
}

describe.each(days)('the day of %s on %s', (tz, date, from, to, hours, odd) => {
  const next = new Date(at(date) + 86_400_000).toISOString().slice(0, 10);
  const asked = { measures: ['orders', 'grossMinor'], from: date, to: next, tz };
  const ofDay = quarters.filter(({ occurredAt }) => occurredAt >= at(from) && occurredAt < at(to));
  const sum = (rows: readonly Record<string, unknown>[], name: string) =>
    rows.reduce((total, row) => total + Number(row[name]), 0);

  test('by day is one row from its first to its last instant', async () => {
    const [row, ...others] = await rowsOf({ ...asked, window: 'day' });
    expect(others).toEqual([]);
    expect([at(String(row!['windowStart'])), at(String(row!['windowEnd']))]).toEqual([at(from), at(to)]);
    expect(row!['orders']).toBe((at(to) - at(from)) / quarterMs);
    expect(row!['grossMinor']).toBe(ofDay.reduce((total, { amountMinor }) => total + amountMinor, 0));
  });

  test('by hour is each hour of its clock, four orders in each whole one', async () => {
    const rows = await rowsOf({ ...asked, window: 'hour' });
    expect(rows).toHaveLength(hours);
    const minutes = rows.map((row) => (at(String(row['windowEnd'])) - at(String(row['windowStart']))) / 60_000);
    expect(minutes.filter((length) => length !== 60)).toEqual(odd);
    expect(rows.map(({ orders }) => orders)).toEqual(minutes.map((length) => length / 15));
    expect(sum(rows, 'grossMinor')).toBe(ofDay.reduce((total, { amountMinor }) => total + amountMinor, 0));
  });
});

test('EUR, JPY and KWD of one shop: no sum across, and the digits of each', async () => {
  const asked = { measures: ['grossMinor'], where: { store: ['Shop'] } };
  expect(await world.post(asked)).toMatchObject({ status: 400, body: { code: 'mixed-currencies' } });
  expect(await world.post({ ...asked, by: ['currency'] })).toMatchObject({
    body: {
      rows: [
        { currency: 'EUR', grossMinor: 12_345 },
        { currency: 'JPY', grossMinor: 1_500 },
        { currency: 'KWD', grossMinor: 1_234_568 },
      ],
      currencies: { EUR: 2, JPY: 0, KWD: 3 },
    },
  });
  const dinars = await world.post({ ...asked, where: { ...asked.where, currency: ['KWD'] } });
  expect(dinars.body).toMatchObject({ rows: [{ grossMinor: 1_234_568 }], currency: 'KWD', currencies: { KWD: 3 } });
  const ranked = { ...asked, by: ['currency'], limit: 1, other: true };
  expect((await rowsOf(ranked)).map((row) => [row['currency'], row['grossMinor'], row['other']])).toEqual([
    ['EUR', 12_345, undefined],
    ['JPY', 1_500, true],
    ['KWD', 1_234_568, true],
  ]);
  expect(await world.post({ ...ranked, order: ['-grossMinor'] })).toMatchObject({ status: 400 });
});

describe('an order that is cancelled 40 days later', () => {
  const asked = {
    measures: ['orders', 'grossMinor', 'cancelledOrders', 'cancelledMinor', 'netMinor'],
    where: { store: ['Late'] },
    window: 'month' as const,
    from: '2024-01-01',
    to: '2024-03-01',
    fill: true,
  };
  const january = { orders: 1, grossMinor: 100 };
  const none = { orders: 0, grossMinor: 0, cancelledOrders: 0, cancelledMinor: 0, netMinor: 0 };
  const cancellation = { cancelledOrders: 1, cancelledMinor: 100 };

  const expectRight = async (liveShare: number) => {
    const byEvent = await rowsOf(asked);
    expect(byEvent).toMatchObject([
      { ...none, ...january, netMinor: 100 },
      { ...none, ...cancellation, netMinor: -100 },
    ]);
    const byOrder = await rowsOf({ ...asked, attribution: 'order' });
    expect(byOrder).toMatchObject([{ ...january, ...cancellation, netMinor: 0 }, none]);
    for (const attribution of ['event', 'order'] as const) {
      expect(await world.get({ ...asked, attribution })).toMatchObject({ body: { provenance: { liveShare } } });
    }
  };

  test('its cancellation is live: both attributions are right', () => expectRight(0.5));

  test('a run has counted it: both are the same', async () => {
    await world.countAll();
    await expectRight(0);
  });
});
