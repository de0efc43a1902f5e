import * as fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { partitionOfKey } from './key-partition.ts';

test('a key belongs to the partition that kafkajs and Java give it', () => {
  const kafkajs = Partitioners.DefaultPartitioner();
  const anyKey = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(anyKey, fc.integer({ min: 1, max: 50 }), (key, partitions) => {
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
        partitionId,
        partitionErrorCode: 0,
        leader: 1,
        replicas: [1],
        isr: [1],
      }));
      expect(partitionOfKey(key, partitions)).toBe(
        kafkajs({ topic: 't', partitionMetadata, message: { key, value: null } }),
      );
    }),
    { numRuns: 500 },
  );
  // From Kafka's own UtilsTest: murmur2("foobar") = -790332482.
  expect(partitionOfKey('foobar', 1_000_003)).toBe((-790_332_482 & 0x7fff_ffff) % 1_000_003);
});
