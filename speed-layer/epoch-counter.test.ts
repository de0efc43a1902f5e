import { describe, expect, test } from 'vitest';
import { decodeCellKey } from '../schemas/cells.ts';
import { encodeEvent } from '../schemas/codec.ts';
import { createGeneration } from '../schemas/generation.ts';
import { ledgerSum } from '../schemas/layout-redis.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { baseMs } from '../schemas/test-events.ts';
import { placedOrder, recordSetOf } from '../test/record-sets.ts';
import { createEpochCounter } from './epoch-counter.ts';
import { createIdentityWindow } from './identity-window.ts';

const generation = createGeneration({
  topic: 'orders',
  partitions: 1,
  horizonMs: 600_000,
  hashKey: '000102030405060708090a0b0c0d0e0f',
});

type Held = { event: OrderEvent; timestampMs?: number } | 'poison' | 'gap';

function counting(options: { maxTouchedCells?: number; maxEpochRecords?: number } = {}) {
  const identities = createIdentityWindow(generation.chunkMs);
  const counter = createEpochCounter({
    generation,
    partition: 0,
    next: 0,
    maxTimestamp: undefined,
    identities,
    maxTouchedCells: 1_000,
    maxEpochRecords: 1_000,
    ...options,
  });
  return {
    counter,
    read(held: readonly Held[]) {
      const from = counter.next;
      counter.apply({
        partition: 0,
        from,
        next: from + held.length,
        highWatermark: 0,
        logStart: 0,
        walk(visitor) {
          for (const [i, one] of held.entries()) {
            const offset = from + i;
            if (one === 'gap') visitor.gap(offset, offset + 1);
            else if (one === 'poison')
              visitor.record({ offset, timestampMs: baseMs, key: null, value: Buffer.from('x'), headers: [] });
            else {
              const { event, timestampMs = baseMs } = one;
              visitor.record({
                offset,
                timestampMs,
                key: Buffer.from(event.orderId),
                value: encodeEvent(event),
                headers: [],
              });
            }
          }
        },
      });
    },
  };
}

describe('the epoch counter', () => {
  test('books each offset as exactly one of counted, duplicate, deferred, rejected, gap', () => {
    const { counter, read } = counting();
    const late = placedOrder(3, { occurredAt: baseMs - 600_001 });
    read([
      { event: placedOrder(1) },
      { event: placedOrder(1, { amountMinor: 5 }) },
      { event: late },
      'poison',
      'gap',
      { event: placedOrder(2) },
    ]);
    const [flush] = counter.take(false);
    expect(flush).toMatchObject({
      epoch: 0,
      from: 0,
      next: 6,
      ledger: { counted: 2, duplicate: 1, deferred: 1, rejected: 1, gap: 1 },
    });
    expect(ledgerSum(flush!.ledger)).toBe(6);
    expect(flush!.ids).toHaveLength(16);
    expect(flush!.cells[0]).toEqual([expect.stringMatching(/\|4:West\|/), '2,2,200,0,0,0,0,0,0']);
  });

  test('an event exactly at the floor is counted, one millisecond older is deferred', () => {
    const { counter, read } = counting();
    read([
      { event: placedOrder(1, { occurredAt: baseMs - 600_000 }) },
      { event: placedOrder(2, { occurredAt: baseMs - 600_001 }) },
    ]);
    expect(counter.take(false)[0]?.ledger).toMatchObject({ counted: 1, deferred: 1 });
  });

  test('the floor does not fall when record timestamps go back', () => {
    const { counter, read } = counting();
    read([
      { event: placedOrder(1, { occurredAt: baseMs }), timestampMs: baseMs + 400_000 },
      { event: placedOrder(2, { occurredAt: baseMs - 300_000 }), timestampMs: baseMs - 200_000 },
    ]);
    expect(counter.take(false)[0]?.ledger).toMatchObject({ counted: 1, deferred: 1 });
  });

  test('an event that raises the floor is judged by the floor that it makes', () => {
    const { counter, read } = counting();
    read([
      { event: placedOrder(1, { occurredAt: baseMs - 600_001 }) }, // before it there was no floor at all
      { event: placedOrder(2, { occurredAt: baseMs }), timestampMs: baseMs + 600_001 },
    ]);
    expect(counter.take(false)[0]?.ledger).toMatchObject({ counted: 0, deferred: 2 });
  });

  test('a late copy is deferred, however much is still remembered of the first', () => {
    const { counter, read } = counting();
    read([
      { event: placedOrder(1) },
      { event: placedOrder(2, { occurredAt: baseMs + 600_001 }), timestampMs: baseMs + 600_001 },
      { event: placedOrder(1) },
    ]);
    expect(counter.take(false)[0]?.ledger).toMatchObject({ counted: 2, duplicate: 0, deferred: 1 });
  });

  test('flushes hold absolute values of the epoch, and of the touched cells only', () => {
    const { counter, read } = counting();
    read([{ event: placedOrder(1) }]);
    counter.take(false);
    read([{ event: placedOrder(2) }, { event: placedOrder(3, { storeId: 'East' }) }]);
    const [flush] = counter.take(true);
    expect(flush).toMatchObject({ from: 1, next: 3, close: true, before: { idsBytes: 8, cells: [1, 1, 0, 0, 1] } });
    expect(flush!.cells[0]).toEqual([
      expect.stringContaining('4:West'),
      '2,2,200,0,0,0,0,0,0',
      expect.stringContaining('4:East'),
      '1,1,100,0,0,0,0,0,0',
    ]);
    read([{ event: placedOrder(4) }]);
    expect(counter.take(false)[0]).toMatchObject({
      epoch: 3,
      from: 3,
      next: 4,
      before: { idsBytes: 0 },
      ledger: { counted: 1 },
    });
  });

  test('a flush tells customers apart and never holds the id of one; orders of none share a cell', () => {
    const { counter, read } = counting();
    const ids = ['anna@example.org', 'Zoë', 'anna@example.org', null, null];
    read(ids.map((customerId, n) => ({ event: placedOrder(n, { customerId }) })));
    const [flush] = counter.take(true);
    const keys = flush!.cells[4]!.filter((_, i) => i % 2 === 0);
    expect(keys.map((key) => decodeCellKey(key).values[0]!.length)).toEqual([16, 16, 0]);
    expect(flush!.cells[4]!.filter((_, i) => i % 2 === 1)).toEqual(['2,2', '1,1', '2,2']);
    expect(JSON.stringify(flush)).not.toMatch(/anna|Zoë/);
  });

  test('an epoch ends before a sum could leave the exact integers', () => {
    const { counter, read } = counting({ maxEpochRecords: 100_000, maxTouchedCells: 100_000 });
    read(Array.from({ length: 10_000 }, (_, n) => ({ event: placedOrder(n, { amountMinor: 1e12 }) })));
    const flushes = counter.take(false);
    expect(flushes.length).toBeGreaterThan(1);
    expect(flushes.reduce((sum, flush) => sum + flush.next - flush.from, 0)).toBe(10_000);
    for (const flush of flushes) {
      const gross = Number(flush.cells[0]![1]!.split(',')[2]);
      expect(gross).toBe(flush.ledger.counted * 1e12);
      expect(gross).toBeLessThan(Number.MAX_SAFE_INTEGER);
    }
  });

  test('bounds a flush by touched cells and an epoch by offsets, also inside one record set', () => {
    const { counter, read } = counting({ maxTouchedCells: 6, maxEpochRecords: 5 });
    read(Array.from({ length: 12 }, (_, n) => ({ event: placedOrder(n, { storeId: `s${n}` }) })));
    const flushes = counter.take(false);
    expect(flushes.every((flush) => flush.cells.flat().length / 2 <= 6)).toBe(true);
    expect(flushes.filter((flush) => flush.close).map((flush) => flush.next)).toEqual([5, 10]);
  });

  test('a flush names the leader epoch of the record before its end, also where it changes inside a record set', () => {
    const { counter } = counting({ maxEpochRecords: 5 });
    expect(counter.leaderEpoch).toBeUndefined();
    counter.apply({
      ...recordSetOf(0, 12),
      leaderEpochs: [
        { from: 0, epoch: 3 },
        { from: 5, epoch: 4 },
        { from: 11, epoch: 8 },
      ],
    });
    expect(counter.take(false).map(({ next, leaderEpoch }) => [next, leaderEpoch])).toEqual([
      [5, 3],
      [10, 4],
      [12, 8],
    ]);
    const { leaderEpochs: _, ...unknown } = recordSetOf(12, 14);
    counter.apply(unknown);
    expect(counter.leaderEpoch).toBeUndefined();
  });

  test('a record set that does not begin at the next offset is refused', () => {
    const { counter } = counting();
    const set = { partition: 0, from: 3, next: 4, highWatermark: 9, logStart: 0, walk: () => undefined };
    expect(() => counter.apply(set)).toThrow('begins at 3, expected 0');
  });
});
