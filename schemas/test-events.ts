// Random events for property tests: valid by construction, with the texts that break naive encodings.
import fc from 'fast-check';
import { eventTypes, type OrderEvent, type OrderItem } from './order-event.ts';

export const baseMs = Date.UTC(2026, 0, 5, 12);

const dimension = fc.constantFrom('web', 'app', 'Zürich', '日本', "O'Neill \\ |3:x", '1', '🛒', 'a"b', 'ß');
const amountMinor = fc.oneof(fc.nat(100_000), fc.constantFrom(0, 1_000_000_000_000));

const item: fc.Arbitrary<OrderItem> = fc.record({
  sku: dimension,
  name: fc.option(fc.constantFrom('Tea', 'Café crème')),
  category: dimension,
  quantity: fc.integer({ min: 1, max: 1_000 }),
  amountMinor,
});

export const validEvent: fc.Arbitrary<OrderEvent> = fc
  .record({
    eventId: fc.uuid(),
    type: fc.constantFrom(...eventTypes),
    orderId: fc.constantFrom('o-1', 'o-2', 'ö-3', '🧾'),
    sequence: fc.option(fc.nat(9)),
    customerId: fc.option(fc.constantFrom('c1', 'c2', 'Zoë', '顧客-3', '🛒')),
    storeId: dimension,
    channel: dimension,
    country: fc.constantFrom('US', 'JP', 'DE'),
    currency: fc.constantFrom('USD', 'JPY', 'KWD'),
    occurredAt: fc.nat(3 * 3_600_000).map((ago) => baseMs - ago),
    placedAgoMs: fc.nat(90 * 86_400_000),
    amountMinor,
    items: fc.array(item, { maxLength: 3 }),
  })
  .map(({ placedAgoMs, ...event }) => ({
    ...event,
    placedAt: event.type === 'OrderPlaced' ? null : event.occurredAt - placedAgoMs,
  }));
