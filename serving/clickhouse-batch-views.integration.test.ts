// The batch part on real ClickHouse: which chunk versions a pinned run sees, and what is said when rows are lost.
import { expect, test } from 'vitest';
import { ensureTables } from '../runtime/clickhouse.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import { pseudonymOf } from '../schemas/pseudonym.ts';
import type { BatchRead } from './batch-views.ts';
import { createClickHouseBatchViews } from './clickhouse-batch-views.ts';
import { DistinctSet } from './distinct.ts';
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

/** A store's orders by customers `from` to `to` (not included), told by their numbers. */
type Shop = readonly [store: string, from: number, to: number];

async function openCustomers(horizonMs: number, chunks: readonly (readonly Shop[])[]) {
  const { generation, publish, pin } = await openWorld(horizonMs);
  const { rollups } = generation.definition;
  const rollup = rollups.find(({ dimensions }) => dimensions.includes('customer'))!;
  const hashOf = (n: number) => pseudonymOf(n === 0 ? null : `customer ${n}`, generation.identityKey);
  const run = testRun(generation, '', [1], 1);
  for (const [i, shops] of chunks.entries()) {
    const occurredAt = start + i * generation.chunkMs;
    const chunk = Math.floor(occurredAt / generation.chunkMs);
    const fixed = { run: run.run, chunk, windowStart: Math.floor(occurredAt / rollup.windowMs) * rollup.windowMs };
    const rows = shops.flatMap(([store, from, to]) =>
      Array.from({ length: to - from }, (_, n) => ({
        ...fixed,
        customer: hashOf(from + n),
        store,
        channel: 'x',
        country: 'x',
        currency: 'x',
        facts: 1,
        orders: 1,
      })),
    );
    await clickhouse.insertRows(viewTable(generation, rollup), rows);
    const announced = rollups.map((each) => (each === rollup ? rows.length : 0));
    const version = { generation: generation.id, run: run.run, chunk, rows: announced, facts: rows.length };
    await clickhouse.insertRows(tables.runChunks, [{ ...version, version: run.run }]);
  }
  const pinned = await pin(await publish(run));
  const whole = { rollup: rollup.name, from: start, to: start + dayMs, starts: [start], steps: [dayMs] };
  const bounds = { timeoutMs: 20_000, cachedResults: 10, cachedGroups: 10, hashBytes: 1_000_000 };
  const read = (some: Partial<BatchRead> = {}, hashBytes = bounds.hashBytes) =>
    createClickHouseBatchViews(clickhouse, generation, { ...bounds, hashBytes }).read(pinned, {
      ...whole,
      groupBy: ['store'],
      bases: ['orders'],
      distinct: ['customer'],
      where: {},
      not: {},
      ...some,
    });
  /** What the same customers are in TypeScript. */
  const setOf = (numbers: Iterable<number>) => {
    const set = new DistinctSet();
    for (const n of numbers) if (n > 0) set.addHex(hashOf(n));
    return set;
  };
  return { read, setOf };
}

/** Neither has a hash or a register that the other has not. */
function expectSameSet(a: DistinctSet, b: DistinctSet): void {
  const both = new DistinctSet();
  both.addAll(a);
  both.addAll(b);
  expect([a.count(), both.count()]).toEqual([b.count(), b.count()]);
}

test('customers are the same sets and registers in ClickHouse as in TypeScript, over chunks, around 4,096 and far beyond', async () => {
  const chunks: readonly (readonly Shop[])[] = [
    [
      ['none', 0, 1],
      ['few', 0, 40],
      ['least', 1, 4_096],
      ['most', 1, 4_097],
      ['more', 1, 4_098],
      ['large', 1, 9_000],
    ],
    // Another window and chunk, of the customers of before and of others.
    [['few', 20, 60]],
    [
      ['least', 4_000, 4_096],
      ['parts', 1, 3_000],
    ],
    [
      ['parts', 2_000, 5_001],
      ['more', 1, 4_100],
      ['large', 8_000, 20_001],
    ],
  ];
  const { read, setOf } = await openCustomers(8, chunks);
  const numbers = new Map<string, Set<number>>();
  for (const [store, from, to] of chunks.flat()) {
    const all = numbers.get(store) ?? new Set();
    numbers.set(store, all);
    for (let n = from; n < to; n += 1) all.add(n);
  }
  const groups = await read();
  expect(groups).toHaveLength(numbers.size);
  for (const { values, sets } of groups) expectSameSet(sets[0]!, setOf(numbers.get(values[0]!)!));
  const count = (store: string) => groups.find(({ values }) => values[0] === store)!.sets[0]!.count();
  expect(['none', 'few', 'least', 'most'].map(count)).toEqual([0n, 59n, 4_095n, 4_096n]);
  expect(['more', 'parts', 'large'].every((store) => count(store) > 4_096n)).toBe(true);
  // One group of all of them, by a filter and by window.
  const [total] = await read({ groupBy: [] });
  expectSameSet(total!.sets[0]!, setOf(numbers.values().flatMap((all) => all)));
  const [large] = await read({ where: { store: ['large'] }, groupBy: ['store', 'channel'] });
  expectSameSet(large!.sets[0]!, setOf(numbers.get('large')!));
  const quarter = 900_000;
  const windows = await read({ where: { store: ['few'] }, groupBy: [], steps: [quarter] });
  expect(windows.map(({ windowStart, sets }) => [windowStart, sets[0]!.count()])).toEqual([[start, 59n]]);
  // What is beyond the bound is not even told.
  const weight = 8 * 39;
  const few = { where: { store: ['few'] }, to: start + 600_000 };
  expect(await read(few, weight)).toHaveLength(1);
  await expect(read(few, weight - 1)).rejects.toMatchObject({ fields: { code: 'too-many-distinct', status: 400 } });
  const without = await read({ groupBy: ['store'], distinct: [] });
  expect(without.every(({ sets }) => sets.length === 0)).toBe(true);
});
