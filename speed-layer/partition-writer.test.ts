// The writer under faults: any refusal, lost answer or damage ends in a take-over, and nothing is counted twice.
import { describe, expect, test } from 'vitest';
import type { LogRecord, RecordSet } from '../runtime/kafka/record-log.ts';
import { createLogger } from '../runtime/logger.ts';
import { createGeneration } from '../schemas/generation.ts';
import { identityOf } from '../schemas/identity.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { baseMs } from '../schemas/test-events.ts';
import { placedOrder, recordSetOf } from '../test/record-sets.ts';
import { until } from '../test/until.ts';
import type { CounterStore } from './counter-store.ts';
import { createMemoryCounterStore } from './memory-counter-store.ts';
import { createSpeedMetrics } from './metrics.ts';
import { openPartitionWriter } from './partition-writer.ts';
import { takeOver } from './take-over.ts';
import { type WriterLimits, writerLimits } from './writer-limits.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey });
const log = createLogger('test', 'silent');

/** Offsets from 100 on hold copies of the events from 0 on. */
const eventAt = (offset: number) => placedOrder(offset % 100);
const setOf = (from: number, next: number) => recordSetOf(from, next, eventAt);

const runAt = (tidemark: number, id = '000000000001-00000000'): BatchRun =>
  ({
    generation: generation.id,
    run: id,
    parent: '',
    tidemark: [tidemark],
    starts: [0],
    maxTimestamps: [-1],
  }) as unknown as BatchRun;

function openWorld() {
  const time = { nowMs: baseMs };
  const store = createMemoryCounterStore(generation, () => undefined);
  let run = runAt(0);
  const faults: { beforeFlush?: Error; afterFlush?: Error; hang?: Promise<void> } = {};
  const faulty: CounterStore = {
    ...store,
    async flush(partition, flush) {
      if (faults.beforeFlush) throw faults.beforeFlush;
      await faults.hang;
      const outcome = await store.flush(partition, flush);
      if (faults.afterFlush) throw faults.afterFlush;
      return outcome;
    },
  };
  const source = {
    currentRun: async () => run,
    parentTidemark: async () => undefined,
    epochBefore: async (_: number, offset: number) => offset + 1_000,
    identities: async ({ below }: { below: number }) =>
      Array.from({ length: below }, (_, offset) => identityOf(eventAt(offset), generation.identityKey)),
  };
  const dependencies = { generation, store: faulty, source };
  const open = (limits: Partial<WriterLimits> = {}, metrics = createSpeedMetrics()) =>
    openPartitionWriter(0, {
      ...dependencies,
      log,
      clock: () => time.nowMs,
      limits: { ...writerLimits, retryMs: 2, ...limits },
      wake: () => undefined,
      metrics,
    });
  return {
    store,
    faults,
    time,
    dependencies,
    open,
    publish(next: BatchRun) {
      run = next;
      return next;
    },
    /** Events counted in what is stored, all epochs together. */
    counted() {
      const state = store.partitions.get(0)!;
      return [...state.closed, state.open].reduce((sum, epoch) => sum + (epoch.ledger?.counted ?? 0), 0);
    },
  };
}

async function openCounting(limits: Partial<WriterLimits> = {}) {
  const world = openWorld();
  const writer = world.open(limits);
  await until('counting', () => writer.state === 'counting');
  return { world, writer };
}

describe('a partition writer', () => {
  test.each(['beforeFlush', 'afterFlush'] as const)(
    'a fault %s discards what is in memory; read again, each event counts once',
    async (when) => {
      const world = openWorld();
      const writer = world.open();
      await until('counting', () => writer.state === 'counting');
      world.faults[when] = new Error('connection lost');
      writer.accept(setOf(0, 10));
      writer.tick();
      await until('started over', () => writer.state === 'taking-over');
      delete world.faults[when];
      await until('counting again', () => writer.state === 'counting');
      // Where the answer was lost, the flush had happened: the stored next says so.
      expect(writer.position()).toBe(when === 'beforeFlush' ? 0 : 10);
      writer.accept(setOf(writer.position()!, 12));
      writer.accept(setOf(12, 100));
      writer.accept(setOf(100, 110)); // copies
      await writer.close();
      expect(world.counted()).toBe(100);
      expect(world.store.partitions.get(0)?.next).toBe(110);
    },
  );

  test('starts over from the tidemark where a lost part of the epoch refuses its flush', async () => {
    const { world, writer } = await openCounting();
    writer.accept(setOf(0, 10));
    writer.tick();
    await until('flushed', () => writer.flushedNext === 10);
    world.store.partitions.get(0)!.open.ids = Buffer.alloc(0);
    writer.accept(setOf(10, 20));
    writer.tick();
    await until('back at the tidemark', () => writer.position() === 0);
    writer.accept(setOf(0, 30));
    await writer.close();
    expect(world.counted()).toBe(30);
  });

  test('rests twice as long as its flush took, but not from a cut, with too much pending or when the clock is set back', async () => {
    const { world, writer } = await openCounting({ maxPendingRecords: 30 });
    const { time, faults } = world;
    let next = 0;
    const accept = (records: number) => writer.accept(setOf(next, (next += records)));
    async function flushSlowly(tookMs: number): Promise<void> {
      const hanging = Promise.withResolvers<void>();
      faults.hang = hanging.promise;
      accept(1);
      writer.requestCut();
      time.nowMs += tookMs;
      delete faults.hang;
      hanging.resolve();
      await until('flushed', () => writer.flushedNext === next);
    }
    /** Whether a tick at that time flushes. */
    async function flushesAfter(ms: number): Promise<boolean> {
      time.nowMs += ms;
      const before = writer.flushedNext!;
      writer.tick();
      const wasBegun = writer.pendingRecords === 0;
      if (wasBegun) await until('flushed', () => writer.flushedNext! > before);
      return wasBegun;
    }
    await flushSlowly(20);
    accept(1);
    expect([await flushesAfter(0), await flushesAfter(39), await flushesAfter(1)]).toEqual([false, false, true]);
    await flushSlowly(5_000);
    accept(1);
    expect([await flushesAfter(99), await flushesAfter(1)]).toEqual([false, true]);
    await flushSlowly(20);
    accept(1);
    expect([await flushesAfter(0), await flushesAfter(-3_600_000)]).toEqual([false, true]);
    await flushSlowly(20);
    accept(31);
    await until('flushed', () => writer.flushedNext === next);
    await writer.close();
  });

  test('collects what lies below the tidemark of the parent: readers may still stand on it', async () => {
    const { world, writer } = await openCounting();
    Object.assign(world.dependencies.source, { parentTidemark: async () => [10] });
    for (const end of [10, 20]) {
      writer.accept(setOf(end - 10, end));
      writer.requestCut();
      await until('cut', () => writer.flushedNext === end);
    }
    await writer.runPublished(world.publish(runAt(20, '000000000002-00000000')));
    expect(world.store.partitions.get(0)!.closed.map(({ from, to }) => [from, to])).toEqual([[10, 20]]);
    await writer.close();
  });

  test('unreadable bytes count nothing of their set, and it is asked for again', async () => {
    const { world, writer } = await openCounting();
    const broken: RecordSet = {
      ...setOf(0, 10),
      walk(visitor) {
        setOf(0, 5).walk(visitor);
        throw new Error('corrupt');
      },
    };
    writer.accept(broken);
    expect(writer.trouble).toBe('corrupt');
    await until('counting again', () => writer.position() === 0);
    writer.accept(setOf(0, 10));
    await writer.close();
    expect(world.counted()).toBe(10);
  });

  test('resets to a tidemark that is on none of its boundaries', async () => {
    const { world, writer } = await openCounting();
    writer.accept(setOf(0, 10));
    writer.tick();
    await until('flushed', () => writer.flushedNext === 10);
    await writer.runPublished(world.publish(runAt(4, '000000000002-00000000')));
    await until('at the new tidemark', () => writer.position() === 4);
    await writer.close();
  });

  test('stops asking for records while too many wait to be flushed', async () => {
    const world = openWorld();
    const writer = world.open({ maxPendingRecords: 5 });
    await until('counting', () => writer.state === 'counting');
    writer.accept(setOf(0, 6)); // begins to be flushed
    writer.accept(setOf(6, 12)); // waits for it
    expect(writer.position()).toBeUndefined();
    await until('flushed', () => {
      writer.tick();
      return writer.flushedNext === 12;
    });
    expect(writer.position()).toBe(12);
    await writer.close();
  });

  test('knows the leader epoch of the record before its position: of its set, of its state, of the archive', async () => {
    const { world, writer } = await openCounting();
    expect(writer.leaderEpoch()).toBe(1_000);
    writer.accept(setOf(0, 10));
    expect(writer.leaderEpoch()).toBe(9);
    await writer.close();
    const next = world.open();
    await until('taken over', () => next.position() === 10);
    expect(next.leaderEpoch()).toBe(9);
    await next.runPublished(world.publish(runAt(600, '000000000002-00000000')));
    await until('at the new tidemark', () => next.position() === 600);
    expect(next.leaderEpoch()).toBe(1_600);
    await next.close();
  });

  test('a log that was cut below its position stops it with the reason; nothing is counted anew', async () => {
    const { world, writer } = await openCounting();
    writer.accept(setOf(0, 10));
    writer.tick();
    await until('flushed', () => writer.flushedNext === 10);
    writer.offsetLost({ partition: 0, wanted: 10, logStart: 0, end: 12, cutAt: 6 });
    await until('taken over again', () => writer.state === 'counting');
    expect(writer.trouble).toBe(
      'the log was cut at 6: offsets 6 to 9 were other records when they were read; now it ends at 12',
    );
    expect(writer.position()).toBe(10);
    await writer.close();
    expect(world.counted()).toBe(10);
  });

  test('a store that hangs stops the fetching at the bound, and it goes on when the store does', async () => {
    const world = openWorld();
    const maxPendingRecords = 20;
    const writer = world.open({ maxPendingRecords });
    await until('counting', () => writer.state === 'counting');
    const { promise: hang, resolve: goOn } = Promise.withResolvers<void>();
    world.faults.hang = hang;
    let fetched = 0;
    // As the reader does: a set is fetched only where a position is wanted.
    for (let turn = 0; turn < 200; turn += 1) {
      const at = writer.position();
      if (at !== undefined) writer.accept(setOf(at, at + 10));
      if (at !== undefined) fetched += 10;
      writer.tick();
      await Promise.resolve();
    }
    expect(writer.position()).toBeUndefined();
    // One flush on its way, the bound, and the set that passed it.
    expect(fetched).toBeLessThanOrEqual(10 + maxPendingRecords + 10);
    expect(writer.pendingRecords).toBeLessThanOrEqual(maxPendingRecords + 10);
    expect(world.counted()).toBe(0);
    delete world.faults.hang;
    goOn();
    await until('all is flushed', () => {
      writer.tick();
      return writer.flushedNext === fetched;
    });
    expect(writer.position()).toBe(fetched);
    await writer.close();
    expect(world.counted()).toBe(fetched);
  });

  test('an epoch is closed before it holds more cells than it may', async () => {
    const world = openWorld();
    const writer = world.open({ maxEpochCells: 2 });
    await until('counting', () => writer.state === 'counting');
    writer.accept(setOf(0, 3));
    await writer.close();
    expect(world.store.partitions.get(0)?.closed.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  test.each(['the current run', 'the identities'])('closes at once while %s cannot be read', async (what) => {
    const world = openWorld();
    const hang = new Promise<never>(() => undefined);
    const asked = Promise.withResolvers<void>();
    const never = async () => {
      asked.resolve();
      return hang;
    };
    const { source } = world.dependencies;
    if (what === 'the current run') source.currentRun = never;
    else {
      source.identities = never;
      await world.store.reset(0, undefined, 0, baseMs);
    }
    const writer = world.open();
    await asked.promise;
    await writer.close();
    expect(writer.state).toBe('closed');
  });

  test('gives up its final flush where the store hangs, and writes nothing after it', async () => {
    const world = openWorld();
    const writer = world.open({ closeMs: 10 });
    await until('counting', () => writer.state === 'counting');
    world.faults.hang = new Promise(() => undefined);
    writer.accept(setOf(0, 10));
    await writer.close();
    expect([writer.state, writer.position(), world.counted()]).toEqual(['closed', undefined, 0]);
  });

  test('measures what it flushed by fate, why it started over and why it reset', async () => {
    const world = openWorld();
    const metrics = createSpeedMetrics(() => []);
    const writer = world.open({}, metrics);
    await until('counting', () => writer.state === 'counting');
    for (const end of [60, 110]) {
      writer.accept(setOf(writer.position()!, end));
      writer.tick();
      await until('flushed', () => writer.flushedNext === end);
    }
    world.store.partitions.get(0)!.open.ids = Buffer.alloc(0);
    writer.accept(setOf(110, 120));
    writer.tick();
    await until('back at the tidemark', () => writer.position() === 0);
    await writer.close();
    const text = await metrics.registry.metrics();
    for (const line of [
      'tidemark_speed_records_total{partition="0",fate="counted"} 100',
      'tidemark_speed_records_total{partition="0",fate="duplicate"} 10',
      'tidemark_speed_start_overs_total{reason="ids-lost"} 1',
      'tidemark_speed_resets_total{reason="not-whole"} 1',
    ])
      expect(text).toContain(line);
  });

  test.each([
    ['a broker an hour ahead', [baseMs, baseMs + 3_600_000], 1, /floor is 3000 s ahead of this clock/],
    ['a first record an hour ahead', [baseMs + 3_600_000], 1, /ahead of this clock/],
    ['a quiet night', [baseMs - 30_000_000, baseMs], 0, /^$/],
    ['a broker a little ahead', [baseMs, baseMs + 300_000], 0, /^$/],
  ])('alarm of the floor: %s', async (_, timestamps, steps, alarm) => {
    const world = openWorld();
    const metrics = createSpeedMetrics(() => []);
    const writer = world.open({}, metrics);
    await until('counting', () => writer.state === 'counting');
    for (const [offset, timestampMs] of timestamps.entries()) {
      const set = recordSetOf(offset, offset + 1, (n) => placedOrder(n, { occurredAt: timestampMs }));
      const stamped = (record: LogRecord): LogRecord => ({ ...record, timestampMs });
      writer.accept({
        ...set,
        walk: (visitor) => set.walk({ ...visitor, record: (record) => visitor.record(stamped(record)) }),
      });
    }
    expect(writer.alarm ?? '').toMatch(alarm);
    expect(await metrics.registry.metrics()).toContain(`tidemark_speed_floor_steps_total ${steps}`);
    await writer.close();
  });

  test('says that an offset is lost until the position is another', async () => {
    const { world, writer } = await openCounting();
    writer.offsetLost({ partition: 0, wanted: 0, logStart: 500, end: 900 });
    expect(writer.trouble).toMatch(/offsets 0 to 499 left the log before they were read/);
    await until('taken over again', () => writer.state === 'counting');
    expect(writer.trouble).toMatch(/offsets 0 to 499 left the log before they were read/);
    await writer.runPublished(world.publish(runAt(600, '000000000002-00000000')));
    await until('at the new tidemark', () => writer.position() === 600);
    expect(writer.trouble).toBeUndefined();
    await writer.close();
  });
});

describe('taking over', () => {
  async function worldWithEpochs() {
    const { world, writer } = await openCounting();
    for (const end of [10, 20]) {
      writer.accept(setOf(end - 10, end));
      writer.requestCut();
      await until('cut', () => writer.flushedNext === end);
    }
    await writer.close();
    return world;
  }

  test('goes on from whole epochs that tile from the tidemark', async () => {
    const { dependencies } = await worldWithEpochs();
    const owned = await takeOver(0, dependencies);
    expect(owned).toMatchObject({ next: 20, boundaries: [0, 10, 20], resetBecause: undefined });
    expect(owned.identities.has(identityOf(eventAt(15), generation.identityKey), baseMs)).toBe(true);
  });

  test.each([
    [
      'an epoch has lost its identities',
      0,
      (epoch: { ids: Buffer }) => (epoch.ids = Buffer.alloc(0)),
      /epoch 0 is not whole/,
    ],
    [
      'an epoch has lost cells',
      1,
      (epoch: { cells: Map<string, number[]>[] }) => epoch.cells[0]!.clear(),
      /epoch 10 is not whole/,
    ],
    [
      'an epoch has lost its ledger',
      1,
      (epoch: { ledger: unknown }) => (epoch.ledger = undefined),
      /epoch 10 is not whole/,
    ],
  ])('resets to the tidemark where %s', async (_, index, damage, why) => {
    const { dependencies, store } = await worldWithEpochs();
    damage(store.partitions.get(0)!.closed[index]!);
    expect(await takeOver(0, dependencies)).toMatchObject({ next: 0, resetBecause: expect.stringMatching(why) });
  });

  test('resets where the tidemark lies inside an epoch', async () => {
    const { dependencies, publish } = await worldWithEpochs();
    publish(runAt(13));
    expect(await takeOver(0, dependencies)).toMatchObject({
      next: 13,
      resetBecause: expect.stringContaining('do not tile'),
    });
  });

  test('does not reset because of a run that was published while it read', async () => {
    const { dependencies, publish } = await worldWithEpochs();
    publish(runAt(13));
    let asked = 0;
    const source = {
      ...dependencies.source,
      currentRun: async () => (asked++ === 0 ? runAt(13) : runAt(10, '000000000002-00000000')),
    };
    expect(await takeOver(0, { ...dependencies, source })).toMatchObject({
      next: 20,
      resetBecause: undefined,
      boundaries: [10, 20],
    });
  });
});
