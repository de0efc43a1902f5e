// Metamorphic properties: how a log was read, flushed, cut into epochs and counted by runs never changes what is counted.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createArchiveBlockBuilder } from '../../batch-layer/archive-block.ts';
import { ensureFirstRun } from '../../batch-layer/first-run.ts';
import { addToLedger } from '../../batch-layer/run-ledger.ts';
import { createRandom } from '../../cli/random.ts';
import { mergeCells, type RollupCells } from '../../schemas/cells.ts';
import { definition, type Rollup } from '../../schemas/definition.ts';
import { emptyCells } from '../../schemas/fold.ts';
import { createGeneration, type Generation } from '../../schemas/generation.ts';
import type { BatchRun } from '../../schemas/layout-clickhouse.ts';
import { addLedgers, type Ledger } from '../../schemas/layout-redis.ts';
import { createRunId } from '../../schemas/run-id.ts';
import { createEpochCounter } from '../../speed-layer/epoch-counter.ts';
import { createMemoryCounterStore } from '../../speed-layer/memory-counter-store.ts';
import { takeOver } from '../../speed-layer/take-over.ts';
import { createMemoryClickHouse } from './memory-clickhouse.ts';
import type { Command } from './memory-redis.ts';
import { createMemoryTopic, type MemoryTopic, recordSetOf } from './memory-topic.ts';
import { createShop } from './shop.ts';

const nowMs = Date.UTC(2026, 0, 5, 12);
const hashKey = '000102030405060708090a0b0c0d0e0f';
const plain = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey });
const command: Command = async (_what, effect) => effect();

function layLog(seed: number): MemoryTopic {
  const topic = createMemoryTopic([0]);
  let clock = nowMs;
  const shop = createShop(plain, topic, createRandom(seed), () => clock);
  for (let n = 0; n < 12; n += 1) {
    shop.send(6);
    clock += 20_000;
  }
  return topic;
}

/** Which sizes of reads, flushes and epochs, and after how many reads another writer takes over. */
interface Manner {
  readonly read: number;
  readonly maxTouchedCells: number;
  readonly maxEpochRecords: number;
  readonly takeOverEvery: number;
  readonly cutEvery: number;
}
const manner: fc.Arbitrary<Manner> = fc.record({
  read: fc.integer({ min: 1, max: 90 }),
  maxTouchedCells: fc.integer({ min: 1, max: 60 }),
  maxEpochRecords: fc.integer({ min: 1, max: 100 }),
  takeOverEvery: fc.integer({ min: 1, max: 9 }),
  cutEvery: fc.integer({ min: 1, max: 9 }),
});

interface Counted {
  /** By rollup name. */
  readonly cells: Readonly<Record<string, RollupCells>>;
  readonly ledger: Ledger;
}

/** What the live counters hold of the whole log. */
async function countLive(generation: Generation, topic: MemoryTopic, how: Manner): Promise<Counted> {
  const store = createMemoryCounterStore(generation, () => undefined);
  const clickhouse = createMemoryClickHouse(generation);
  const dependencies = { generation, clock: () => nowMs, randomBits: () => 1 };
  await ensureFirstRun(
    { ...dependencies, runs: clickhouse.runs(command), archive: clickhouse.archive(command) },
    [0],
    '',
  );
  const source = clickhouse.tidemarkSource(command);
  const own = async () =>
    createEpochCounter({ generation, partition: 0, ...how, ...(await takeOver(0, { generation, store, source })) });
  const { end } = topic.partitions[0]!;
  let counter = await own();
  for (let reads = 1; counter.next < end; reads += 1) {
    counter.apply(recordSetOf(topic, 0, counter.next, Math.min(end, counter.next + how.read)));
    for (const flush of counter.take(reads % how.cutEvery === 0))
      expect(await store.flush(0, flush)).toEqual({ kind: 'done' });
    if (reads % how.takeOverEvery === 0) counter = await own();
  }
  const { closed, open } = store.partitions.get(0)!;
  const epochs = [...closed, open].filter(({ ledger }) => ledger);
  const cells = emptyCells(generation.definition);
  for (const epoch of epochs) for (const [i, map] of epoch.cells.entries()) mergeCells(cells[i]!, map);
  return { cells: byName(generation, cells), ledger: addLedgers(epochs.map(({ ledger }) => ledger!)) };
}

/** What batch's views hold after runs with these tidemarks and the whole log at last. */
async function countInRuns(generation: Generation, topic: MemoryTopic, tidemarks: readonly number[]) {
  const clickhouse = createMemoryClickHouse(generation);
  const [runs, archive] = [clickhouse.runs(command), clickhouse.archive(command)];
  const builder = createArchiveBlockBuilder(generation);
  const { end } = topic.partitions[0]!;
  builder.add(recordSetOf(topic, 0, 0, end));
  await archive.insert(builder.take()!);
  let parent: BatchRun = await ensureFirstRun(
    { runs, archive, generation, clock: () => nowMs, randomBits: () => 1 },
    [0],
    '',
  );
  for (const at of [...tidemarks, end].toSorted((a, b) => a - b)) {
    const run = createRunId(parent.run, nowMs, 1);
    const attempt = { run, parent, base: parent.base, tidemark: [Math.min(at, end)], offChain: [], broken: [] };
    await runs.recompute(attempt, await runs.dirtyChunks(attempt));
    const increments = await runs.increments(attempt);
    parent = {
      ...parent,
      ...addToLedger(parent, attempt.tidemark, increments.partitions),
      run,
      parent: parent.run,
      tidemark: attempt.tidemark,
    };
    await runs.publish(parent);
  }
  const [from, to] = [nowMs - 90 * 86_400_000, nowMs + 86_400_000];
  const read = { from, to, starts: [from], steps: [60_000], where: {}, not: {} };
  const pinned = await clickhouse.runSource(command).pin(parent, undefined);
  const of = async ({ name, dimensions, measures }: Rollup) => {
    const found = await clickhouse
      .batchViews(command)
      .read(pinned, { ...read, rollup: name, groupBy: dimensions, bases: measures });
    return found.map(({ windowStart, values, sums }) => [windowStart, values, sums].flat().join('|')).toSorted();
  };
  return Promise.all(generation.definition.rollups.map(of));
}

const byName = (generation: Generation, cells: readonly RollupCells[]) =>
  Object.fromEntries(generation.definition.rollups.map(({ name }, i) => [name, cells[i]!]));

const seed = fc.integer({ min: 1, max: 1_000_000 });

test('how it is read, flushed, cut and taken over changes nothing that is counted live', async () => {
  await fc.assert(
    fc.asyncProperty(seed, manner, manner, async (n, one, other) => {
      const topic = layLog(n);
      expect(await countLive(plain, topic, other)).toEqual(await countLive(plain, topic, one));
    }),
    { numRuns: 80 },
  );
});

test('which other rollups there are changes nothing of the one', async () => {
  const some = fc.subarray([...definition.rollups], { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(seed, manner, some, async (n, how, rollups) => {
      const topic = layLog(n);
      const fewer: Generation = { ...plain, definition: { ...definition, rollups } };
      const [all, part] = [await countLive(plain, topic, how), await countLive(fewer, topic, how)];
      for (const { name } of rollups) expect(part.cells[name]).toEqual(all.cells[name]);
      expect(part.ledger).toEqual(all.ledger);
    }),
    { numRuns: 60 },
  );
});

test('how many runs there were, and where they ended, changes nothing in the views', async () => {
  await fc.assert(
    fc.asyncProperty(seed, fc.array(fc.nat(90), { maxLength: 6 }), async (n, tidemarks) => {
      const topic = layLog(n);
      expect(await countInRuns(plain, topic, tidemarks)).toEqual(await countInRuns(plain, topic, []));
    }),
    { numRuns: 60 },
  );
});
