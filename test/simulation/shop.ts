// The shop of a simulated world: orders, follow-ups, copies (with another content too), late ones, poison and offsets that
// hold nothing, appended to the topic; and the log of all of it for the oracle, by construction and not by judging.
import type { Random } from '../../cli/random.ts';
import { encodeEvent } from '../../schemas/codec.ts';
import type { Generation } from '../../schemas/generation.ts';
import { partitionOf } from '../../schemas/murmur2.ts';
import type { LogEntry } from '../../schemas/oracle.ts';
import type { OrderEvent } from '../../schemas/order-event.ts';
import type { MemoryTopic } from './memory-topic.ts';

/** `appendedAt`: by the world's clock, whatever the record's timestamp says. */
export interface ShopEntry extends LogEntry {
  readonly appendedAt: number;
}

export interface Shop {
  /** By partition, in order of offset. */
  readonly log: readonly (readonly ShopEntry[])[];
  send(count: number): void;
  /** The clock of the partition's leader is now off by so much. */
  setClock(partition: number, offMs: number): void;
  /** Takes no more orders for the partition. */
  close(partition: number): void;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export function createShop(generation: Generation, topic: MemoryTopic, random: Random, clock: () => number): Shop {
  const { partitions, horizonMs, rules } = generation;
  const log: ShopEntry[][] = topic.partitions.map(() => []);
  const sent: OrderEvent[] = [];
  const off = topic.partitions.map(() => 0);
  const closed = new Set<number>();
  const one = <T>(list: readonly T[]): T => list[random.integer(0, list.length - 1)]!;
  let made = 0;

  function lateMs(): number {
    const chance = random.next();
    if (chance < 0.7) return random.integer(0, 20_000);
    if (chance < 0.85) return random.integer(0, horizonMs);
    if (chance < 0.92) return horizonMs + random.integer(-3_000, 3_000);
    return chance < 0.97 ? random.integer(1, 48) * hourMs : random.integer(2, 40) * 24 * hourMs;
  }

  function freshEvent(): OrderEvent {
    made += 1;
    const earlier = sent.length > 0 && random.chance(0.35) ? one(sent) : undefined;
    const occurredAt = clock() - lateMs();
    const items = Array.from({ length: earlier ? 0 : random.integer(0, 3) }, () => ({
      sku: one(['tea', 'cup', 'ß|3:x']),
      name: null,
      category: one(['drinks', 'things']),
      quantity: random.integer(1, 5),
      amountMinor: random.integer(0, 50_000),
    }));
    return {
      eventId: `00000000-0000-4000-8000-${made.toString(16).padStart(12, '0')}`,
      type: earlier ? one(['OrderCancelled', 'OrderRefunded', 'OrderFulfilled'] as const) : 'OrderPlaced',
      orderId: earlier ? earlier.orderId : `o-${made}`,
      sequence: null,
      customerId: earlier ? earlier.customerId : made % 4 === 0 ? null : `Käufer ${(made * 7) % 23}`,
      storeId: one(['West', 'East', 'Süd']),
      channel: one(['web', 'app']),
      country: 'US',
      currency: one(['USD', 'JPY']),
      occurredAt,
      placedAt: earlier ? occurredAt - random.integer(0, 3 * hourMs) : null,
      amountMinor: random.chance(0.02) ? 1_000_000_000_000 : random.integer(0, 100_000),
      items,
    };
  }

  function append(partition: number, key: Buffer | null, value: Buffer | null, event: OrderEvent | undefined): void {
    if (closed.has(partition)) return;
    const timestampMs = clock() + off[partition]!;
    const offset = topic.append(partition, { timestampMs, key, value });
    // Too far ahead by the leader's clock: rejected by both layers.
    const valid = event && event.occurredAt <= timestampMs + rules.maxAheadMs ? event : undefined;
    log[partition]!.push({ partition, offset, timestampMs, event: valid, appendedAt: clock() });
  }

  function appendNothing(partition: number): void {
    if (closed.has(partition)) return;
    const offset = topic.append(partition, undefined);
    log[partition]!.push({ partition, offset, timestampMs: 0, event: undefined, appendedAt: clock() });
  }

  function sendPoison(event: OrderEvent): void {
    const key = Buffer.from(event.orderId);
    const partition = partitionOf(key, partitions);
    switch (random.integer(0, 5)) {
      case 0:
        return append(partition, key, null, undefined);
      case 1:
        return append(partition, key, Buffer.from([0, 0, 0, 0, 9, 1]), undefined);
      case 2:
        return append(partition, key, encodeEvent(event).subarray(0, 20), undefined);
      case 3:
        return append(partition, Buffer.from('other'), encodeEvent(event), undefined);
      case 4:
        return append(partition, key, encodeEvent({ ...event, occurredAt: clock() + hourMs }), undefined);
      default: {
        const elsewhere = (partition + 1) % partitions;
        return append(elsewhere, key, encodeEvent(event), elsewhere === partition ? event : undefined);
      }
    }
  }

  return {
    log,
    send(count) {
      for (let i = 0; i < count; i += 1) {
        const kind = random.next();
        if (kind < 0.05) {
          for (let n = random.integer(1, 3); n > 0; n -= 1) appendNothing(random.integer(0, partitions - 1));
          continue;
        }
        if (kind < 0.1) {
          sendPoison(freshEvent());
          continue;
        }
        const earlier = sent.length > 0 && kind < 0.3 ? one(random.chance(0.6) ? sent.slice(-20) : sent) : undefined;
        const copy =
          earlier && random.chance(0.3)
            ? {
                ...earlier,
                customerId: 'x',
                amountMinor: earlier.amountMinor + 1 - 2 * Number(earlier.amountMinor > 0),
              }
            : earlier;
        const event = copy ?? freshEvent();
        if (!copy) sent.push(event);
        const key = Buffer.from(event.orderId);
        append(partitionOf(key, partitions), key, encodeEvent(event), event);
      }
    },
    setClock: (partition, offMs) => void (off[partition] = offMs),
    close: (partition) => void closed.add(partition),
  };
}
