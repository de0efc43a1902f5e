import { createRecordsBatch } from '@platformatic/kafka';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KafkaError } from './errors.ts';
import type { RecordSet } from './record-log.ts';
import { type AbortedTransaction, createRecordSet } from './record-set.ts';
import { makeBatch, seal, type TestBatch } from './test-batches.ts';

function setOf(batches: Buffer[], from = 0, aborted: AbortedTransaction[] = [], maxInflatedBytes?: number) {
  const records = Buffer.concat(batches);
  const fetched = { partition: 3, highWatermark: 1_000, logStart: 0, aborted, records };
  return createRecordSet(fetched, from, maxInflatedBytes);
}

/** What a walk visits: `5` is the record at offset 5, `[6, 8]` a gap. */
function visits(set: RecordSet | null): (number | string | [number, number])[] {
  const seen: (number | string | [number, number])[] = [];
  set?.walk({
    record: ({ offset, value, unreadable }) => {
      if (unreadable !== undefined) {
        seen.push(`unreadable ${offset}`);
        return;
      }
      expect(value?.toString().split('.')[0]).toBe(`v${offset}`);
      seen.push(offset);
    },
    gap: (from, to) => seen.push([from, to]),
  });
  return seen;
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return error instanceof KafkaError ? error.code : String(error);
  }
  return undefined;
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (; value >= 128n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
  return Buffer.from([...bytes, Number(value)]);
}

describe('a record set', () => {
  test('hands over every field of a record', () => {
    const set = setOf([makeBatch({ baseOffset: 7, deltas: [0, 1] })], 7);
    const records: unknown[] = [];
    set?.walk({
      record: (r) => records.push([r.offset, r.timestampMs, String(r.key), String(r.value), r.headers]),
      gap: () => expect.unreachable(),
    });
    expect(records).toEqual([
      [7, 1_700_000_000_000, 'k7', 'v7', [['h', Buffer.from('0')]]],
      [8, 1_700_000_000_001, 'k8', 'v8', [['h', Buffer.from('1')]]],
    ]);
    expect(set).toMatchObject({ partition: 3, from: 7, next: 9, highWatermark: 1_000, logStart: 0 });
  });

  test('knows the leader epochs that its records were written under', () => {
    const epochsOf = (epochs: number[], from = 0) =>
      setOf(
        epochs.map((leaderEpoch, n) => makeBatch({ baseOffset: n * 2, deltas: [0, 1], leaderEpoch })),
        from,
      )?.leaderEpochs;
    expect(epochsOf([4, 4, 7], 1)).toEqual([
      { from: 1, epoch: 4 },
      { from: 4, epoch: 7 },
    ]);
    expect(epochsOf([4, -1, 7])).toEqual([]); // unknown somewhere: not relied on
  });

  test('reads what the library writes, with null keys and no headers', () => {
    const timestamp = 1_700_000_000_000n;
    const bytes = createRecordsBatch([
      { topic: 't', value: Buffer.from('v0'), timestamp },
      { topic: 't', key: Buffer.alloc(0), value: Buffer.from('v1'), timestamp: timestamp - 86_400_000n * 24n },
    ]).buffer;
    const records: unknown[] = [];
    setOf([bytes])?.walk({
      record: (r) => records.push([r.timestampMs, r.key, r.headers]),
      gap: () => expect.unreachable(),
    });
    expect(records).toEqual([
      [1_700_000_000_000, null, []],
      [1_700_000_000_000 - 86_400_000 * 24, Buffer.alloc(0), []],
    ]);
  });

  test('reads time differences beyond 32 bits, which the library writes wrongly', () => {
    const times: number[] = [];
    const century = 100 * 365 * 86_400_000;
    const batch = makeBatch({ baseOffset: 0, deltas: [0] });
    // Record: length, attributes, time difference as zigzag varint of 2 * century, offset difference, no key, no value, no headers.
    const zigzag = varint(BigInt(century) * 2n);
    const record = Buffer.concat([Buffer.from([0]), zigzag, Buffer.from([0, 1, 1, 0])]);
    const bytes = Buffer.concat([batch.subarray(0, 61), varint(BigInt(record.length) * 2n), record]);
    bytes.writeInt32BE(bytes.length - 12, 8);
    setOf([seal(bytes)])?.walk({ record: (r) => times.push(r.timestampMs), gap: () => expect.unreachable() });
    expect(times).toEqual([1_700_000_000_000 + century]);
  });

  test('takes the append time of the batch for every record on a LogAppendTime topic', () => {
    const times: number[] = [];
    setOf([makeBatch({ baseOffset: 0, deltas: [0, 1], appendTimeMs: 42 })])?.walk({
      record: (r) => times.push(r.timestampMs),
      gap: () => {},
    });
    expect(times).toEqual([42, 42]);
  });

  test('can be walked twice with the same result', () => {
    const set = setOf(
      [
        makeBatch({ baseOffset: 0, deltas: [0, 1], producerId: 9n, transactional: true }),
        makeBatch({ baseOffset: 2, deltas: [0], producerId: 9n, marker: 'abort' }),
      ],
      0,
      [{ producerId: 9n, firstOffset: 0 }],
    );
    expect(visits(set)).toEqual([[0, 3]]);
    expect(visits(set)).toEqual([[0, 3]]);
  });

  test('is null where the fetch brought nothing', () => {
    expect(setOf([])).toBeNull();
  });

  test('skips what lies below the wanted offset', () => {
    expect(visits(setOf([makeBatch({ baseOffset: 0, deltas: [0, 1, 2, 3] })], 2))).toEqual([2, 3]);
  });

  test('skips whole batches below the wanted offset', () => {
    const batches = [makeBatch({ baseOffset: 0, deltas: [0, 1] }), makeBatch({ baseOffset: 2, deltas: [0] })];
    expect(visits(setOf(batches, 2))).toEqual([2]);
  });

  test('books holes inside, behind and between batches as gaps', () => {
    const batches = [
      makeBatch({ baseOffset: 10, deltas: [0, 3], lastDelta: 5 }),
      makeBatch({ baseOffset: 20, deltas: [] as number[], lastDelta: 4 }),
      makeBatch({ baseOffset: 25, deltas: [1], lastDelta: 2 }),
    ];
    expect(visits(setOf(batches, 8))).toEqual([[8, 10], 10, [11, 13], 13, [14, 26], 26, [27, 28]]);
  });

  test('books transaction markers as gaps', () => {
    const batches = [
      makeBatch({ baseOffset: 0, deltas: [0], producerId: 1n, transactional: true }),
      makeBatch({ baseOffset: 1, deltas: [0], producerId: 1n, marker: 'commit' }),
    ];
    const set = setOf(batches);
    expect(visits(set)).toEqual([0, [1, 2]]);
    expect(set?.next).toBe(2);
  });

  test('leaves out aborted transactions only, up to their marker, and only of their producer', () => {
    const batches = [
      makeBatch({ baseOffset: 0, deltas: [0, 1], producerId: 1n, transactional: true }),
      makeBatch({ baseOffset: 2, deltas: [0], producerId: 2n, transactional: true }),
      makeBatch({ baseOffset: 3, deltas: [0] }),
      makeBatch({ baseOffset: 4, deltas: [0], producerId: 1n, marker: 'abort' }),
      makeBatch({ baseOffset: 5, deltas: [0], producerId: 1n, transactional: true }),
      makeBatch({ baseOffset: 6, deltas: [0], producerId: 2n, marker: 'commit' }),
    ];
    expect(visits(setOf(batches, 0, [{ producerId: 1n, firstOffset: 0 }]))).toEqual([[0, 2], 2, 3, [4, 5], 5, [6, 7]]);
  });

  test('knows a transaction that began before the fetch', () => {
    const batches = [
      makeBatch({ baseOffset: 50, deltas: [0, 1], producerId: 1n, transactional: true }),
      makeBatch({ baseOffset: 52, deltas: [0], producerId: 1n, marker: 'abort' }),
      makeBatch({ baseOffset: 53, deltas: [0], producerId: 1n, transactional: true }),
      makeBatch({ baseOffset: 54, deltas: [0], producerId: 1n, marker: 'abort' }),
      makeBatch({ baseOffset: 55, deltas: [0], producerId: 1n, transactional: true }),
    ];
    // Given out of order on purpose: the second transaction first.
    const aborted = [
      { producerId: 1n, firstOffset: 53 },
      { producerId: 1n, firstOffset: 3 },
    ];
    expect(visits(setOf(batches, 50, aborted))).toEqual([[50, 55], 55]);
  });

  test('ignores a batch that is cut off at the end', () => {
    const whole = makeBatch({ baseOffset: 0, deltas: [0, 1] });
    const cut = makeBatch({ baseOffset: 2, deltas: [0, 1] });
    for (const keep of [1, 16, 17, 60, 61, cut.length - 1]) {
      const set = setOf([whole, cut.subarray(0, keep)]);
      expect([set?.next, visits(set)]).toEqual([2, [0, 1]]);
    }
  });

  test('fails loudly if there is nothing but a batch that is cut off', () => {
    const cut = makeBatch({ baseOffset: 0, deltas: [0] }).subarray(0, 65);
    expect(codeOf(() => setOf([cut]))).toBe('corrupt-batch');
  });

  test('ends before a batch whose checksum fails, and fails if it begins with one', () => {
    const good = makeBatch({ baseOffset: 0, deltas: [0, 1] });
    const bad = makeBatch({ baseOffset: 2, deltas: [0, 1] });
    bad[bad.length - 1]! ^= 1;
    expect(visits(setOf([good, bad]))).toEqual([0, 1]);
    expect(() => setOf([bad], 2)).toThrow(
      expect.objectContaining({ code: 'corrupt-batch', data: { partition: 3, offset: 2 }, retryable: true }),
    );
  });

  test('notices every flipped bit that the checksum covers', () => {
    const sound = makeBatch({ baseOffset: 0, deltas: [0, 1] });
    fc.assert(
      fc.property(fc.integer({ min: 17 * 8, max: sound.length * 8 - 1 }), (bit) => {
        const bytes = Buffer.from(sound);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        return codeOf(() => setOf([bytes])) === 'corrupt-batch';
      }),
    );
  });

  test('refuses batches whose offsets run backwards: the base offset is outside the checksum', () => {
    const first = makeBatch({ baseOffset: 5, deltas: [0, 1] });
    expect(visits(setOf([first, makeBatch({ baseOffset: 6, deltas: [0] })], 5))).toEqual([5, 6]);
    expect(visits(setOf([first, makeBatch({ baseOffset: 7, deltas: [0] })], 5))).toEqual([5, 6, 7]);
  });

  test('refuses old message formats by name', () => {
    const bytes = makeBatch({ baseOffset: 0, deltas: [0] });
    bytes.writeInt8(1, 16);
    expect(codeOf(() => setOf([bytes]))).toBe('old-message-format');
  });

  test('passes malformed records behind a sound checksum as unreadable: poison must not stop a partition', () => {
    const bytes = makeBatch({ baseOffset: 0, deltas: [0, 1] });
    bytes.writeInt32BE(3, 57); // claims one record more than there is
    bytes.writeInt32BE(2, 23); // and one offset more
    expect(visits(setOf([seal(bytes)]))).toEqual([0, 1, 'unreadable 2']);
  });

  test('lets through what the visitor throws', () => {
    const set = setOf([makeBatch({ baseOffset: 0, deltas: [0] })]);
    const stop = new Error('stop');
    expect(() =>
      set?.walk({
        record: () => {
          throw stop;
        },
        gap: () => {},
      }),
    ).toThrow(stop);
  });

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('reads %s, but never beyond the bound', (codec) => {
    const batch = makeBatch({ baseOffset: 4, deltas: [0, 1, 2], codec, valueBytes: 100_000 });
    expect(batch.length).toBeLessThan(50_000);
    expect(visits(setOf([batch], 4))).toEqual([4, 5, 6]);
    const unreadable = ['unreadable 4', 'unreadable 5', 'unreadable 6'];
    expect(visits(setOf([batch], 4, [], 100_000))).toEqual(unreadable);
    expect(visits(setOf([batch], 5, [], 100_000))).toEqual(unreadable.slice(1));
    batch.fill(0xff, 70, 90);
    expect(visits(setOf([seal(batch)], 4))).toEqual(unreadable);
  });

  test('passes a batch of an unknown codec as unreadable', () => {
    const bytes = makeBatch({ baseOffset: 0, deltas: [0] });
    bytes.writeInt16BE(6, 21);
    expect(visits(setOf([seal(bytes)]))).toEqual(['unreadable 0']);
  });

  const anyBatch = fc.record({
    hole: fc.nat({ max: 3 }),
    deltas: fc.uniqueArray(fc.nat({ max: 12 }), { maxLength: 8 }).map((deltas) => deltas.toSorted((a, b) => a - b)),
    tail: fc.nat({ max: 3 }),
    producer: fc.constantFrom(-1n, 1n, 2n),
    kind: fc.constantFrom('data', 'data', 'transactional', 'abort', 'commit'),
    codec: fc.constantFrom('none', 'none', 'gzip', 'lz4'),
  });

  test('visits every offset of its range exactly once and in order, however batches are cut', () => {
    const property = fc.property(
      fc.array(anyBatch, { minLength: 1, maxLength: 8 }),
      fc.nat({ max: 40 }),
      fc.nat({ max: 200 }),
      fc.array(fc.record({ producerId: fc.constantFrom(1n, 2n), firstOffset: fc.nat({ max: 60 }) }), { maxLength: 3 }),
      (plans, from, cutBytes, aborted) => {
        let at = 0;
        const batches = plans.map(({ hole, deltas, tail, producer, kind, codec }): TestBatch => {
          const marker = kind === 'abort' || kind === 'commit' ? ({ marker: kind } as const) : {};
          const own = kind === 'data' || deltas.length > 0 ? deltas : [0];
          const baseOffset = at + hole;
          const lastDelta = (own.at(-1) ?? 0) + tail;
          at = baseOffset + lastDelta + 1;
          const deltasOfMarker = 'marker' in marker ? [0] : own;
          return {
            baseOffset,
            deltas: deltasOfMarker,
            lastDelta,
            codec,
            producerId: producer,
            transactional: kind !== 'data',
            ...marker,
          };
        });
        const bytes = Buffer.concat(batches.map(makeBatch));
        let set: RecordSet | null = null;
        try {
          set = setOf([bytes.subarray(0, bytes.length - cutBytes)], from, aborted);
        } catch (error) {
          expect(error).toMatchObject({ code: 'corrupt-batch' });
        }
        if (!set) return;
        const offsets = new Set(
          batches.flatMap((b) => (b.marker ? [] : b.deltas.map((delta) => b.baseOffset + delta))),
        );
        let expected = from;
        set.walk({
          record: ({ offset }) => {
            expect(offset).toBe(expected);
            expect(offsets.has(offset)).toBe(true);
            expected++;
          },
          gap: (start, end) => {
            expect(start).toBe(expected);
            expect(end).toBeGreaterThan(start);
            // Without transactions, a gap hides no record.
            if (aborted.length === 0) for (let o = start; o < end; o++) expect(offsets.has(o)).toBe(false);
            expected = end;
          },
        });
        expect(expected).toBe(set.next);
        expect(set.next).toBeGreaterThan(from);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});
