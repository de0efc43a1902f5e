// What must hold before a run is published, over stores in memory: its rows are made, the archive still holds all of it,
// every offset is accounted for; and what an attempt left behind belongs to nobody.
import { expect, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { createGeneration } from '../schemas/generation.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { createBatchRunner, runLimits } from './batch-runner.ts';
import type { SpeedPosition } from './choose-tidemark.ts';
import type { Attempt, RunStore } from './run-store.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey });

/** A log of ten events, all archived. The clock moves on with each look. */
async function openWorld(changes: Partial<RunStore> = {}) {
  const published: BatchRun[] = [];
  const attempts: Attempt[] = [];
  /** Looks through the archive: true for everywhere. */
  const checks: boolean[] = [];
  const held = { archived: 10, position: undefined as SpeedPosition | undefined };
  let now = 1_000_000;
  let made = 0;
  /** Events of the current run whose announcements are gone. */
  const lost = { events: 0 };
  const newestFirst = () => published.toSorted((a, b) => (a.run < b.run ? 1 : -1));
  const runs: RunStore = {
    currentRun: async () => newestFirst()[0],
    links: async (base) =>
      newestFirst()
        .filter(({ run }) => run >= base)
        .map(({ run, parent }) => ({ run, parent })),
    announcedFacts: async ({ run }, attempt) =>
      attempt === undefined ? Math.max(0, published.find((each) => each.run === run)!.counted[0]! - lost.events) : made,
    brokenChunks: async () => [],
    dirtyChunks: async () => [1],
    recompute: async (attempt) => void attempts.push(attempt),
    async increments({ parent, tidemark }) {
      const events = tidemark[0]! - parent.tidemark[0]!;
      made = parent.counted[0]! + events;
      const partitions = [{ events, counted: events, rejected: 0, gap: 0 }];
      return {
        partitions,
        maxTimestamps: [5],
        newestEventAt: 5,
      };
    },
    incrementRows: async () => [],
    publish: async (run) => void published.push(run),
    ...changes,
  };
  const runner = createBatchRunner({
    runs,
    generation,
    limits: runLimits,
    checkArchive: async (everywhere) => void checks.push(everywhere),
    archive: {
      archivedVector: async () => [held.archived],
      archivedStarts: async () => [0],
      epochsBefore: async () => [undefined],
      firstMissing: async () => [held.archived],
      lostRanges: async () => [],
      retract: async () => undefined,
      insert: async () => undefined,
    },
    speedState: {
      positions: async () => [held.position],
      epochs: async () => undefined,
      askForCut: async () => undefined,
      announceRun: async () => undefined,
    },
    log: createLogger('test', 'silent'),
    clock: () => (now += 200),
    randomBits: () => 7,
    nudgeArchiver: () => undefined,
  });
  const first = await runner.begin([0]);
  return { runner, checks, published, attempts, first, held, lost, pass: (ms: number) => (now += ms) };
}

test('a run whose rows could not be made is not published, and the next attempt has an id of its own', async () => {
  const attempts: Attempt[] = [];
  const world = await openWorld({
    async recompute(attempt) {
      // The outcome is unknown: the rows may be there all the same, under the id of this attempt.
      if (attempts.push(attempt) === 1) throw new Error('ClickHouse was killed');
    },
  });
  await expect(world.runner.run()).rejects.toThrow('killed');
  expect(world.published).toEqual([world.first]);
  const { run } = await world.runner.run();
  expect(run.tidemark).toEqual([10]);
  expect(attempts).toHaveLength(2);
  expect(attempts[1]!.run > attempts[0]!.run).toBe(true);
});

test('a run is not published where the archive was set back while it was made', async () => {
  const world: Awaited<ReturnType<typeof openWorld>> = await openWorld({
    recompute: async () => void (world.held.archived = 4),
  });
  await expect(world.runner.run()).rejects.toMatchObject({ code: 'archive-moved' });
  expect(world.published).toEqual([world.first]);
  expect((await world.runner.run()).run.tidemark).toEqual([4]);
});

test('a run is not published where a range was logged while it was made: some statements saw it, others did not', async () => {
  let chunks = [1];
  const world = await openWorld({
    dirtyChunks: async () => chunks,
    recompute: async () => void (chunks = [1, 2]),
  });
  await expect(world.runner.run()).rejects.toMatchObject({ code: 'archive-moved' });
  expect(world.published).toEqual([world.first]);
});

test('a run is not published where the archive does not account for every offset', async () => {
  const world = await openWorld({
    increments: async () => ({
      partitions: [{ events: 9, counted: 9, rejected: 0, gap: 0 }],
      maxTimestamps: [5],
      newestEventAt: 5,
    }),
  });
  for (const checks of [[false], [false, true]]) {
    await expect(world.runner.run()).rejects.toMatchObject({ code: 'archive-incomplete' });
    expect(world.checks).toEqual(checks);
  }
  expect(world.published).toEqual([world.first]);
  expect(world.attempts).toEqual([]);
});

test('a run made beside the chain is not among what the next one stands on', async () => {
  const { runner, published, attempts, first, held } = await openWorld();
  held.archived = 5;
  const { run } = await runner.run();
  // Another runner stalled, and published later: of a smaller id, so not the current one, and of the same parent.
  published.push({ ...run, run: `${first.run.slice(0, -1)}8` });
  held.archived = 10;
  const next = await runner.run();
  expect(next.run).toMatchObject({ parent: run.run, tidemark: [10] });
  expect(attempts.map(({ offChain }) => offChain)).toEqual([[], [`${first.run.slice(0, -1)}8`]]);
});

test('a writer that had work and wrote nothing since it was asked is passed over, after it had time to answer', async () => {
  const { runner, held, pass } = await openWorld();
  held.position = { next: 5, epoch: 0, boundaries: [], flushedAt: 900_000 };
  expect(await runner.run()).toMatchObject({ kind: 'unchanged', covered: false });
  pass(10_000);
  expect((await runner.run()).run.tidemark).toEqual([10]);
});

test('a run is not published over a chain that another runner has gone on from: it is made again over that', async () => {
  const attempts: Attempt[] = [];
  const world: Awaited<ReturnType<typeof openWorld>> = await openWorld({
    async recompute(attempt) {
      if (attempts.push(attempt) > 1) return;
      const { first } = world;
      world.published.push({
        ...first,
        run: `${attempt.run.slice(0, -1)}8`,
        parent: first.run,
        counted: [4],
        tidemark: [4],
      });
    },
  });
  const { run } = await world.runner.run();
  expect(attempts.map(({ parent }) => parent.run)).toEqual([world.first.run, run.parent]);
  expect(world.published.map(({ tidemark }) => tidemark)).toEqual([[0], [4], [10]]);
});

test('a run is not published where its chunks would hold fewer events than its ledger counts', async () => {
  const world = await openWorld({ announcedFacts: async (_, attempt) => (attempt === undefined ? 0 : 9) });
  await expect(world.runner.run()).rejects.toMatchObject({ code: 'archive-incomplete' });
  expect(world.published).toEqual([world.first]);
});

test('where the current run announces fewer events than it counted, all views are made again', async () => {
  const world = await openWorld();
  const { run } = await world.runner.run();
  world.lost.events = 1;
  await expect(world.runner.run()).rejects.toMatchObject({ code: 'views-lost' });
  expect((await world.runner.run()).run.tidemark).toEqual([10]);
  expect(world.attempts.map(({ parent }) => parent.tidemark)).toEqual([[0], [0]]);
  expect(world.published.at(-1)!.run > run.run).toBe(true);
});
