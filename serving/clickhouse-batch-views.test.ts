// What a read asks of ClickHouse, counted, over a store that knows chunk versions only: hot reads ask nothing, a new run
// costs the parts that it changed, and versions that are gone end the read. Real rows: serving.integration.test.ts.
import { expect, test } from 'vitest';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { BatchRead } from './batch-views.ts';
import { type ChunkVersions, noChunkVersions } from './chunk-versions.ts';
import { createClickHouseBatchViews } from './clickhouse-batch-views.ts';
import { testGeneration, testRun } from './test-live-world.ts';

const generation = testGeneration(1);
const newest = 2_862_000;
const end = (newest + 1) * generation.chunkMs;
const total: BatchRead = {
  rollup: 'order_minute',
  from: 0,
  to: end,
  starts: [0],
  steps: [6e13],
  groupBy: [],
  bases: ['orders'],
  where: {},
  not: {},
};

/** Chunks with one row each, of that many orders. `lost` of them are known and not there. */
function createStore() {
  const chunks = new Map<number, { run: string; orders: number; lost: boolean }>();
  const asked: { firstChunk: number; lastChunk: number }[] = [];
  const runs = { count: 0, statements: 0 };
  let versions: ChunkVersions = noChunkVersions;
  const hash = (chunk: number, run: string) => BigInt(chunk) * 1_000n + BigInt(Number.parseInt(run, 16));
  const store: Pick<ClickHouse, 'query'> = {
    async query<Row>(sql: string, params: Readonly<Record<string, unknown>> = {}): Promise<Row[]> {
      runs.statements += 1;
      const { firstChunk, lastChunk } = params as { firstChunk: number; lastChunk: number };
      const within = [...chunks].filter(([chunk]) => chunk >= firstChunk && chunk <= lastChunk);
      const present = within.filter(([, { lost }]) => !lost);
      if (sql.includes('AS present')) {
        const seen = BigInt.asUintN(
          64,
          within.reduce((sum, [chunk, { run }]) => sum + hash(chunk, run), 0n),
        );
        return [
          { present: String(present.length), hash: String(seen), pinned: '1', published: String(runs.count) },
        ] as Row[];
      }
      asked.push({ firstChunk, lastChunk });
      const orders = present.reduce((sum, [, chunk]) => sum + chunk.orders, 0);
      return [{ w: '0', m0: String(orders), allFacts: String(orders), earliest: '0' }] as Row[];
    },
  };
  let parent = '';
  return {
    chunks,
    asked,
    runs,
    views: createClickHouseBatchViews(store as ClickHouse, generation),
    /** A run that writes these chunks. */
    publish(changed: Readonly<Record<number, number>>) {
      const run = testRun(generation, parent, [0], 1);
      parent = run.run;
      runs.count += 1;
      const list = Object.entries(changed).map(([chunk, orders]) => [Number(chunk), orders] as const);
      for (const [chunk, orders] of list) chunks.set(chunk, { run: run.run, orders, lost: false });
      versions = versions.with(
        list.map(([chunk]) => ({ chunk, run: run.run, rows: [1, 1, 1, 1], hash: hash(chunk, run.run) })),
      );
      return { run, offChain: [], published: runs.count, versions };
    },
  };
}

const chunksOf = { [newest - 200_000]: 1, [newest - 500]: 20, [newest - 1]: 300, [newest]: 4_000 };

test('a hot read asks the store nothing; a run that changed nothing of its range neither', async () => {
  const { publish, views, runs } = createStore();
  const first = publish(chunksOf);
  const orders = async (pinned: typeof first, read = total) => (await views.read(pinned, read))[0]?.sums[0];
  expect(await orders(first)).toBe(4_321n);
  const cold = runs.statements;
  for (let i = 0; i < 100; i += 1) expect(await orders(first)).toBe(4_321n);
  expect(await orders(publish({}))).toBe(4_321n);
  expect(runs.statements).toBe(cold);
  const yesterday = { ...total, to: (newest - 499) * generation.chunkMs };
  expect(await orders(publish({ [newest]: 5_000 }), yesterday)).toBe(21n);
  const before = runs.statements;
  expect(await orders(publish({ [newest]: 6_000 }), yesterday)).toBe(21n);
  expect(runs.statements).toBe(before);
});

test('a run costs the parts that it changed, and no other', async () => {
  const { publish, views, asked } = createStore();
  await views.read(publish(chunksOf), total);
  asked.length = 0;
  expect((await views.read(publish({ [newest]: 4_001 }), total))[0]?.sums).toEqual([4_322n]);
  expect(asked).toEqual([{ firstChunk: newest, lastChunk: newest }]);
  asked.length = 0;
  // A late one, three days old.
  expect((await views.read(publish({ [newest - 500]: 21, [newest]: 4_002 }), total))[0]?.sums).toEqual([4_324n]);
  expect(asked).toHaveLength(2);
  expect(asked[0]!.lastChunk - asked[0]!.firstChunk).toBeLessThan(1_024);
});

test('versions that were collected and rows that were lost end the read: never a low number', async () => {
  const { publish, views, chunks, runs } = createStore();
  const pinned = publish(chunksOf);
  chunks.get(newest)!.lost = true;
  await expect(views.read(pinned, total)).rejects.toMatchObject({ fields: { code: 'run-unreadable', status: 503 } });
  chunks.get(newest)!.lost = false;
  // An older version stands where the pinned one was, with as many rows.
  const { run } = chunks.get(newest)!;
  chunks.get(newest)!.run = '000000000000-00000001';
  await expect(views.read(pinned, total)).rejects.toMatchObject({ fields: { code: 'run-unreadable' } });
  chunks.get(newest)!.run = run;
  // What was whole is kept: of four parts only the one that failed is asked again.
  runs.statements = 0;
  expect((await views.read(pinned, total))[0]?.sums).toEqual([4_321n]);
  expect(runs.statements).toBe(2);
});
