// Random orders over years, most of them around the days on which clocks change: placed, and cancelled, refunded or
// fulfilled at once or up to two months later, in four currencies.
import fc from 'fast-check';
import type { EventType, OrderEvent } from '../../schemas/order-event.ts';
import type { Catalog } from './random-queries.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

/** On which clocks change in some of the zones, and ends of months and years. */
const days = [
  '2011-12-30',
  '2022-03-13',
  '2022-12-31',
  '2023-03-26',
  '2023-04-02',
  '2023-10-01',
  '2023-11-05',
  '2024-02-29',
  '2024-03-10',
  '2024-03-31',
  '2024-04-07',
  '2024-08-19',
];

export const history: Catalog & { readonly nowMs: number } = {
  days,
  values: {
    store: ['West', 'East', 'Süd "1, 2"', "d'Or"],
    channel: ['web', 'shop'],
    country: ['US', 'JP', 'KW'],
    currency: ['USD', 'EUR', 'JPY', 'KWD'],
    category: ['drinks', 'things'],
    sku: ['tea', '=1+1', 'cup, blue', '日本'],
  },
  /** Nothing occurs later. */
  nowMs: Date.UTC(2024, 7, 19, 15, 50, 30),
};
const { values, nowMs } = history;
const one = (dimension: string) => fc.constantFrom(...values[dimension]!);

const time = fc
  .oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...days),
          fc.integer({ min: -3 * dayMs, max: 3 * dayMs }),
          fc.constantFrom(1, 1, minuteMs, 60 * minuteMs),
        )
        .map(([day, ms, step]) => Date.parse(day) + Math.floor(ms / step) * step),
    },
    { weight: 1, arbitrary: fc.integer({ min: nowMs - 3 * dayMs, max: nowMs }) },
    { weight: 2, arbitrary: fc.integer({ min: Date.UTC(2022, 0, 1), max: nowMs }) },
  )
  .filter((at) => at <= nowMs);

const followUp = fc.record({
  eventId: fc.uuid(),
  type: fc.constantFrom<EventType>('OrderCancelled', 'OrderRefunded', 'OrderFulfilled'),
  afterMs: fc.oneof(fc.nat(minuteMs), fc.nat(3 * dayMs), fc.integer({ min: 30 * dayMs, max: 60 * dayMs })),
  amountMinor: fc.nat(500),
});

/** The events of one order, none of them after now. */
export const randomOrder: fc.Arbitrary<OrderEvent[]> = fc
  .record({
    eventId: fc.uuid(),
    orderId: fc.uuid(),
    customerId: fc.option(fc.nat(20).map((n) => `customer ${n}`)),
    storeId: one('store'),
    channel: one('channel'),
    country: one('country'),
    currency: fc.oneof(fc.constant('USD'), one('currency')),
    occurredAt: time,
    amountMinor: fc.nat(1_000),
    items: fc.array(
      fc.record({
        sku: one('sku'),
        name: fc.constant(null),
        category: one('category'),
        quantity: fc.integer({ min: 1, max: 5 }),
        amountMinor: fc.nat(500),
      }),
      { maxLength: 3 },
    ),
    later: fc.array(followUp, { maxLength: 2 }),
  })
  .map(({ later, ...rest }) => {
    const placed: OrderEvent = { ...rest, type: 'OrderPlaced', sequence: null, placedAt: null };
    const followed = later.map(
      ({ afterMs, ...own }): OrderEvent => ({
        ...placed,
        ...own,
        occurredAt: placed.occurredAt + afterMs,
        placedAt: placed.occurredAt,
        items: [],
      }),
    );
    return [placed, ...followed.filter(({ occurredAt }) => occurredAt <= nowMs)];
  });
