// Runs when ClickHouse fails at any statement, when runners meet, and when what was written is lost: the current run
// stays whole, nothing counts double, nothing is lost.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readCurrentRun } from '../runtime/batch-runs.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import { baseMs } from '../schemas/test-events.ts';
import { placedOrder } from '../test/record-sets.ts';
import { runLimits } from './batch-runner.ts';
import { createClickHouseArchiveStore } from './clickhouse-archive-store.ts';
import { epochOf, hourMs, intercept, openRunWorlds, type Statement } from './test-run-world.ts';

let worlds: ReturnType<typeof openRunWorlds>;
beforeAll(() => {
  worlds = openRunWorlds(inject('stack').clickhouseUrl);
});
afterAll(() => worlds[Symbol.asyncDispose]());

const items = [{ sku: 'sku-1', name: null, category: 'Tea', quantity: 2, amountMinor: 60 }];
/** The n-th order, in a chunk of its own; each third offset repeats an order of before. */
const orderAt = (offset: number) => {
  const n = offset % 3 === 2 ? offset - 2 : offset;
  const occurredAt = baseMs + n * 600_000;
  return { event: placedOrder(n, { occurredAt, items }), timestampMs: occurredAt };
};
const ordersFrom = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => orderAt(from + i));

describe('an insert or a publication whose outcome is unknown', () => {
  test('at any write of archiver and run: whatever comes of it, the next run is exact', async () => {
    const world = await worlds.open('unknown');
    const limits = { ...runLimits, runsPerBase: 2 };
    const sound = await world.runnerOn(worlds.clickhouse, { limits });
    let end = 0;
    /** Archives three more and makes a run; the archiver's way: what failed is archived again from where the archive ends. */
    async function work(on = worlds.clickhouse): Promise<void> {
      const from = end;
      end += 3;
      await world.lay(0, from, ordersFrom(from, end), on).catch(async () => {
        const [at] = await createClickHouseArchiveStore(worlds.clickhouse, world.generation, () => 0).archivedVector();
        if (at !== end) await world.lay(0, at ?? 0, ordersFrom(at ?? 0, end));
      });
      const runner = await world.runnerOn(on, { limits });
      await runner.run().catch(() => undefined);
    }
    const writes: string[] = [];
    const noted = intercept(worlds.clickhouse, ({ kind, sql }, apply) => {
      if (kind === 'write') writes.push(sql.slice(0, 60));
      return apply();
    });
    await work(noted); // run 1 over run 0
    await work(noted); // the base
    const perRun = writes.length / 2;
    expect(writes.length).toBeGreaterThanOrEqual(15); // rows, log, four rollups, chunks, run; and what a base inherits
    for (let at = 0; at < perRun + 1; at += 1)
      for (const outcome of ['applied', 'applied late'] as const) {
        let seen = 0;
        let late: (() => Promise<unknown>) | undefined;
        const faulty = intercept(worlds.clickhouse, async ({ kind }, apply) => {
          if (kind !== 'write' || seen++ !== at) return apply();
          if (outcome === 'applied') await apply();
          else late = apply; // refused, as far as anyone can tell for now
          throw new Error('the connection was cut');
        });
        await work(faulty);
        await world.expectExact(); // the old run, or the new one where its publication was applied
        await sound.run();
        await late?.();
        expect((await world.expectExact()).tidemark).toEqual([end]);
      }
  });
});

describe('two runners at once', () => {
  /** Runs `meanwhile` once, when the runner comes to a statement that holds `text`. */
  const at = (text: string, meanwhile: () => Promise<unknown>) => {
    let done = false;
    return intercept(worlds.clickhouse, async ({ sql }: Statement, apply) => {
      if (!done && sql.includes(text)) {
        done = true;
        await meanwhile();
      }
      return apply();
    });
  };

  test('the one that is overtaken gives its attempt up and goes on over the other run', async () => {
    const world = await worlds.open('overtaken');
    const other = await world.runnerOn(worlds.clickhouse);
    await world.lay(0, 0, ordersFrom(0, 3));
    let theirs = '';
    const slow = await world.runnerOn(
      at(`INSERT INTO ${tables.runChunks}`, async () => {
        theirs = (await other.run()).run.run;
        await world.lay(0, 3, ordersFrom(3, 6));
      }),
    );
    const { run } = await slow.run();
    expect(run).toMatchObject({ parent: theirs, tidemark: [6] });
    await world.expectExact();
  });

  test('that publish both: readers go by the greater id, the other run is in no chain', async () => {
    const world = await worlds.open('both');
    const { speed } = world;
    const other = await world.runnerOn(worlds.clickhouse);
    // Two blocks: a run that takes the first only does not touch the chunks of the second.
    await world.lay(0, 0, ordersFrom(0, 3));
    await world.lay(0, 3, ordersFrom(3, 6));
    let theirs = '';
    const slow = await world.runnerOn(
      at(`INSERT INTO ${tables.batchRuns}`, async () => {
        speed.positions = [{ next: 3, epoch: 3, boundaries: [3], flushedAt: Date.now() }];
        theirs = (await other.run()).run.run;
      }),
    );
    // Stalled after its last look, published after its successor, and counts more: chunks that the successor has not.
    const { run: mine } = await slow.run();
    expect(mine).toMatchObject({ tidemark: [6] });
    expect(mine.run < theirs).toBe(true);
    expect(await world.expectExact()).toMatchObject({ run: theirs, tidemark: [3] });
    speed.positions = [];
    expect((await other.run()).run).toMatchObject({ parent: theirs, tidemark: [6] });
    await world.expectExact();
  });

  test('a sibling that is published in the middle of an audit makes no false difference', async () => {
    const world = await worlds.open('sibling');
    const { generation, speed } = world;
    const other = await world.runnerOn(worlds.clickhouse);
    await world.lay(0, 0, ordersFrom(0, 1));
    await world.lay(0, 1, ordersFrom(1, 2));
    speed.positions = [{ next: 1, epoch: 1, boundaries: [1], flushedAt: Date.now() }];
    let release: () => void = () => undefined;
    const stalled = new Promise<void>((resolve) => (release = resolve));
    let reached: () => void = () => undefined;
    const atPublish = new Promise<void>((resolve) => (reached = resolve));
    const sibling = await world.runnerOn(
      at(`INSERT INTO ${tables.batchRuns}`, () => {
        reached();
        return stalled;
      }),
    );
    speed.positions = [];
    const siblings = sibling.run(); // counts both orders and stalls
    await atPublish;
    speed.positions = [{ next: 1, epoch: 1, boundaries: [1], flushedAt: Date.now() }];
    speed.epochs = [[epochOf(generation, 0, 1, [orderAt(0).event])]];
    expect((await other.run()).run).toMatchObject({ tidemark: [1], audit: 'equal' });
    speed.positions = [{ next: 2, epoch: 2, boundaries: [1, 2], flushedAt: Date.now() }];
    speed.epochs = [[epochOf(generation, 1, 2, [orderAt(1).event])]];
    const auditing = await world.runnerOn(
      at('AS total_facts', async () => {
        release();
        await siblings;
      }),
    );
    expect((await auditing.run()).run).toMatchObject({ tidemark: [2], audit: 'equal' });
    await world.expectExact();
  });

  test('an attempt that took too long is given up: its rows may be collected', async () => {
    const world = await worlds.open('stalled');
    await world.lay(0, 0, ordersFrom(0, 3));
    const limits = { ...runLimits, maxRunMs: -1 };
    const runner = await world.runnerOn(worlds.clickhouse, { limits });
    await expect(runner.run()).rejects.toMatchObject({ code: 'run-overtaken' });
    expect((await world.expectExact()).tidemark).toEqual([0]);
  });

  test('a clock that goes back makes no run that is older than its parent, nor older than runs that were wiped', async () => {
    const world = await worlds.open('clock');
    await world.runnerOn(worlds.clickhouse);
    const first = (await readCurrentRun(worlds.clickhouse, world.generation))!;
    await world.lay(0, 0, ordersFrom(0, 3));
    const runner = await world.runnerOn(worlds.clickhouse, { clock: () => Date.now() - hourMs });
    const { run } = await runner.run();
    expect(run.run > first.run).toBe(true);
    expect((await world.expectExact()).tidemark).toEqual([3]);
    await worlds.clickhouse.command(`DELETE FROM ${tables.batchRuns} WHERE generation = {g:String}`, {
      g: world.generation.id,
    });
    const again = (await runner.run()).run;
    expect(again.run > run.run).toBe(true);
    expect((await world.expectExact()).tidemark).toEqual([3]);
  });
});

describe('what was written is lost', () => {
  test.each([
    ['all announced chunks', '1'],
    ['those of the newest run', `run = (SELECT max(run) FROM ${tables.batchRuns})`],
  ])('%s: found, and all views are made again; no run stands on what is left', async (name, condition) => {
    const world = await worlds.open(`chunks ${name}`.replaceAll(' ', '-'));
    const limits = { ...runLimits, maxRecords: 5 };
    const runner = await world.runnerOn(worlds.clickhouse, { limits });
    await world.lay(0, 0, ordersFrom(0, 7));
    while ((await runner.run()).more);
    const { run: before } = await world.expectExact();
    await worlds.clickhouse.command(`DELETE FROM ${tables.runChunks} WHERE generation = {g:String} AND ${condition}`, {
      g: world.generation.id,
    });
    await expect(runner.run()).rejects.toMatchObject({ code: 'views-lost' });
    while ((await runner.run()).more);
    const run = await world.expectExact();
    expect(run.tidemark).toEqual([7]);
    expect(run.run > before).toBe(true);
  });

  test.each([
    ['chunks', { maxBrokenChunks: 2 }],
    ['events', { maxRecords: 2 }],
  ])('view rows of more %s than one run takes: several runs follow each other', async (name, bounds) => {
    const world = await worlds.open(`views-${name}`);
    await world.lay(0, 0, ordersFrom(0, 7));
    await (await world.runnerOn(worlds.clickhouse)).run();
    for (const rollup of world.generation.definition.rollups)
      await worlds.clickhouse.command(`TRUNCATE TABLE ${viewTable(world.generation, rollup)}`);
    const runner = await world.runnerOn(worlds.clickhouse, { limits: { ...runLimits, ...bounds } });
    let made = 0;
    do made += 1;
    while ((await runner.run()).more);
    expect(made).toBe(3); // five chunks, each of one order, by twos
    await world.expectExact();
  });

  test('archived rows of an old chunk under intact log rows: the run that would make it smaller is not published', async () => {
    const world = await worlds.open('rows');
    const runner = await world.runnerOn(worlds.clickhouse);
    await world.lay(0, 0, ordersFrom(0, 2));
    const { run } = await runner.run();
    await worlds.clickhouse.command(`DELETE FROM ${tables.orderEvents} WHERE archive = {a:String} AND offset = 0`, {
      a: world.generation.archiveId,
    });
    // Another order of the same ten minutes: its chunk is made again, from what is left of it.
    const late = placedOrder(50, { occurredAt: baseMs + 1_000 });
    await world.lay(0, 2, [{ event: late, timestampMs: baseMs + 100 * hourMs }]);
    await expect(runner.run()).rejects.toMatchObject({ code: 'archive-incomplete' });
    expect((await readCurrentRun(worlds.clickhouse, world.generation))?.run).toBe(run.run);
  });
});
