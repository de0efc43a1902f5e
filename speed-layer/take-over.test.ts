// What a writer knows when it takes over: state and identities of one moment, and of the archive what lies below the tidemark.
import { expect, test } from 'vitest';
import { createGeneration } from '../schemas/generation.ts';
import { identityOf } from '../schemas/identity.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { baseMs } from '../schemas/test-events.ts';
import { placedOrder, recordSetOf } from '../test/record-sets.ts';
import { createEpochCounter } from './epoch-counter.ts';
import { createMemoryCounterStore } from './memory-counter-store.ts';
import { takeOver } from './take-over.ts';
import type { TidemarkSource } from './tidemark-source.ts';
import { writerLimits } from './writer-limits.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey });
const identityAt = (offset: number) => identityOf(placedOrder(offset), generation.identityKey);

function openWorld(tidemark: number) {
  const store = createMemoryCounterStore(generation, () => undefined);
  const run = {
    run: 'r',
    parent: '',
    tidemark: [tidemark],
    starts: [0],
    maxTimestamps: [baseMs],
  } as unknown as BatchRun;
  const source: TidemarkSource = {
    currentRun: async () => run,
    parentTidemark: async () => undefined,
    epochBefore: async () => undefined,
    identities: async ({ below }) => Array.from({ length: below }, (_, offset) => identityAt(offset)),
  };
  const dependencies = { generation, store, source };
  return {
    store,
    dependencies,
    /** Counts up to `next` as a writer does that owns the partition, without closing its epoch. */
    async countTo(next: number) {
      const owned = await takeOver(0, dependencies);
      const counter = createEpochCounter({ generation, partition: 0, ...writerLimits, ...owned });
      counter.apply(recordSetOf(counter.next, next));
      for (const flush of counter.take(false)) await store.flush(0, flush);
    },
  };
}

const known = async (world: ReturnType<typeof openWorld>, ...offsets: number[]) => {
  const { identities } = await takeOver(0, world.dependencies);
  return offsets.map((offset) => identities.has(identityAt(offset), baseMs));
};

test('events below the tidemark are known from the archive, those above it from the epochs', async () => {
  const world = openWorld(10);
  await world.countTo(15);
  expect(await known(world, 0, 9, 10, 14, 15)).toEqual([true, true, true, true, false]);
});

test('after a reset the event at the tidemark is no copy of itself', async () => {
  expect(await known(openWorld(10), 9, 10)).toEqual([true, false]);
});

test('where another writer flushes between the reading and the closing, all is read again: state and identities are of one moment', async () => {
  const world = openWorld(0);
  await world.countTo(10);
  const late = createEpochCounter({
    generation,
    partition: 0,
    ...writerLimits,
    ...(await takeOver(0, world.dependencies)),
  });
  late.apply(recordSetOf(10, 20));
  const writing = late.take(false);
  const restore: typeof world.store.restore = async (partition, tidemark) => {
    const stored = await world.store.restore(partition, tidemark);
    for (const flush of writing.splice(0)) await world.store.flush(0, flush);
    return stored;
  };
  const dependencies = { ...world.dependencies, store: { ...world.store, restore } };
  const owned = await takeOver(0, dependencies);
  expect(owned).toMatchObject({ next: 20, boundaries: [0, 10, 20] });
  expect([9, 15, 19].map((offset) => owned.identities.has(identityAt(offset), baseMs))).toEqual([true, true, true]);
});
