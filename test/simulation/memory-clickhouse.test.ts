// The simulation's ClickHouse says what the real one says: the same archive, runs and reads on both, from random logs with
// copies, late events, poison, gaps, ranges that overlap or come twice, and views that lost rows.
import { expect, test } from 'vitest';
import { createArchiveBlockBuilder } from '../../batch-layer/archive-block.ts';
import type { ArchiveStore } from '../../batch-layer/archive-store.ts';
import { createClickHouseArchiveStore } from '../../batch-layer/clickhouse-archive-store.ts';
import { createClickHouseRunStore } from '../../batch-layer/clickhouse-run-store.ts';
import { ensureFirstRun } from '../../batch-layer/first-run.ts';
import { addToLedger } from '../../batch-layer/run-ledger.ts';
import type { Attempt, RunStore } from '../../batch-layer/run-store.ts';
import { createRandom } from '../../cli/random.ts';
import { runsOffChain } from '../../runtime/batch-runs.ts';
import { ensureTables } from '../../runtime/clickhouse.ts';
import { createGeneration, type Generation } from '../../schemas/generation.ts';
import { type BatchRun, viewTable } from '../../schemas/layout-clickhouse.ts';
import { createRunId } from '../../schemas/run-id.ts';
import type { BatchRead, BatchViews } from '../../serving/batch-views.ts';
import { createClickHouseBatchViews } from '../../serving/clickhouse-batch-views.ts';
import { createClickHouseRunSource } from '../../serving/clickhouse-run-source.ts';
import type { RunSource } from '../../serving/run-source.ts';
import { createTidemarkSource, type TidemarkSource } from '../../speed-layer/tidemark-source.ts';
import { createMemoryClickHouse } from './memory-clickhouse.ts';
import type { Command } from './memory-redis.ts';
import { createMemoryTopic, recordSetOf } from './memory-topic.ts';
import { createShop } from './shop.ts';
import { openOwnDatabase } from '../own-database.ts';

const { clickhouse, options } = openOwnDatabase();

interface Subject {
  readonly archive: ArchiveStore;
  readonly runs: RunStore;
  readonly source: TidemarkSource;
  readonly runSource: RunSource;
  /** Fresh ones, that remember nothing. */
  openViews(): BatchViews;
  /** All rows of one rollup that a run wrote are lost. */
  loseRows(run: string, rollup: number): Promise<void>;
}

function onClickHouse(generation: Generation): Subject {
  return {
    archive: createClickHouseArchiveStore(clickhouse, generation, () => 0),
    runs: createClickHouseRunStore(clickhouse, generation),
    source: createTidemarkSource(clickhouse, generation),
    runSource: createClickHouseRunSource(clickhouse, generation),
    openViews: () => createClickHouseBatchViews(clickhouse, generation),
    loseRows: (run, rollup) =>
      clickhouse.command(
        `ALTER TABLE ${viewTable(generation, generation.definition.rollups[rollup]!)} DELETE WHERE run = {run:String} SETTINGS mutations_sync = 1`,
        { run },
      ),
  };
}

function inMemory(generation: Generation): Subject {
  const command: Command = async (_what, effect) => effect();
  const memory = createMemoryClickHouse(generation);
  return {
    archive: memory.archive(command),
    runs: memory.runs(command),
    source: memory.tidemarkSource(command),
    runSource: memory.runSource(command),
    openViews: () => memory.batchViews(command),
    loseRows: async (run, rollup) => void memory.tables.views[rollup]!.delete(run),
  };
}

const nowMs = Date.UTC(2026, 0, 5, 12);
const partitions = 2;
const hashKey = '000102030405060708090a0b0c0d0e0f';

/** Everything that a subject says over the history of one seed, to be compared with what the other says. */
async function play(seed: number, generation: Generation, subject: Subject): Promise<unknown[]> {
  const random = createRandom(seed);
  const said: unknown[] = [];
  const topic = createMemoryTopic([0, 57]);
  let clock = nowMs;
  const shop = createShop(generation, topic, random, () => clock);
  const { archive, runs, source, runSource, openViews } = subject;
  const dependencies = { runs, archive, generation, clock: () => nowMs, randomBits: () => 1 };
  let parent: BatchRun = await ensureFirstRun(dependencies, [0, 57], '');
  const archived = [0, 57];

  async function archiveOn(): Promise<void> {
    shop.send(40);
    clock += 60_000;
    for (let times = 0; times < 3; times += 1) {
      const builder = createArchiveBlockBuilder(generation);
      for (const [p, { base, end }] of topic.partitions.entries()) {
        // Now and then from before what is archived: written twice.
        const from = Math.max(base, archived[p]! - (random.chance(0.4) ? random.integer(0, 9) : 0));
        const next = Math.min(end, archived[p]! + random.integer(0, 12));
        if (next > from) builder.add(recordSetOf(topic, p, from, next));
        archived[p] = Math.max(archived[p]!, next);
      }
      const block = builder.take();
      if (block) await archive.insert(block);
    }
    said.push(await archive.archivedVector(), await archive.archivedStarts());
    said.push(
      await archive.firstMissing([0, 57]),
      await archive.lostRanges(true),
      await archive.epochsBefore(archived),
    );
  }

  const chainOf = async ({ run, base }: BatchRun) => ({
    run,
    base,
    offChain: runsOffChain(await runs.links(base), run),
  });

  async function attempt(offMs: number, broken: readonly number[]): Promise<BatchRun> {
    const tidemark = parent.tidemark.map((from, p) => random.integer(from, archived[p]!));
    const run = createRunId(parent.run, nowMs + offMs, random.integer(0, 9));
    const chain = await chainOf(parent);
    const base = random.chance(0.3) ? run : parent.base;
    const made: Attempt = { run, parent, base, tidemark, offChain: chain.offChain, broken };
    const dirty = await runs.dirtyChunks(made);
    await runs.recompute(made, dirty);
    const increments = await runs.increments(made);
    said.push(dirty, increments, await runs.announcedFacts(chain), await runs.announcedFacts(chain, run));
    for (const rollup of generation.definition.rollups)
      said.push(sorted(await runs.incrementRows(made, rollup, random.chance(0.3) ? [1] : [])));
    const published: BatchRun = {
      ...parent,
      ...addToLedger(parent, tidemark, increments.partitions),
      run,
      parent: parent.run,
      base,
      tidemark,
      maxTimestamps: increments.maxTimestamps.map((stamp, p) => Math.max(stamp, parent.maxTimestamps[p]!)),
      newestEventAt: Math.max(parent.newestEventAt, increments.newestEventAt),
    };
    await runs.publish(published);
    return published;
  }

  async function readAll(run: BatchRun): Promise<void> {
    const pinned = await runSource.pin(run, undefined);
    const views = openViews();
    const { versions: _versions, ...chain } = pinned;
    said.push(chain, await runSource.current(), await runs.links(run.base));
    said.push(sorted(await runs.brokenChunks(await chainOf(run), 99)));
    const found = await runSource.findBroken(pinned, '');
    said.push(found === undefined, await views.extent(pinned).catch(codeOf));
    const hour = 3_600_000;
    const whole = { from: nowMs - 60 * 24 * hour, to: nowMs + hour };
    const reads: BatchRead[] = [
      {
        rollup: 'order_minute',
        ...whole,
        starts: [whole.from],
        steps: [hour],
        groupBy: ['store', 'currency'],
        bases: ['orders', 'grossMinor', 'units'],
        where: {},
        not: {},
      },
      {
        rollup: 'order_minute_placed',
        from: nowMs - 3 * hour,
        to: nowMs,
        starts: [nowMs - 3 * hour, nowMs - hour],
        steps: [2 * hour, 60_000],
        groupBy: [],
        bases: ['refundedMinor'],
        where: { currency: ['USD'] },
        not: {},
      },
      {
        rollup: 'sku_quarter_hour',
        ...whole,
        starts: [whole.from],
        steps: [whole.to - whole.from],
        groupBy: ['sku'],
        bases: ['units', 'itemMinor'],
        where: {},
        not: { store: ['West'] },
      },
      {
        rollup: 'customer_quarter_hour',
        ...whole,
        starts: [whole.from],
        steps: [hour],
        groupBy: ['customer'],
        bases: ['orders'],
        where: {},
        not: { store: ['West'] },
      },
    ];
    for (const read of reads) said.push(await views.read(pinned, read).then(sorted, codeOf));
    for (const p of [0, 1]) {
      const wanted = { partition: p, start: run.starts[p]!, below: run.tidemark[p]!, floor: nowMs - hour };
      said.push(sorted([...(await source.identities(wanted))]));
    }
    said.push(await source.parentTidemark(run));
  }

  for (let round = 0; round < 2; round += 1) {
    await archiveOn();
    // Two of one parent: the greater id is the current one, the other is off its chain.
    const others = random.chance(0.5) ? await attempt(round * 10, []) : undefined;
    const next = await attempt(round * 10 + 5, []);
    parent = others && others.run > next.run ? others : next;
    await readAll(parent);
  }
  await subject.loseRows(parent.run, random.integer(0, generation.definition.rollups.length - 1));
  await readAll(parent);
  const broken = await runs.brokenChunks(await chainOf(parent), 99);
  parent = await attempt(
    100,
    broken.map(({ chunk }) => chunk),
  );
  await readAll(parent);
  return said;
}

function sorted(list: readonly unknown[]): string[] {
  const text = (row: unknown) =>
    JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
  return list
    .map((row) => text(Object.fromEntries(Object.entries(row as object).toSorted(([a], [b]) => (a < b ? -1 : 1)))))
    .toSorted();
}

function codeOf(error: unknown): unknown {
  return (error as { fields?: { code: string } }).fields?.code ?? error;
}

test('on random histories, the ClickHouse of the simulation and the real one say the same', {
  timeout: 120_000,
}, async () => {
  for (const seed of [1, 2]) {
    const generation = createGeneration({ topic: `memory-${seed}`, partitions, horizonMs: 600_000, hashKey });
    await ensureTables(options, generation, 0);
    const real = await play(seed, generation, onClickHouse(generation));
    expect(await play(seed, generation, inMemory(generation)), `seed ${seed}`).toEqual(real);
    expect(real.length).toBeGreaterThan(40);
  }
});
