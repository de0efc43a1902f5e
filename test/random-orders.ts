// Seeded random orders for tests on the real stack: placed, cancelled, refunded, fulfilled, resent, late by minutes and by
// days, in two currencies. Pure: the same seed and clock give the same events.
import fc from 'fast-check';
import type { EventType, OrderEvent } from '../schemas/order-event.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

const step = fc.record({
  kind: fc.constantFrom('new', 'new', 'new', 'new', 'follow', 'follow', 'copy'),
  followUp: fc.constantFrom<EventType>('OrderCancelled', 'OrderRefunded', 'OrderFulfilled'),
  pick: fc.nat(),
  id: fc.uuid(),
  store: fc.constantFrom('West', 'East', 'Süd'),
  channel: fc.constantFrom('web', 'app'),
  country: fc.constantFrom('US', 'JP'),
  currency: fc.constantFrom('USD', 'JPY'),
  lateMs: fc.oneof(
    { weight: 8, arbitrary: fc.nat(minuteMs) },
    { weight: 2, arbitrary: fc.integer({ min: minuteMs, max: 50 * minuteMs }) },
    { weight: 1, arbitrary: fc.integer({ min: 61 * minuteMs, max: 300 * minuteMs }) },
    { weight: 1, arbitrary: fc.integer({ min: dayMs, max: 40 * dayMs }) },
  ),
  amountMinor: fc.nat(100_000),
  items: fc.array(
    fc.record({
      sku: fc.constantFrom('tea', 'coffee', 'cup'),
      name: fc.constant(null),
      category: fc.constantFrom('drinks', 'things'),
      quantity: fc.integer({ min: 1, max: 5 }),
      amountMinor: fc.nat(50_000),
    }),
    { maxLength: 3 },
  ),
});

export interface RandomOrders {
  /** The next `count` events, as if they were sent at `nowMs`. */
  next(count: number, nowMs: number): OrderEvent[];
}

export function createRandomOrders(seed: number): RandomOrders {
  const steps = fc.sample(step, { numRuns: 5_000, seed });
  const sent: OrderEvent[] = [];
  let at = 0;
  return {
    next(count, nowMs) {
      const events: OrderEvent[] = [];
      for (let i = 0; i < count; i += 1) {
        const s = steps[at % steps.length]!;
        at += 1;
        const earlier = sent[s.pick % Math.max(1, sent.length)];
        const occurredAt = nowMs - s.lateMs;
        const isNew = s.kind === 'new' || !earlier;
        const { store: storeId, channel, country, currency, amountMinor, items } = s;
        const fresh: OrderEvent = {
          eventId: s.id,
          type: isNew ? 'OrderPlaced' : s.followUp,
          orderId: isNew ? `order-${at}` : earlier.orderId,
          sequence: null,
          customerId: isNew ? (s.pick % 5 === 0 ? null : `Käufer ${s.pick % 37}`) : earlier.customerId,
          storeId,
          channel,
          country,
          currency,
          occurredAt,
          placedAt: isNew ? null : occurredAt - s.lateMs,
          amountMinor,
          items: isNew ? items : [],
        };
        const event = s.kind === 'copy' && earlier ? earlier : fresh;
        sent.push(event);
        events.push(event);
      }
      return events;
    },
  };
}
