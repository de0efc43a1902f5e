// Tables of ClickHouse that are lost or set back while everything runs: the system comes back by itself to exact answers,
// and answers in between are exact or refused.
import { expect, inject, test } from 'vitest';
import { collect } from '../batch-layer/collector.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import type { BatchRead } from '../serving/batch-views.ts';
import { openPipeline } from './pipeline.ts';
import { createRandomOrders } from './random-orders.ts';
import { until } from './until.ts';

async function openWorld() {
  const resources = new AsyncDisposableStack();
  const world = resources.use(await openPipeline({ stack: inject('stack') }));
  const speed = resources.use(await world.openSpeed());
  const orders = createRandomOrders(5);
  const placed = new Set<string>();
  let vector = [0, 0, 0];
  const countOf = async (sql: string) => Number((await world.clickhouse.query<{ n: string }>(sql))[0]!.n);
  return {
    ...world,
    resources,
    speed,
    countOf,
    async produce(events: readonly OrderEvent[] = orders.next(100, Date.now())): Promise<void> {
      for (const event of events) {
        if (event.type !== 'OrderPlaced') continue;
        placed.add(JSON.stringify([event.orderId, event.eventId, event.occurredAt]));
      }
      const next = await world.produce(events);
      vector = vector.map((offset, partition) => next.get(partition) ?? offset);
    },
    run: () => world.batch.makeRun(vector),
    placed: () => placed.size,
    vector: () => vector,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
type World = Awaited<ReturnType<typeof openWorld>>;

async function openReader(world: World) {
  const serving = world.resources.use(await world.openServing());
  type Body = { code?: string; rows?: { orders: number }[]; provenance?: { run: string; notes?: string[] } };
  let asked = 0;
  return {
    serving,
    /** Another filter each time: no answer comes from memory. */
    async ask(): Promise<Body> {
      const not = `not.store=none-${(asked += 1)}`;
      const answer = await serving.app.inject(`/v1/query?measures=orders&from=2010-01-01&to=2100-01-01&${not}`);
      return answer.json<Body>();
    },
  };
}

test('runs wiped: answers are refused until the new runs have counted what was answered, then exact', async () => {
  await using world = await openWorld();
  await world.produce();
  await world.run();
  const { ask } = await openReader(world);
  expect((await ask()).rows?.[0]?.orders).toBe(world.placed());
  await world.clickhouse.command(`TRUNCATE TABLE ${tables.batchRuns}`);
  expect((await ask()).code).toBe('run-unreadable');
  await world.produce();
  const { run } = await world.run();
  await until('the new run is adopted', async () => {
    const { rows, code, provenance } = await ask();
    if (!rows) expect(code).toBe('run-unreadable');
    else expect(rows[0]!.orders).toBe(world.placed());
    return provenance?.run === run.run;
  });
});

test('announced chunks wiped: answers are refused, not too low, until all views are made again', async () => {
  await using world = await openWorld();
  await world.produce();
  await world.run();
  const { ask } = await openReader(world);
  await world.clickhouse.command(`TRUNCATE TABLE ${tables.runChunks}`);
  expect((await ask()).code).toBe('run-unreadable');
  await expect(world.run()).rejects.toMatchObject({ code: 'views-lost' });
  const { run } = await world.run();
  await until('the new run is adopted', async () => (await ask()).provenance?.run === run.run);
  expect((await ask()).rows?.[0]?.orders).toBe(world.placed());
});

test('the archive wiped or partly lost: it is archived again from the log, and no run counts less meanwhile', async () => {
  await using world = await openWorld();
  await world.produce();
  const first = await world.run();
  await world.clickhouse.command(`TRUNCATE TABLE ${tables.orderEvents}`);
  await world.clickhouse.command(`TRUNCATE TABLE ${tables.archiveLog}`);
  await world.produce();
  expect((await world.run()).run).toMatchObject({ parent: first.run.run, audit: 'equal' });
  const metrics = (await world.batch.app.inject('/metrics')).body;
  expect(metrics).toMatch(/^tidemark_batch_records_total 200$/m);
  expect(metrics).toMatch(/^tidemark_archive_lag_records 0$/m);
  expect(metrics).toMatch(/^tidemark_batch_tidemark_lag_records 0$/m);
  // Now rows under intact log rows; an order of the same minutes makes their chunks again.
  await world.clickhouse.command(`DELETE FROM ${tables.orderEvents} WHERE offset % 3 = 0`);
  await world.produce();
  await expect(world.run()).rejects.toMatchObject({ code: 'archive-incomplete' });
  await expect(world.run()).rejects.toThrow(/archived again: partition/);
  await until('a run is published', async () => (await world.run().catch(() => undefined))?.covered === true);
  const { ask } = await openReader(world);
  expect((await ask()).rows?.[0]?.orders).toBe(world.placed());
  const events = await world.countOf(`SELECT uniqExact(partition, offset) AS n FROM ${tables.orderEvents}`);
  expect(events).toBe(300);
});

test('archived rows lost before a speed layer takes over: copies sent meanwhile never count twice, and it goes on by itself', async () => {
  await using world = await openWorld();
  const events = createRandomOrders(5).next(100, Date.now());
  await world.produce(events);
  await world.run();
  const { ask } = await openReader(world);
  await world.speed[Symbol.asyncDispose]();
  await world.clickhouse.command(`DELETE FROM ${tables.orderEvents} WHERE offset % 3 = 0`);
  await using speed = await world.openSpeed();
  await world.produce(events);
  const why = () => speed.waitingFor() ?? '';
  await until('it says why it does not count', () => why().includes('the archive holds'));
  expect(why()).toMatch(/^partition \d: of offsets 0 to \d+ the archive holds \d+ of \d+ events: a copy could count/);
  let asked = 0;
  const expectOnce = async () => {
    const { rows } = await ask();
    expect(rows?.[0]?.orders).toBe(world.placed());
    asked += 1;
  };
  await expectOnce();
  await until('the rows are archived again and counted live', async () => {
    await expectOnce();
    await world.run().catch(() => undefined);
    return speed.waitingFor() === undefined;
  });
  await world.produce(events);
  await until('the copies are judged live', async () => {
    await expectOnce();
    return [...speed.writers.values()].every((writer) => writer.flushedNext === world.vector()[writer.partition]);
  });
  await expectOnce();
  expect(asked).toBeGreaterThan(3);
});

test('a reader that stands on a run whose rows were collected says so, and goes on with the newest', async () => {
  await using world = await openWorld();
  await world.produce();
  await world.run();
  const { serving, ask } = await openReader(world);
  const old = serving.layer.live.capture()!.pinned;
  await world.produce();
  const { run } = await world.run();
  const { clickhouse, generation, log } = world;
  await collect({ clickhouse, generation, log, clock: () => Date.now() + 1_000, keepViewsMs: 0, keepRunsMs: 0 });
  const [rollup] = generation.definition.rollups;
  const to = 4_102_444_800_000;
  const grid = { starts: [0], steps: [to] };
  const read: BatchRead = {
    rollup: rollup!.name,
    from: 0,
    to,
    ...grid,
    groupBy: [],
    bases: ['orders'],
    where: {},
    not: {},
  };
  const answer = serving.layer.batchViews.read(old, read);
  await expect(answer).rejects.toMatchObject({ fields: { code: 'run-unreadable' } });
  await until('the newest run is adopted', async () => (await ask()).provenance?.run === run.run);
  expect((await ask()).rows?.[0]?.orders).toBe(world.placed());
  expect(await world.countOf(`SELECT uniqExact(run) AS n FROM ${viewTable(generation, rollup!)}`)).toBeLessThanOrEqual(
    2,
  );
});
