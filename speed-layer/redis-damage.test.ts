// Two writers of one partition and every kind of damage, on a real Redis: a write is whole and right, or refused whole.
import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { connectRedis, openRedis, type Redis } from '../runtime/redis.ts';
import { createGeneration } from '../schemas/generation.ts';
import { identityOf } from '../schemas/identity.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { partitionKeys } from '../schemas/layout-redis.ts';
import { openOwnRedis } from '../test/own-redis.ts';
import { placedOrder, recordSetOf } from '../test/record-sets.ts';
import { until } from '../test/until.ts';
import type { CounterStore } from './counter-store.ts';
import { createEpochCounter } from './epoch-counter.ts';
import { storeFault } from './errors.ts';
import { openPartitionWriter } from './partition-writer.ts';
import { openRedisCounterStore } from './redis-counter-store.ts';
import { takeOver } from './take-over.ts';
import { writerLimits } from './writer-limits.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey });
const log = createLogger('test', 'silent');
const redis = openRedis({ redisUrl: inject('stack').redisUrl }, log);
await connectRedis(redis);
afterAll(() => redis.disconnect());

/** Offsets from 100 on hold copies of the events from 0 on. */
const setOf = (from: number, next: number) => recordSetOf(from, next, (offset) => placedOrder(offset % 100));
const run = {
  generation: generation.id,
  run: '000000000001-00000000',
  tidemark: [0],
  starts: [0],
  maxTimestamps: [-1],
} as unknown as BatchRun;
const source = {
  currentRun: async () => run,
  parentTidemark: async () => undefined,
  epochBefore: async () => undefined,
  identities: async ({ below }: { below: number }) =>
    Array.from({ length: below }, (_, offset) => identityOf(placedOrder(offset), generation.identityKey)),
};

async function openWorld(on: Redis = redis) {
  const redisPrefix = `t${randomBytes(6).toString('hex')}`;
  const store = await openRedisCounterStore({ redis: on, redisPrefix, generation, clock: Date.now });
  return { store, keys: partitionKeys(redisPrefix, generation, 0), on };
}
type World = Awaited<ReturnType<typeof openWorld>>;

/** A writer without a life of its own: it writes when it is told to, however late. */
async function ownPartition(store: CounterStore) {
  const owned = await takeOver(0, { generation, store, source });
  const counter = createEpochCounter({ generation, partition: 0, ...writerLimits, ...owned });
  return {
    owned,
    counter,
    count: (next: number) => counter.apply(setOf(counter.next, next)),
    async flush(close = false) {
      for (const step of counter.take(close)) {
        const outcome = await store.flush(0, step);
        if (outcome.kind === 'refused') return outcome.why;
      }
      return 'done';
    },
  };
}

/** Everything that is stored of the partition, as it is. */
async function contentOf({ on, keys }: World): Promise<Record<string, string>> {
  const names = (await on.keys(`${keys.prefix.replaceAll(/[{}]/g, '?')}:*`)).toSorted();
  const dumps = await Promise.all(names.map((name) => on.dumpBuffer(name)));
  return Object.fromEntries(names.map((name, i) => [name, dumps[i]!.toString('hex')]));
}

describe('two writers of one partition', () => {
  test('what a frozen writer still had to write is refused, not a byte is changed, and each event counts once', async () => {
    const world = await openWorld();
    const frozen = await ownPartition(world.store);
    frozen.count(10);
    expect(await frozen.flush()).toBe('done');
    frozen.count(30); // counted, then frozen before its flush
    const successor = await ownPartition(world.store);
    expect(successor.owned).toMatchObject({ next: 10, boundaries: [0, 10], resetBecause: undefined });
    successor.count(25);
    expect(await successor.flush()).toBe('done');
    const before = await contentOf(world);
    expect(await frozen.flush()).toBe('moved');
    expect(await frozen.flush(true)).toBe('moved');
    expect(await contentOf(world)).toEqual(before);
    successor.count(110); // 100 to 109 are copies
    expect(await successor.flush(true)).toBe('done');
    const stored = await world.store.restore(0, 0);
    expect(stored?.epochs.every(({ whole }) => whole)).toBe(true);
    expect(stored?.epochs.reduce((sum, { ids }) => sum + ids.length / 8, 0)).toBe(100);
  });

  test('a frozen writer whose flush comes before its successor writes is no loss: it is the same write', async () => {
    const [one, other] = [await openWorld(), await openWorld()];
    const [frozen, lone] = [await ownPartition(one.store), await ownPartition(other.store)];
    for (const writer of [frozen, lone]) writer.count(10);
    await takeOver(0, { generation, store: one.store, source }); // reads the state, and is frozen in its turn
    expect(await frozen.flush(true)).toBe('done');
    expect(await lone.flush(true)).toBe('done');
    const contents = [await contentOf(one), await contentOf(other)].map((content) =>
      Object.entries(content)
        .filter(([name]) => !name.endsWith(':state'))
        .map(([, dump]) => dump),
    );
    expect(contents[0]).toEqual(contents[1]);
    const late = await ownPartition(one.store);
    expect(late.owned.next).toBe(10);
  });

  test('a live writer that was passed finds it without a record, and stands behind the other', async () => {
    const { store } = await openWorld();
    const limits = { ...writerLimits, retryMs: 2, checkMs: 0 };
    const wake = () => undefined;
    const writer = openPartitionWriter(0, { generation, store, source, log, clock: Date.now, limits, wake });
    await until('counting', () => writer.state === 'counting');
    const other = await ownPartition(store);
    other.count(40);
    expect(await other.flush()).toBe('done');
    await until('it stands where the other has come to', () => {
      writer.tick();
      return writer.position() === 40;
    });
    await writer.close();
  });
});

describe('whatever is damaged', () => {
  const parts = ['ledger', 'ids', ...generation.definition.rollups.map(({ name }) => name)];
  const partKey = ({ keys }: World, part: string, epoch: number) => keys.epoch(epoch)[parts.indexOf(part)]!;
  // Orders of this file touch these rollups.
  const filled = (world: World) =>
    Promise.all(
      parts.map(async (part) => ((await world.on.exists(partKey(world, part, 10))) === 1 ? [part] : [])),
    ).then((lists) => lists.flat());

  /** Epoch [0, 10) closed, [10, 20) open, and who counts on. */
  async function counted() {
    const world = await openWorld();
    const writer = await ownPartition(world.store);
    writer.count(10);
    await writer.flush(true);
    writer.count(20);
    await writer.flush();
    return { world, writer };
  }

  /** Who takes over resets, with that reason, and from there on each event counts once. */
  async function healed(world: World, reason: string): Promise<void> {
    const next = await ownPartition(world.store);
    expect(next.owned).toMatchObject({ next: 0, resetReason: reason });
    next.count(30);
    expect(await next.flush(true)).toBe('done');
    expect(await world.store.restore(0, 0)).toMatchObject({ next: 30, epochs: [{ from: 0, to: 30, whole: true }] });
  }

  test.each(['lost', 'of another type'])('each part of an epoch that is %s is found', async (how) => {
    const { world } = await counted();
    const present = await filled(world);
    expect(present.length).toBeGreaterThanOrEqual(4);
    for (const part of present) {
      for (const epoch of [0, 10]) {
        const { world, writer } = await counted();
        const key = partKey(world, part, epoch);
        await world.on.del(key);
        if (how !== 'lost') await world.on.lpush(key, 'x');
        const before = await contentOf(world);
        // Its own epoch is found by the writer at the next flush, also by one that adds nothing; a closed one is not its affair.
        if (epoch === 10) {
          expect(await world.store.flush(0, writer.counter.standing()), part).toMatchObject({ kind: 'refused' });
          writer.count(25);
          expect(await writer.flush(), part).toMatch(/-lost$|-type$/);
          expect(await contentOf(world), part).toEqual(before);
        }
        await healed(world, 'not-whole');
      }
    }
  });

  test.each([
    ['the state is lost', (w: World) => w.on.del(w.keys.state), 'no-state'],
    [
      'the state has another type',
      (w: World) => w.on.multi().del(w.keys.state).set(w.keys.state, 'x').exec(),
      'no-state',
    ],
    ['the state is no number', (w: World) => w.on.hset(w.keys.state, 'next', 'x'), 'no-state'],
    ['the state is beyond exact integers', (w: World) => w.on.hset(w.keys.state, 'next', '9'.repeat(20)), 'no-state'],
    ['the state has leading zeros', (w: World) => w.on.hset(w.keys.state, 'next', '0020'), 'no-state'],
    [
      'the time stamp is beyond them',
      (w: World) => w.on.hset(w.keys.state, 'maxTimestamp', '9'.repeat(20)),
      'no-state',
    ],
    ['next is below the open epoch', (w: World) => w.on.hset(w.keys.state, 'next', '5'), 'nonsense'],
    ['the list of epochs is lost', (w: World) => w.on.del(w.keys.epochs), 'no-tiling'],
    [
      'the list has another type',
      (w: World) => w.on.multi().del(w.keys.epochs).set(w.keys.epochs, 'x').exec(),
      'no-state',
    ],
    ['epochs overlap', (w: World) => w.on.zadd(w.keys.epochs, 5, '5-15'), 'no-tiling'],
    ['a ledger is no number', (w: World) => w.on.hset(w.keys.epoch(0)[0]!, 'counted', 'NaN'), 'not-whole'],
    ['a ledger is negative', (w: World) => w.on.hset(w.keys.epoch(0)[0]!, 'gap', '-5', 'deferred', '5'), 'not-whole'],
  ])('%s: whoever takes over resets to the tidemark', async (_, damage, reason) => {
    const { world } = await counted();
    await damage(world);
    await healed(world, reason);
  });
});

test('a Redis that is full refuses a flush whole, and takes the same one when there is room', async () => {
  await using own = await openOwnRedis();
  const world = await openWorld(own.redis);
  const writer = await ownPartition(world.store);
  writer.count(10);
  expect(await writer.flush()).toBe('done');
  const before = await contentOf(world);
  writer.count(90);
  const steps = writer.counter.take(true);
  await own.redis.config('SET', 'maxmemory', '1');
  for (const step of steps) await expect(world.store.flush(0, step)).rejects.toMatchObject({ code: 'store-full' });
  await expect(takeOver(0, { generation, store: world.store, source })).rejects.toMatchObject({ code: 'store-full' });
  expect(await contentOf(world)).toEqual(before);
  // Asking whether all is there adds nothing, so it is answered.
  await own.redis.config('SET', 'maxmemory', '0');
  for (const step of steps) expect(await world.store.flush(0, step)).toEqual({ kind: 'done' });
  expect(await world.store.restore(0, 0)).toMatchObject({ next: 90, epochs: [{ whole: true }] });
});

test.each([
  ["OOM command not allowed when used memory > 'maxmemory'.", 'store-full'],
  ["READONLY You can't write against a read only replica.", 'store-read-only'],
  ['LOADING Redis is loading the dataset in memory', 'store-loading'],
  ['MISCONF Redis is configured to save RDB snapshots, but', 'store-not-saving'],
  ['Command timed out', 'store-away'],
])('a fault of Redis has a code: %s', (text, code) => {
  expect(storeFault(3, new Error(text))).toMatchObject({ code, partition: 3, cause: { message: text } });
});
