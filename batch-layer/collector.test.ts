// Collecting between runs: what a reader may stand on stays exact, what nobody needs goes, whenever it is killed and
// however many collect.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import { type BatchRun, tables, viewTable } from '../schemas/layout-clickhouse.ts';
import { baseMs } from '../schemas/test-events.ts';
import { placedOrder } from '../test/record-sets.ts';
import { runLimits } from './batch-runner.ts';
import { createClickHouseArchiveStore } from './clickhouse-archive-store.ts';
import { collect } from './collector.ts';
import { intercept, openRunWorlds } from './test-run-world.ts';

let worlds: ReturnType<typeof openRunWorlds>;
beforeAll(() => {
  worlds = openRunWorlds(inject('stack').clickhouseUrl);
});
afterAll(() => worlds[Symbol.asyncDispose]());

const minuteMs = 60_000;
const items = [{ sku: 'sku-1', name: null, category: 'Tea', quantity: 2, amountMinor: 60 }];

async function openWorld(topic: string) {
  const world = await worlds.open(topic);
  const { generation } = world;
  /** Virtual: each round is ten minutes. */
  let now = Date.now();
  const clock = () => now;
  const limits = { ...runLimits, runsPerBase: 3 };
  const runner = await world.runnerOn(worlds.clickhouse, { clock, limits });
  let end = 0;
  return {
    ...world,
    clock,
    limits,
    async round(on?: ClickHouse): Promise<BatchRun> {
      now += 10 * minuteMs;
      // Two orders: one each round into the same ten minutes, one into ten of its own.
      for (const occurredAt of [baseMs + end, baseMs + end * 10 * minuteMs]) {
        const event = placedOrder(end, { occurredAt, items });
        await world.lay(0, end, [{ event, timestampMs: baseMs + end * 10 * minuteMs }]);
        end += 1;
      }
      return (await (on ? await world.runnerOn(on, { clock, limits }) : runner).run()).run;
    },
    collect: (on = worlds.clickhouse, keepRunsMs = 60 * minuteMs) =>
      collect({ clickhouse: on, generation, log: silent, clock, keepViewsMs: 30 * minuteMs, keepRunsMs }),
    async count(table: string, condition = '1'): Promise<number> {
      const sql = `SELECT count() AS rows FROM ${table} WHERE ${condition}`;
      const [row] = await worlds.clickhouse.query<{ rows: string }>(sql, {
        g: generation.id,
        a: generation.archiveId,
      });
      return Number(row!.rows);
    },
    end: () => end,
  };
}
const silent = { debug: () => undefined, warn: () => undefined } as never;

test('between runs: every run of the time that is kept stays exact, and rows stay bounded', async () => {
  const world = await openWorld('between');
  const { generation } = world;
  const [view] = generation.definition.rollups.map((rollup) => viewTable(generation, rollup));
  const runs: BatchRun[] = [];
  for (let i = 0; i < 8; i += 1) {
    runs.push(await world.round());
    await world.collect(undefined, 0);
    await world.expectExact();
    await world.expectExact(runs.slice(-4)[0]); // half an hour old: readers may still stand on it
  }
  // One chunk that each run makes again, and one more for each order: one version of all, four more of the first.
  expect(await world.count(view!)).toBeLessThanOrEqual(world.end() + 4);
  const first = Math.floor(baseMs / (10 * minuteMs));
  expect(await world.count(view!, `chunk = ${first}`)).toBe(5);
  // Announcements from one base on, and the runs of that stretch.
  expect(await world.count(tables.batchRuns, 'generation = {g:String}')).toBeLessThanOrEqual(7);
  // The archive log below the oldest of them is one row.
  const below = runs.at(-5)!.tidemark[0]!;
  expect(await world.count(tables.archiveLog, `archive = {a:String} AND \`to\` <= ${below}`)).toBe(1);
  expect(await world.count('system.mutations', 'NOT is_done AND database = currentDatabase()')).toBe(0);
  expect((await world.collect()).versions).toBe(0);
});

test('rows of an abandoned attempt stay while it may still be published, and go then', async () => {
  const world = await openWorld('abandoned');
  const view = viewTable(world.generation, world.generation.definition.rollups[0]!);
  const refusing = intercept(worlds.clickhouse, ({ sql }, apply) =>
    sql === `INSERT INTO ${tables.batchRuns}` ? Promise.reject(new Error('disk full')) : apply(),
  );
  await world.round();
  await expect(world.round(refusing)).rejects.toThrow(/disk full/);
  const left = 'run NOT IN (SELECT run FROM batch_runs)';
  await world.collect();
  expect(await world.count(view, left)).toBe(2);
  for (let i = 0; i < 4; i += 1) await world.round();
  await world.collect();
  expect(await world.count(view, left)).toBe(0);
  expect(await world.count(tables.runChunks, `generation = {g:String} AND ${left}`)).toBe(0);
  await world.expectExact();
});

test('killed at any statement, by two at a time: nothing needed goes, the archive never falls, the next finishes', async () => {
  const world = await openWorld('killed');
  const archive = createClickHouseArchiveStore(worlds.clickhouse, world.generation, () => 0);
  const view = viewTable(world.generation, world.generation.definition.rollups[0]!);
  for (let i = 0; i < 6; i += 1) await world.round();
  let statements = 0;
  for (let at = 0; at <= statements; at += 1) {
    let seen = 0;
    const dying = intercept(worlds.clickhouse, async ({ kind }, apply) => {
      if (kind === 'query') return apply();
      const mine = seen++;
      if (mine > at) throw new Error('killed');
      const applied = await apply();
      expect(await archive.firstMissing([0])).toEqual([world.end()]);
      return applied;
    });
    await world.collect(dying, 0).catch(() => undefined);
    statements = Math.max(statements, seen);
    await world.expectExact();
  }
  expect(statements).toBeGreaterThanOrEqual(1);
  await world.round();
  await Promise.all([world.collect(undefined, 0), world.collect(undefined, 0)]);
  await world.expectExact();
  expect(await world.collect(undefined, 0)).toEqual({ versions: 0, announcements: 0, runs: 0, ranges: 0 });
  // A run that counts everything from the start again finds all of it in the archive.
  await worlds.clickhouse.command(`DELETE FROM ${tables.batchRuns} WHERE generation = {g:String}`, {
    g: world.generation.id,
  });
  await world.round();
  expect((await world.expectExact()).tidemark).toEqual([world.end()]);
  expect(await world.count(view)).toBeGreaterThan(0);
});

test('where announcements are lost nothing is collected: what is needed is not known', async () => {
  const world = await openWorld('unknown');
  const view = viewTable(world.generation, world.generation.definition.rollups[0]!);
  for (let i = 0; i < 5; i += 1) await world.round();
  await worlds.clickhouse.command(`DELETE FROM ${tables.runChunks} WHERE generation = {g:String}`, {
    g: world.generation.id,
  });
  const before = await world.count(view);
  expect(await world.collect()).toMatchObject({ versions: 0 });
  expect(await world.count(view)).toBe(before);
});
