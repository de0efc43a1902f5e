// Small pure pieces of the contract: cells, tokens, run ids, vectors, partitions, identities.
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { cutCellKey, decodeCell, decodeCellKey, encodeCell, encodeCellKey } from './cells.ts';
import { createGeneration } from './generation.ts';
import { identityOf, parseHashKey } from './identity.ts';
import { partitionOf } from './murmur2.ts';
import { countBetween, covers } from './offset-vector.ts';
import { pseudonymOf } from './pseudonym.ts';
import { createRunId } from './run-id.ts';
import { decodeToken, encodeToken } from './token.ts';

test('a cell key gives back its window and values, whatever text they hold', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0 }),
      fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }),
      (windowIndex, values) => {
        expect(decodeCellKey(encodeCellKey(windowIndex, values))).toEqual({ windowIndex, values });
      },
    ),
  );
});

test('a cell key without some of its values is the key of the others, whatever text they hold', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.boolean())), (windowIndex, list) => {
      const places = list.flatMap(([, isCut], i) => (isCut ? [i] : []));
      const of = (wanted: boolean) => list.filter(([, isCut]) => isCut === wanted).map(([value]) => value);
      const key = encodeCellKey(
        windowIndex,
        list.map(([value]) => value),
      );
      expect(cutCellKey(key, places)).toEqual({ key: encodeCellKey(windowIndex, of(false)), values: of(true) });
    }),
  );
  for (const key of ['1', '1|3:ab', '1|x:a', '1|1']) expect(() => cutCellKey(key, [0])).toThrow(RangeError);
});

test('two different cells never share a key', () => {
  const part = fc.tuple(fc.nat(20), fc.array(fc.constantFrom('', '1', '|', ':', '1:1', '|1:1'), { maxLength: 3 }));
  fc.assert(
    fc.property(part, part, ([w1, v1], [w2, v2]) => {
      expect(encodeCellKey(w1, v1) === encodeCellKey(w2, v2)).toBe(
        JSON.stringify([w1, v1]) === JSON.stringify([w2, v2]),
      );
    }),
  );
});

test('a cell gives back its sums, and text that is no cell is refused', () => {
  expect(decodeCell(encodeCell([3, 0, Number.MAX_SAFE_INTEGER, -5]))).toEqual([3, 0, Number.MAX_SAFE_INTEGER, -5]);
  for (const text of ['a', '1,x', '9007199254740993']) expect(() => decodeCell(text)).toThrow(RangeError);
  for (const text of ['x', '1|3:ab', '1|-1:', '1 2:ab']) expect(() => decodeCellKey(text)).toThrow(RangeError);
});

describe('partitionOf', () => {
  test("agrees with kafkajs's default partitioner, which is Java's", () => {
    const partition = kafkajs.Partitioners.DefaultPartitioner();
    const metadata = (n: number) =>
      Array.from({ length: n }, (_, id) => ({
        partitionId: id,
        leader: 0,
        partitionErrorCode: 0,
        replicas: [],
        isr: [],
        offlineReplicas: [],
      }));
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), fc.integer({ min: 1, max: 50 }), (key, partitions) => {
        const theirs = partition({
          topic: 't',
          partitionMetadata: metadata(partitions),
          message: { key, value: null },
        });
        expect(partitionOf(key, partitions)).toBe(theirs);
      }),
    );
  });

  test("gives the value of Kafka's own UtilsTest", () => {
    expect(partitionOf('foobar', 1_000_003)).toBe((-790_332_482 & 0x7fffffff) % 1_000_003);
  });
});

describe('tokens', () => {
  test('give back what they stand for', () => {
    const token = { generation: '0123456789ab', run: '01a1fe3cd4a5-634eeeaa', vector: [0, 12, 2 ** 40] };
    expect(decodeToken(encodeToken(token))).toEqual(token);
    expect(decodeToken(encodeToken({ ...token, run: '' }))).toEqual({ ...token, run: '' });
  });

  test('text that is none gives undefined and never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => decodeToken(text) === undefined || encodeToken(decodeToken(text)!).length > 0),
    );
    for (const text of ['', 'x', 'a'.repeat(5_000), Buffer.from('0123456789ab//').toString('base64url')])
      expect(decodeToken(text)).toBeUndefined();
  });
});

test('a run id sorts after its parent as text, also where the clock went back', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 41), fc.nat(2 ** 41), fc.nat(), fc.nat(), (before, now, a, b) => {
      const parent = createRunId('', before, a);
      expect(createRunId(parent, now, b) > parent).toBe(true);
    }),
  );
});

test('vectors are compared component by component, never as a count', () => {
  expect(covers([5, 0], [3, 1])).toBe(false);
  expect(covers([5, 1], [3, 1])).toBe(true);
  expect(countBetween([1, 5], [4, 2])).toBe(3);
});

test('an identity depends on orderId, eventId, occurredAt and the key, and on nothing else', () => {
  const key = parseHashKey('000102030405060708090a0b0c0d0e0f');
  const event = { orderId: 'order-1', eventId: '00000000-0000-4000-8000-000000000001', occurredAt: 1_767_614_400_000 };
  const hash = identityOf(event, key);
  expect(identityOf({ ...event }, key)).toEqual(hash);
  expect(identityOf({ ...event, orderId: 'order-2' }, key)).not.toEqual(hash);
  expect(identityOf({ ...event, occurredAt: event.occurredAt + 1 }, key)).not.toEqual(hash);
  expect(identityOf(event, parseHashKey('100102030405060708090a0b0c0d0e0f'))).not.toEqual(hash);
});

test('a pseudonym depends on the text and the key alone, and no text has none', () => {
  const key = parseHashKey('000102030405060708090a0b0c0d0e0f');
  // SipHash-2-4's test vector of the one byte 00 (Aumasson, Bernstein 2012, reference implementation).
  expect(pseudonymOf('\0', key)).toBe('74f839c593dc67fd');
  expect(pseudonymOf('\0', parseHashKey('100102030405060708090a0b0c0d0e0f'))).not.toBe('74f839c593dc67fd');
  const texts = Array.from({ length: 2_000 }, (_, i) => `c-${i}`);
  const pseudonyms = new Set(texts.map((text) => pseudonymOf(text, key)));
  expect(pseudonyms.size).toBe(2_000);
  for (const pseudonym of pseudonyms) expect(pseudonym).toMatch(/^[0-9a-f]{16}$/);
  expect(pseudonymOf(null, key)).toBe('');
});

test('a generation is named by everything that judges and counts, and never shows the key', () => {
  const settings = { topic: 'orders', partitions: 3, horizonMs: 60_000, hashKey: '000102030405060708090a0b0c0d0e0f' };
  const generation = createGeneration(settings);
  const other = (changes: Partial<typeof settings>) => createGeneration({ ...settings, ...changes });
  expect(createGeneration(settings).id).toBe(generation.id);
  for (const changes of [
    { topic: 'x' },
    { partitions: 4 },
    { horizonMs: 1 },
    { hashKey: '100102030405060708090a0b0c0d0e0f' },
  ]) {
    expect(other(changes).id).not.toBe(generation.id);
  }
  expect(other({ horizonMs: 1 }).archiveId).toBe(generation.archiveId);
  expect(other({ partitions: 4 }).archiveId).not.toBe(generation.archiveId);
  expect(generation.description).not.toContain(settings.hashKey);
});
