// Records that carry a sound event and must not count all the same: copies of an event meet in one partition only by its own key.
import { expect, test } from 'vitest';
import { encodeEvent } from './codec.ts';
import { createGeneration } from './generation.ts';
import { judgeRecord } from './judge-record.ts';
import { partitionOf } from './murmur2.ts';
import type { OrderEvent } from './order-event.ts';
import { baseMs } from './test-events.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const { rules } = createGeneration({ topic: 'orders', partitions: 4, horizonMs: 60_000, hashKey });
const event: OrderEvent = {
  eventId: '00000000-0000-4000-8000-000000000001',
  type: 'OrderPlaced',
  orderId: 'o-1',
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
};
const key = Buffer.from(event.orderId);
const partition = partitionOf(key, 4);
const stranger = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].find((other) => partitionOf(other, 4) === partition)!;
const sound = { partition, timestampMs: baseMs, key, value: encodeEvent(event) };
const late = 5 * 60_000 + 1;

test('a sound record under its own key, in the partition of that key, is its event', () => {
  expect(judgeRecord(sound, rules)).toMatchObject({ kind: 'valid', event: { orderId: 'o-1' } });
});

test.each([
  ['another key of the same partition', 'key-mismatch', { key: Buffer.from(stranger) }],
  ['no key', 'key-mismatch', { key: null }],
  ['another partition', 'misplaced', { partition: (partition + 1) % 4 }],
  ['no value', 'no-value', { value: null }],
  ['a record of long before it occurred', 'too-far-ahead', { timestampMs: baseMs - late }],
  ['nothing that could be read', 'unreadable-batch', { unreadable: 'why' }],
])('an event with %s is rejected: %s', (_, code, changes) => {
  expect(judgeRecord({ ...sound, ...changes }, rules)).toMatchObject({ kind: 'rejected', code });
});
