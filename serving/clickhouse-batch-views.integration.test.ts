// The batch part on real ClickHouse: which chunk versions a pinned run sees, and what is said when rows are lost.
import { expect, test } from 'vitest';
import { ensureTables } from '../runtime/clickhouse.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import type { BatchRead } from './batch-views.ts';
import { createClickHouseBatchViews } from './clickhouse-batch-views.ts';
import type { PinnedRun } from './live-view.ts';
import { pinRun } from './pin-run.ts';
import { findBroken } from './run-wholeness.ts';
import { testGeneration, testRun } from './test-live-world.ts';
import { openOwnDatabase } from '../test/own-database.ts';

const dayMs = 86_400_000;
const start = Date.UTC(2024, 2, 10);
const { clickhouse, options } = openOwnDatabase();

/** A generation of its own for each test. */
async function openWorld(horizonMs: number) {
  const generation = testGeneration(1, horizonMs);
  await ensureTables(options, generation, 0);
  const { rollups } = generation.definition;
  const byEvent = rollups[0]!;
  const byOrder = rollups.find(({ time, grain }) => time === 'placedAt' && grain === 'order')!;
  const chunkOf = (at: number) => Math.floor(at / generation.chunkMs);
  return {
    byEvent,
    byOrder,
    generation,
    /** Writes what a run counts: `orders` in one minute of a chunk, of `rollup` only. */
    async write(run: BatchRun, rollup: Rollup, orders: number, occurredAt = start, windowStart = occurredAt) {
      const chunk = chunkOf(occurredAt);
      const dimensions = Object.fromEntries(rollup.dimensions.map((name) => [name, 'x']));
      const row = { run: run.run, chunk, windowStart, ...dimensions, facts: orders, orders };
      await clickhouse.insertRows(viewTable(generation, rollup), [row]);
      const rows = rollups.map((each) => (each === rollup ? 1 : 0));
      await clickhouse.insertRows(tables.runChunks, [
        { generation: generation.id, run: run.run, chunk, rows, facts: orders, version: run.run },
      ]);
      return run;
    },
    async publish(run: BatchRun) {
      await clickhouse.insertRows(tables.batchRuns, [run]);
      return run;
    },
    pin: (run: BatchRun) => pinRun(clickhouse, generation, run, undefined),
    async orders(pinned: PinnedRun, rollup = byEvent, from = 0, to = start + dayMs) {
      const whole = { rollup: rollup.name, from, to, starts: [from], steps: [to - from] };
      const read: BatchRead = { ...whole, groupBy: [], bases: ['orders'], where: {}, not: {} };
      const [group] = await createClickHouseBatchViews(clickhouse, generation).read(pinned, read);
      return Number(group?.sums[0] ?? 0);
    },
    lose: (rollup: Rollup) => clickhouse.command(`TRUNCATE TABLE ${viewTable(generation, rollup)}`),
  };
}

test('versions of a run that was published beside the chain are not read', async () => {
  const { generation, write, publish, byEvent, pin, orders } = await openWorld(1);
  const first = await publish(await write(testRun(generation, '', [1], 1), byEvent, 1));
  await publish(await write(testRun(generation, first.run, [9], 5), byEvent, 9)); // stalled, published after its sibling
  const sibling = await write(testRun(generation, first.run, [3], 7), byEvent, 2, start + dayMs / 2);
  expect(await orders(await pin(await publish(sibling)))).toBe(3);
});

test('versions that were written and never published are not read', async () => {
  const { generation, write, publish, byEvent, pin, orders } = await openWorld(2);
  const first = await publish(await write(testRun(generation, '', [1], 1), byEvent, 1));
  await write(testRun(generation, first.run, [9], 5), byEvent, 9);
  const next = await write(testRun(generation, first.run, [3], 7), byEvent, 2, start + dayMs / 2);
  expect(await orders(await pin(await publish(next)))).toBe(3);
});

test('by the time of order an event is found in whatever chunk it occurred', async () => {
  const { generation, write, publish, byOrder, pin, orders } = await openWorld(3);
  // Refunded nine days after the order was placed, so kept in a chunk nine days later.
  const run = await publish(await write(testRun(generation, '', [1]), byOrder, 1, start + 9 * dayMs, start));
  expect(await orders(await pin(run), byOrder, start, start + dayMs)).toBe(1);
});

test('where rows were lost since they were announced, nothing is answered and the run is not taken up', async () => {
  const { generation, write, publish, byEvent, pin, orders, lose } = await openWorld(4);
  const pinned = await pin(await publish(await write(testRun(generation, '', [1]), byEvent, 1)));
  expect(await findBroken(clickhouse, generation, pinned, '')).toBeUndefined();
  await lose(byEvent);
  await expect(orders(pinned)).rejects.toMatchObject({ fields: { code: 'run-unreadable', status: 503 } });
  expect(await findBroken(clickhouse, generation, pinned, '')).toContain('has 0 of 1 rows');
});

test('where the run itself is gone, what is found is not taken for its views', async () => {
  const { generation, write, publish, byEvent, pin, orders } = await openWorld(5);
  const first = await publish(await write(testRun(generation, '', [1], 1), byEvent, 1));
  const pinned = await pin(await publish(await write(testRun(generation, first.run, [2], 7), byEvent, 2)));
  await clickhouse.command(`DELETE FROM ${tables.batchRuns} WHERE run = {run:String}`, { run: pinned.run.run });
  await expect(orders(pinned)).rejects.toMatchObject({ fields: { code: 'run-unreadable' } });
});

test('where chunks announce fewer events than the run counted, the run is not taken up', async () => {
  const { generation, write, publish, byEvent, pin } = await openWorld(6);
  const pinned = await pin(await publish(await write(testRun(generation, '', [2]), byEvent, 1)));
  expect(await findBroken(clickhouse, generation, pinned, '')).toContain('announce 1 events of 2');
});

test('a run that was lost when the store was set back is no ancestor: the next one is read without its versions', async () => {
  const { generation, write, publish, byEvent, pin, orders } = await openWorld(7);
  const first = await publish(await write(testRun(generation, '', [1], 1), byEvent, 1));
  const lost = await pin(await publish(await write(testRun(generation, first.run, [1], 5), byEvent, 1)));
  for (const table of [tables.batchRuns, tables.runChunks])
    await clickhouse.command(`DELETE FROM ${table} WHERE run = {run:String}`, { run: lost.run.run });
  const next = await publish(await write(testRun(generation, first.run, [3], 9), byEvent, 2, start + dayMs / 2));
  expect(await orders(await pinRun(clickhouse, generation, next, lost))).toBe(3);
});
