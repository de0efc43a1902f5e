import { randomBytes } from 'node:crypto';
import { afterAll, expect, inject, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { connectRedis, openRedis } from '../runtime/redis.ts';
import { createGeneration, type Generation } from '../schemas/generation.ts';
import { channels, type FlushMessage, partitionKeys } from '../schemas/layout-redis.ts';
import { describeCounterStore, flushOf } from './counter-store.contract.ts';
import { createMemoryCounterStore } from './memory-counter-store.ts';
import { openRedisCounterStore } from './redis-counter-store.ts';

const generationOf = (topic: string): Generation =>
  createGeneration({ topic, partitions: 3, horizonMs: 60_000, hashKey: '00112233445566778899aabbccddeeff' });

describeCounterStore('CounterStore in memory', async () => {
  const generation = generationOf('orders');
  const messages: FlushMessage[] = [];
  const store = createMemoryCounterStore(generation, (message) => messages.push(message));
  return { store, generation, messages: async () => messages };
});

const log = createLogger('test', 'silent');
const redis = openRedis({ redisUrl: inject('stack').redisUrl }, log);
const subscriber = openRedis({ redisUrl: inject('stack').redisUrl }, log);
await Promise.all([connectRedis(redis), connectRedis(subscriber)]);
afterAll(() => {
  redis.disconnect();
  subscriber.disconnect();
});

async function openOnRedis(clock = () => 123) {
  const redisPrefix = `t${randomBytes(6).toString('hex')}`;
  const generation = generationOf('orders');
  const messages: FlushMessage[] = [];
  const channel = channels(redisPrefix, generation).flush;
  const marks = new Map<string, () => void>();
  subscriber.on('message', (from: string, text: string) => {
    if (from !== channel) return;
    if (text.startsWith('mark')) marks.get(text)?.();
    else messages.push(JSON.parse(text) as FlushMessage);
  });
  await subscriber.subscribe(channel);
  const store = await openRedisCounterStore({ redis, redisPrefix, generation, clock });
  return {
    store,
    generation,
    redisPrefix,
    /** A message sent after them has arrived, so they have. */
    async messages() {
      const mark = `mark${randomBytes(4).toString('hex')}`;
      const { promise, resolve } = Promise.withResolvers<void>();
      marks.set(mark, resolve);
      await redis.publish(channel, mark);
      await promise;
      return messages;
    },
  };
}

describeCounterStore('CounterStore in Redis', () => openOnRedis());

test('in Redis, a lost cells key makes the epoch unusable, for the writer and for who takes over', async () => {
  const { store, generation, redisPrefix } = await openOnRedis();
  await store.reset(1, undefined, 0, undefined);
  await store.flush(1, flushOf(generation, 0, 0, 2));
  const [, , firstRollup] = partitionKeys(redisPrefix, generation, 1).epoch(0);
  await redis.del(firstRollup!);
  expect(await store.flush(1, flushOf(generation, 0, 2, 3))).toEqual({ kind: 'refused', why: 'cells-lost' });
  expect((await store.restore(1, 0))?.epochs).toMatchObject([{ from: 0, to: 2, whole: false }]);
});

test('in Redis, a key of the wrong type refuses the flush whole', async () => {
  const { store, generation, redisPrefix } = await openOnRedis();
  await store.reset(1, undefined, 0, undefined);
  const keys = partitionKeys(redisPrefix, generation, 1).epoch(0);
  await redis.set(keys.at(-1)!, 'not a hash');
  expect(await store.flush(1, flushOf(generation, 0, 0, 2))).toEqual({ kind: 'refused', why: 'cells-lost' });
  expect(await redis.exists(keys[0]!, keys[2]!)).toBe(0);
});

test('in Redis, a flush of 30,000 cells is one script', async () => {
  const { store, generation, redisPrefix } = await openOnRedis();
  await store.reset(2, undefined, 0, undefined);
  const flush = flushOf(generation, 0, 0, 1);
  const many = Array.from({ length: 30_000 }, (_, i) => [`${i}|1:a`, '1,1,1,0,0,0,0,0,0']).flat();
  const cells = flush.cells.map((list, i) => (i === 0 ? many : list));
  const ledger = { ...flush.ledger, cells: flush.ledger.cells.map((n, i) => (i === 0 ? 30_000 : n)) };
  expect(await store.flush(2, { ...flush, cells, ledger })).toEqual({ kind: 'done' });
  expect(await redis.hlen(partitionKeys(redisPrefix, generation, 2).epoch(0)[2]!)).toBe(30_000);
});

test('in Redis, a partition taken over at the start of an epoch is freed of leftovers under its name', async () => {
  const { store, generation, redisPrefix } = await openOnRedis();
  await store.reset(0, undefined, 4, undefined);
  const keys = partitionKeys(redisPrefix, generation, 0).epoch(4);
  await redis.hset(keys[2]!, '9|1:z', '1,1');
  expect(await store.flush(0, flushOf(generation, 4, 4, 6))).toMatchObject({ kind: 'refused' });
  await store.flush(0, { ...flushOf(generation, 4, 4, 4), close: true, before: { idsBytes: 0, cells: [] } });
  expect(await store.flush(0, flushOf(generation, 4, 4, 6))).toEqual({ kind: 'done' });
});

test('in Redis, an epoch that begins where another is closed starts from nothing, whatever lay under its name', async () => {
  const { store, generation, redisPrefix } = await openOnRedis();
  await store.reset(0, undefined, 0, undefined);
  const keys = partitionKeys(redisPrefix, generation, 0).epoch(4);
  await redis.hset(keys[0]!, 'counted', '9');
  await redis.set(keys[1]!, 'leftover');
  await redis.hset(keys.at(-1)!, '9|1:z', '1,1');
  expect(await store.flush(0, flushOf(generation, 0, 0, 4, { close: true }))).toEqual({ kind: 'done' });
  expect(await redis.exists(...keys)).toBe(0);
  expect(await store.flush(0, flushOf(generation, 4, 4, 6))).toEqual({ kind: 'done' });
});

test('in Redis, two generations share nothing, not even identities', async () => {
  const { store, generation, redisPrefix } = await openOnRedis();
  await store.reset(0, undefined, 0, undefined);
  await store.flush(0, flushOf(generation, 0, 0, 3));
  const other = createGeneration({ ...generation, horizonMs: 61_000 });
  const beside = await openRedisCounterStore({ redis, redisPrefix, generation: other, clock: () => 123 });
  expect(await beside.restore(0, 0)).toBeUndefined();
  await beside.reset(0, undefined, 0, undefined);
  await beside.flush(0, flushOf(other, 0, 0, 1));
  expect(await store.restore(0, 0)).toMatchObject({ next: 3, epochs: [{ from: 0, to: 3, whole: true }] });
});

test('in Redis, an epoch whose ledger does not sum to its offsets is not whole', async () => {
  const { store, generation, redisPrefix } = await openOnRedis();
  await store.reset(0, undefined, 0, undefined);
  await store.flush(0, flushOf(generation, 0, 0, 3));
  await redis.hset(partitionKeys(redisPrefix, generation, 0).epoch(0)[0]!, 'gap', 1);
  expect((await store.restore(0, 0))?.epochs).toMatchObject([{ from: 0, to: 3, whole: false }]);
});

test('in Redis, neither a reset nor the closing of an empty epoch is progress: whom batch takes for dead stays so', async () => {
  let nowMs = 100;
  const { store, generation, redisPrefix } = await openOnRedis(() => nowMs);
  const flushedAt = () => redis.hget(partitionKeys(redisPrefix, generation, 0).state, 'flushedAt');
  await store.reset(0, undefined, 0, undefined, undefined);
  nowMs = 200;
  await store.flush(0, flushOf(generation, 0, 0, 0, { close: true }));
  await store.reset(0, { next: 0, epoch: 0 }, 5, undefined, undefined);
  expect(await flushedAt()).toBe('100');
  await store.flush(0, flushOf(generation, 5, 5, 6));
  expect(await flushedAt()).toBe('200');
});
