// The archiver under faults: whatever fails, its ranges never leave a hole, and what it waits for is said.
import { expect, test } from 'vitest';
import type { FollowHandler, RecordLog } from '../runtime/kafka/record-log.ts';
import { createLogger } from '../runtime/logger.ts';
import { createGeneration } from '../schemas/generation.ts';
import { placedOrder, recordSetOf } from '../test/record-sets.ts';
import { until } from '../test/until.ts';
import { type ArchiveBlock, createArchiveBlockBuilder } from './archive-block.ts';
import { firstMissing, stretchesOf } from '../runtime/archived-ranges.ts';
import { openArchiver } from './archiver.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey });

const rangeOf = ({ from, to }: { from: number; to: number }) => ({ from, to, rejected: [], gaps: [] });

/** An archiver of one partition over an archive and a log that the test holds in its hands. */
async function openWorld() {
  const ranges: { from: number; to: number }[] = [];
  let handler: FollowHandler | undefined;
  let assign: () => Promise<void> = async () => undefined;
  const kafka: { trouble?: string } = {};
  const epochOf: { archive: number | undefined } = { archive: undefined };
  const inserting: { fail?: PromiseWithResolvers<void> } = {};
  const recordLog: RecordLog = {
    topicId: () => 'topic',
    ranges: async () => [{ start: 0, end: 1_000, highWatermark: 1_000 }],
    findCuts: async () => new Map(),
    trouble: () => kafka.trouble,
    wake: () => undefined,
    close: async () => undefined,
    follow(given, signal) {
      handler = given;
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  };
  /** What was asked of the archive and of Kafka, and what they are to do. */
  const inserts = { begun: 0 };
  const asking: { wait?: Promise<void> } = {};
  const deadLetters = { offsets: [] as number[], failures: 0, away: false };
  const archive = {
    epochsBefore: async () => [epochOf.archive],
    archivedStarts: async () => [0],
    async archivedVector() {
      if (asking.wait) await asking.wait;
      return [ranges.length === 0 ? undefined : Math.max(...ranges.map(({ to }) => to))];
    },
    async firstMissing(starts: readonly number[]) {
      if (asking.wait) await asking.wait;
      return [firstMissing(stretchesOf(ranges.map(rangeOf)), starts[0]!)];
    },
    lostRanges: async () => [],
    retract: async () => undefined,
    async insert(block: ArchiveBlock) {
      inserts.begun += 1;
      if (inserting.fail) await inserting.fail.promise;
      for (const { from, to } of block.ranges) ranges.push({ from, to });
    },
  };
  const archiver = await openArchiver({
    generation,
    recordLog,
    archive,
    async writeDeadLetters(letters) {
      if (deadLetters.away) {
        deadLetters.failures += 1;
        throw new Error('Kafka is away');
      }
      deadLetters.offsets.push(...letters.map(({ offset }) => offset));
    },
    starts: [0],
    log: createLogger('test', 'silent'),
    intervalMs: 1_000_000,
    retryMs: 5,
    async join({ onAssignment }) {
      assign = async () => {
        await onAssignment(new Set([0]));
      };
      await assign();
      return { assignment: () => new Set([0]), commit: async () => undefined, leave: async () => undefined };
    },
  });
  return {
    inserts,
    asking,
    deadLetters,
    archiver,
    ranges,
    inserting,
    epochOf,
    kafka,
    assign: () => assign(),
    handler: handler!,
    position: () => handler!.positions().get(0),
    async feed(from: number, next: number) {
      await until(`position ${from}`, () => handler!.positions().get(0) === from);
      await handler!.onRecordSet(recordSetOf(from, next));
    },
    /** The archive's ranges cover [0, end) without a hole. */
    expectWhole(end: number) {
      let at = 0;
      for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
        expect(from, JSON.stringify(ranges)).toBeLessThanOrEqual(at);
        at = Math.max(at, to);
      }
      expect(at).toBe(end);
    },
  };
}

test('an insert that fails while more arrives leaves no hole: all of it is read again', async () => {
  const world = await openWorld();
  await world.feed(0, 5);
  world.archiver.nudge();
  await until('the first range', () => world.ranges.length === 1);
  world.inserting.fail = Promise.withResolvers();
  await world.feed(5, 10);
  world.archiver.nudge();
  await until('an insert under way', () => world.inserts.begun === 2);
  await world.feed(10, 20); // arrives meanwhile
  world.archiver.nudge();
  world.inserting.fail.reject(new Error('ClickHouse restarted'));
  delete world.inserting.fail;
  await world.feed(5, 20);
  await world.archiver[Symbol.asyncDispose]();
  world.expectWhole(20);
});

test('after a fault nothing is read until the archive has told where it ends', async () => {
  const world = await openWorld();
  await world.feed(0, 5);
  world.inserting.fail = Promise.withResolvers();
  world.archiver.nudge();
  await until('an insert under way', () => world.inserts.begun === 1);
  const telling = Promise.withResolvers<void>();
  world.asking.wait = telling.promise;
  world.inserting.fail.reject(new Error('ClickHouse restarted'));
  delete world.inserting.fail;
  await until('the fault', () => world.archiver.waitingFor() === 'ClickHouse restarted');
  expect(world.handler.positions().size).toBe(0);
  await world.handler.onRecordSet(recordSetOf(5, 10)); // was on its way
  telling.resolve();
  await world.feed(0, 10);
  await world.archiver[Symbol.asyncDispose]();
  world.expectWhole(10);
});

test('no range counts as archived before its dead letters are written: one that is lost would never be seen', async () => {
  const world = await openWorld();
  world.deadLetters.away = true;
  await until('position 0', () => world.position() === 0);
  const poison = recordSetOf(0, 3, placedOrder, () => Buffer.from([9]));
  await world.handler.onRecordSet(poison);
  world.archiver.nudge();
  await until('an attempt', () => world.deadLetters.failures > 0 || world.ranges.length > 0);
  expect(world.ranges).toEqual([]);
  world.deadLetters.away = false;
  await until('position 0 again', () => world.position() === 0);
  await world.handler.onRecordSet(poison);
  await world.archiver[Symbol.asyncDispose]();
  expect(world.deadLetters.offsets).toEqual([0, 1, 2]);
  world.expectWhole(3);
});

test('an archive that was set back while running is read up to again', async () => {
  const world = await openWorld();
  await world.feed(0, 5);
  world.archiver.nudge();
  await until('the first range', () => world.ranges.length === 1);
  await world.feed(5, 10);
  world.archiver.nudge();
  await until('the second range', () => world.ranges.length === 2);
  world.ranges.pop();
  await world.feed(10, 20);
  world.archiver.nudge();
  await world.feed(5, 20);
  await world.archiver[Symbol.asyncDispose]();
  world.expectWhole(20);
});

test('a hole in the archive is filled, and what follows it is not read again', async () => {
  const world = await openWorld();
  world.ranges.push({ from: 0, to: 5 }, { from: 10, to: 40 });
  world.archiver.resume();
  await world.feed(5, 10);
  world.archiver.nudge();
  await until('position 40', () => world.position() === 40);
  await world.archiver[Symbol.asyncDispose]();
  world.expectWhole(40);
});

test('a new assignment goes on from what the archive holds', async () => {
  const world = await openWorld();
  world.ranges.push({ from: 0, to: 40 }); // by the member that had the partition meanwhile
  await world.assign();
  await until('position 40', () => world.position() === 40);
  await world.archiver[Symbol.asyncDispose]();
});

test('a lost offset is said, also after a rebalance, until the position is another', async () => {
  const world = await openWorld();
  await world.handler.onOffsetLost({ partition: 0, wanted: 0, logStart: 500, end: 900 });
  expect(world.archiver.waitingFor()).toMatch(/partition 0: offsets 0 to 499 left the log before they were read/);
  await world.assign();
  expect(world.archiver.waitingFor()).toMatch(/offsets 0 to 499 left the log/);
  world.ranges.push({ from: 0, to: 600 });
  await world.assign();
  expect(world.archiver.waitingFor()).toBeUndefined();
  await world.archiver[Symbol.asyncDispose]();
});

test('is not ready while Kafka cannot be read', async () => {
  const world = await openWorld();
  expect(world.archiver.waitingFor()).toBeUndefined();
  world.kafka.trouble = 'cannot connect to Kafka';
  expect(world.archiver.waitingFor()).toBe('cannot connect to Kafka');
  await world.archiver[Symbol.asyncDispose]();
});

test('a log that was cut is said, with the offsets; nothing of it is read on', async () => {
  const world = await openWorld();
  world.epochOf.archive = 4;
  await world.feed(0, 100);
  expect(world.handler.leaderEpoch!(0)).toBe(9); // of the set
  await world.assign();
  await until('resumed', () => world.position() === 100);
  expect(world.handler.leaderEpoch!(0)).toBe(4); // of the archive
  await world.handler.onOffsetLost({ partition: 0, wanted: 100, logStart: 0, end: 130, cutAt: 60 });
  expect(world.archiver.waitingFor()).toBe(
    'partition 0: the log was cut at 60: offsets 60 to 99 were other records when they were read; now it ends at 130',
  );
  await world.archiver[Symbol.asyncDispose]();
  world.expectWhole(100);
});

test('a block knows where the leader epochs of its ranges change', () => {
  const builder = createArchiveBlockBuilder(generation);
  const sets = [
    recordSetOf(0, 5),
    {
      ...recordSetOf(5, 10),
      leaderEpochs: [
        { from: 5, epoch: 9 },
        { from: 7, epoch: 12 },
      ],
    },
  ];
  for (const set of sets) builder.add(set);
  expect(builder.take()!.ranges[0]!.leaderEpochs).toEqual([
    [0, 9],
    [7, 12],
  ]);
});

test('dead letters count against the bound of a block: a storm of poison is not held in memory', () => {
  const builder = createArchiveBlockBuilder(generation);
  builder.add(recordSetOf(0, 200, placedOrder, () => Buffer.alloc(100_000, 1)));
  expect(builder.bytes).toBeGreaterThan(16 << 20);
});
