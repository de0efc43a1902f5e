// The statements of a run on real ClickHouse: which records count, which are late, whose chunk versions are read.
import { expect, test } from 'vitest';
import { ensureTables } from '../runtime/clickhouse.ts';
import { encodeEvent } from '../schemas/codec.ts';
import { createGeneration } from '../schemas/generation.ts';
import { type BatchRun, tables, viewTable } from '../schemas/layout-clickhouse.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { createRunId } from '../schemas/run-id.ts';
import { baseMs } from '../schemas/test-events.ts';
import { placedOrder } from '../test/record-sets.ts';
import { createArchiveBlockBuilder } from './archive-block.ts';
import { createClickHouseArchiveStore } from './clickhouse-archive-store.ts';
import { createClickHouseRunStore } from './clickhouse-run-store.ts';
import type { Attempt } from './run-store.ts';
import { openOwnDatabase } from '../test/own-database.ts';

const hourMs = 3_600_000;
const hashKey = '000102030405060708090a0b0c0d0e0f';
const { clickhouse, options } = openOwnDatabase();

async function openWorld(topic: string) {
  const generation = createGeneration({ topic, partitions: 1, horizonMs: hourMs, hashKey });
  await ensureTables(options, generation, 0);
  const archive = createClickHouseArchiveStore(clickhouse, generation, () => 0);
  const store = createClickHouseRunStore(clickhouse, generation);
  const rollup = generation.definition.rollups[0]!;
  const first = {
    generation: generation.id,
    run: createRunId('', 1, 0),
    parent: '',
    base: createRunId('', 1, 0),
    tidemark: [0],
  };
  const empty = { archive: generation.archiveId, maxTimestamps: [-1], starts: [0], counted: [0], duplicate: [0] };
  const run0 = { ...first, ...empty, rejected: [0], gap: [0], newestEventAt: 0 } as unknown as BatchRun;
  await store.publish(run0);
  return {
    generation,
    store,
    run0,
    rollup,
    async lay(from: number, events: readonly OrderEvent[], timestampMs = baseMs) {
      const builder = createArchiveBlockBuilder(generation);
      const next = from + events.length;
      builder.add({
        partition: 0,
        from,
        next,
        highWatermark: next,
        logStart: 0,
        walk(visitor) {
          for (const [i, event] of events.entries()) {
            const key = Buffer.from(event.orderId);
            visitor.record({ offset: from + i, timestampMs, key, value: encodeEvent(event), headers: [] });
          }
        },
      });
      await archive.insert(builder.take()!);
    },
    attempt: (ms: number, parent: BatchRun, to: number, offChain: string[] = []): Attempt => ({
      run: createRunId('', ms, 0),
      parent,
      tidemark: [to],
      base: parent.base,
      offChain,
      broken: [],
    }),
    async make(attempt: Attempt): Promise<BatchRun> {
      await store.recompute(attempt, await store.dirtyChunks(attempt));
      const { run, parent, tidemark } = attempt;
      const published = { ...parent, run, parent: parent.run, tidemark };
      await store.publish(published);
      return published;
    },
    /** Facts and gross of the view rows that a run wrote itself. */
    async written({ run }: { readonly run: string }) {
      const [row] = await clickhouse.query<{ facts: string; gross: string }>(
        `SELECT sum(facts) AS facts, sum(grossMinor) AS gross FROM ${viewTable(generation, rollup)} WHERE run = {run:String}`,
        { run },
      );
      return { facts: Number(row!.facts), gross: Number(row!.gross) };
    },
    async incrementFacts(attempt: Attempt) {
      const rows = await store.incrementRows(attempt, rollup, []);
      return rows.reduce((sum, row) => sum + Number(row['total_facts']), 0);
    },
  };
}

test('a copy counts once: the first offset wins, also where its content differs and it was archived later', async () => {
  const { lay, attempt, make, written, store, run0 } = await openWorld('copies');
  const orders = Array.from({ length: 30 }, (_, n) => placedOrder(n));
  const copies = orders.map((order) => ({ ...order, amountMinor: 7 }));
  await lay(30, copies);
  await lay(0, orders);
  await lay(60, copies);
  const counting = attempt(2, run0, 90);
  expect(await written(await make(counting))).toEqual({ facts: 30, gross: 3_000 });
  expect((await store.increments(counting)).partitions).toEqual([{ events: 90, counted: 30, rejected: 0, gap: 0 }]);
});

test('two events whose hashes collide are two events', async () => {
  const { generation, lay, attempt, make, written, run0 } = await openWorld('collisions');
  await lay(0, [
    placedOrder(1),
    placedOrder(2, { orderId: 'o-1' }),
    placedOrder(3),
    placedOrder(3, { occurredAt: baseMs + 1 }),
  ]);
  const archive = { archive: generation.archiveId };
  await clickhouse.command(
    `INSERT INTO ${tables.orderEvents} SELECT * REPLACE (7 AS identity) FROM ${tables.orderEvents} WHERE archive = {archive:String}`,
    archive,
  );
  await clickhouse.command(
    `ALTER TABLE ${tables.orderEvents} DELETE WHERE archive = {archive:String} AND identity != 7 SETTINGS mutations_sync = 1`,
    archive,
  );
  expect(await written(await make(attempt(2, run0, 4)))).toMatchObject({ facts: 4 });
});

test('an event that is late by the floor that it makes itself is counted, and not held against speed', async () => {
  const { lay, attempt, make, written, incrementFacts, run0 } = await openWorld('late');
  await lay(0, [placedOrder(1, { occurredAt: baseMs - hourMs - 1 })]);
  await lay(1, [placedOrder(2, { occurredAt: baseMs - hourMs })]);
  const counting = attempt(2, run0, 2);
  expect(await written(await make(counting))).toMatchObject({ facts: 2 });
  expect(await incrementFacts(counting)).toBe(1);
});

test('a run that was published off the chain is no part of what its successor stands on', async () => {
  const { lay, attempt, make, incrementFacts, store, run0, generation, rollup } = await openWorld('chain');
  // In chunks of their own. Two runners at once: one counts both, the other, published later, only the first.
  await lay(0, [placedOrder(1)]);
  await lay(1, [placedOrder(2, { occurredAt: baseMs - hourMs / 2 })]);
  const stray = await make(attempt(2, run0, 2));
  const run1 = await make(attempt(3, run0, 1));
  const counting = attempt(4, run1, 2, [stray.run]);
  const run2 = await make(counting);
  expect(await incrementFacts(counting)).toBe(1);
  // What the stray one wrote may be lost: nobody reads it.
  const { run } = stray;
  await clickhouse.command(
    `ALTER TABLE ${viewTable(generation, rollup)} DELETE WHERE run = '${run}' SETTINGS mutations_sync = 1`,
  );
  expect(await store.brokenChunks({ ...run1, offChain: [run] }, 10)).toEqual([]);
  expect(await store.brokenChunks({ ...run2, offChain: [run] }, 10)).toEqual([]);
});

test('a chunk that lost rows since they were announced is found', async () => {
  const { lay, attempt, make, store, run0, generation, rollup } = await openWorld('broken');
  await lay(0, [
    placedOrder(1),
    placedOrder(2, { storeId: 'East' }),
    placedOrder(3, { occurredAt: baseMs - hourMs / 2 }),
  ]);
  const run = await make(attempt(2, run0, 3));
  expect(await store.brokenChunks({ ...run, offChain: [] }, 10)).toEqual([]);
  await clickhouse.command(
    `ALTER TABLE ${viewTable(generation, rollup)} DELETE WHERE store = 'East' SETTINGS mutations_sync = 1`,
  );
  expect(await store.brokenChunks({ ...run, offChain: [] }, 10)).toEqual([
    { chunk: Math.floor(baseMs / generation.chunkMs), events: 2 },
  ]);
});
