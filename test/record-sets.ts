// Orders and record sets made by hand, for tests of what reads the log.
import type { RecordSet } from '../runtime/kafka/record-log.ts';
import { encodeEvent } from '../schemas/codec.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { baseMs } from '../schemas/test-events.ts';

/** The n-th of a row of different orders, each of 100 minor units, placed at `baseMs`. */
export function placedOrder(n: number, changes: Partial<OrderEvent> = {}): OrderEvent {
  return {
    eventId: `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
    type: 'OrderPlaced',
    orderId: `o-${n}`,
    sequence: null,
    customerId: null,
    storeId: 'West',
    channel: 'web',
    country: 'US',
    currency: 'USD',
    occurredAt: baseMs,
    placedAt: null,
    amountMinor: 100,
    items: [],
    ...changes,
  };
}

/** Offsets [from, next) of partition 0, each holding the order that `orderAt` gives, or the value of `valueAt`. */
export function recordSetOf(
  from: number,
  next: number,
  orderAt: (offset: number) => OrderEvent = placedOrder,
  valueAt: (offset: number) => Buffer = (offset) => encodeEvent(orderAt(offset)),
): RecordSet {
  return {
    partition: 0,
    from,
    next,
    highWatermark: next,
    logStart: 0,
    leaderEpochs: [{ from, epoch: 9 }],
    walk(visitor) {
      for (let offset = from; offset < next; offset += 1) {
        const key = Buffer.from(orderAt(offset).orderId);
        visitor.record({ offset, timestampMs: baseMs, key, value: valueAt(offset), headers: [] });
      }
    },
  };
}
