// The promise on the real stack: random orders in, batch runs at random moments, and after every step each answer equals
// the oracle over exactly the events below its vector, less the deferred ones that it states.
import { afterEach, describe, expect, inject, test } from 'vitest';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import { distinctCustomers, itemTotals, orderTotals, type Prefix, prefixOf } from '../schemas/oracle.ts';
import { encodeToken } from '../schemas/token.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import type { SpeedLayer } from '../speed-layer/speed-layer.ts';
import { type LogReader, openLogReader } from './log-reader.ts';
import { openPipeline, type Pipeline, type PipelineOptions, type TestServing } from './pipeline.ts';
import { createRandomOrders } from './random-orders.ts';
import { until } from './until.ts';

interface Provenance {
  readonly run: string;
  readonly tidemark: OffsetVector;
  readonly vector: OffsetVector;
  readonly deferredRecords: number;
  readonly liveShare: number;
  readonly token: string;
  readonly audit: { readonly state: string; readonly events: number };
  readonly notes: readonly string[];
}
type Row = Record<string, string | number | undefined>;
interface Answer {
  readonly rows: readonly Row[];
  readonly provenance: Provenance;
}

interface World {
  readonly pipeline: Pipeline;
  readonly serving: TestServing;
  readonly reader: LogReader;
  speed: SpeedLayer;
}

let world: World | undefined;
afterEach(async () => {
  if (!world) return;
  const { pipeline, serving, reader, speed } = world;
  world = undefined;
  await serving[Symbol.asyncDispose]();
  await speed[Symbol.asyncDispose]();
  await reader[Symbol.asyncDispose]();
  await pipeline[Symbol.asyncDispose]();
});

async function openWorld(options: Omit<PipelineOptions, 'stack'>): Promise<World> {
  const pipeline = await openPipeline({ stack: inject('stack'), ...options });
  const speed = await pipeline.openSpeed();
  await until('speed is counting', () => speed.waitingFor() === undefined);
  const serving = await pipeline.openServing();
  const reader = await openLogReader(pipeline.brokers, pipeline.topic, pipeline.generation.rules);
  world = { pipeline, serving, reader, speed };
  return world;
}

async function ask(serving: TestServing, query: string): Promise<Answer> {
  const response = await serving.app.inject(`/v1/query?${query}&provenance=full`);
  expect(response.statusCode, response.body).toBe(200);
  return response.json<Answer>();
}

const orderMeasures = [
  'orders',
  'grossMinor',
  'cancelledOrders',
  'cancelledMinor',
  'refunds',
  'refundedMinor',
  'netMinor',
  'units',
  'fulfilledOrders',
] as const;
const range = 'from=2020-01-01T00:00:00Z&to=2030-01-01T00:00:00Z';
const dayOf = (ms: number) => `${new Date(ms).toISOString().slice(0, 10)}T00:00:00+00:00`;

interface Check {
  readonly query: string;
  readonly found: (rows: readonly Row[]) => Map<string, unknown>;
  readonly expected: (prefix: Prefix) => Map<string, unknown>;
}

const ordersBy = (
  query: string,
  columns: readonly string[],
  groupOf: (event: OrderEvent) => string | undefined,
): Check => ({
  query: `measures=${orderMeasures.join(',')}&${range}&${query}`,
  found: (rows) =>
    new Map(
      rows.map((row) => [
        columns.map((c) => row[c]).join('|'),
        Object.fromEntries(orderMeasures.map((m) => [m, row[m]])),
      ]),
    ),
  expected: (prefix) => orderTotals(prefix.counted, groupOf),
});

const checks: readonly Check[] = [
  ordersBy('by=store,currency', ['store', 'currency'], (e) => `${e.storeId}|${e.currency}`),
  ordersBy('by=currency&window=day', ['windowStart', 'currency'], (e) => `${dayOf(e.occurredAt)}|${e.currency}`),
  ordersBy(
    'by=currency&window=day&attribution=order',
    ['windowStart', 'currency'],
    (e) => `${dayOf(e.placedAt ?? e.occurredAt)}|${e.currency}`,
  ),
  ordersBy('by=channel&where.currency=JPY&not.store=West', ['channel'], (e) =>
    e.currency === 'JPY' && e.storeId !== 'West' ? e.channel : undefined,
  ),
  {
    query: `measures=units,itemMinor&by=category,currency&${range}`,
    found: (rows) =>
      new Map(
        rows.map((row) => [
          `${row['category']}|${row['currency']}`,
          { units: row['units'], itemMinor: row['itemMinor'] },
        ]),
      ),
    expected: (prefix) => itemTotals(prefix.counted, (event, item) => `${item.category}|${event.currency}`),
  },
  {
    query: `measures=units,itemMinor&by=sku,currency&where.store=East&where.store=S%C3%BCd&${range}`,
    found: (rows) =>
      new Map(
        rows.map((row) => [`${row['sku']}|${row['currency']}`, { units: row['units'], itemMinor: row['itemMinor'] }]),
      ),
    expected: (prefix) =>
      itemTotals(prefix.counted, (event, item) =>
        event.storeId === 'West' ? undefined : `${item.sku}|${event.currency}`,
      ),
  },
  {
    query: `measures=customers&by=store&${range}`,
    found: (rows) => new Map(rows.map((row) => [row['store'] as string, row['customers']])),
    expected: (prefix) => distinctCustomers(prefix.counted, (event) => event.storeId),
  },
  {
    // Of several rollups.
    query: `measures=refunds,customers&by=currency&window=day&${range}`,
    found: (rows) =>
      new Map(rows.map((row) => [`${row['windowStart']}|${row['currency']}`, [row['refunds'], row['customers']]])),
    expected({ counted }) {
      const groupOf = (event: OrderEvent) => `${dayOf(event.occurredAt)}|${event.currency}`;
      const customers = distinctCustomers(counted, groupOf);
      return new Map(
        [...orderTotals(counted, groupOf)].map(([group, { refunds }]) => [group, [refunds, customers.get(group) ?? 0]]),
      );
    },
  },
];

/** Asks everything, compares with the oracle at each answer's own vector, and holds V and W against the answer before. */
async function checkAnswers({ serving, reader, pipeline }: World, before: Provenance | undefined): Promise<Provenance> {
  let last = before;
  for (const { query, found, expected } of checks) {
    const { rows, provenance } = await ask(serving, query);
    const { tidemark, vector, deferredRecords } = provenance;
    const prefix = prefixOf(await reader.upTo(vector), tidemark, vector, pipeline.generation.horizonMs);
    expect(found(rows), query).toEqual(expected(prefix));
    expect(deferredRecords).toBe(prefix.deferred);
    for (const [p, offset] of vector.entries()) {
      expect(offset).toBeGreaterThanOrEqual(last?.vector[p] ?? 0);
      expect(tidemark[p]).toBeGreaterThanOrEqual(last?.tidemark[p] ?? 0);
    }
    last = provenance;
  }
  return last!;
}

const covers = (next: ReadonlyMap<number, number>) => [0, 1, 2].map((p) => next.get(p) ?? 0);

describe.each([
  ['one hour', 60],
  ['twenty years, so that old orders are live too', 20 * 365 * 24 * 60],
])('with a horizon of %s', (_, horizonMinutes) => {
  test('every answer equals the oracle at its vector, with runs at random moments', { timeout: 120_000 }, async () => {
    const opened = await openWorld({ horizonMinutes, maxEpochRecords: 37 });
    const { pipeline } = opened;
    const orders = createRandomOrders(horizonMinutes);
    const runs: Promise<unknown>[] = [];
    let last: Provenance | undefined;
    let live = 0;
    for (let step = 0; step < 18; step += 1) {
      const next = await pipeline.produce(orders.next(15 + ((step * 31) % 60), Date.now()));
      // Some runs are waited for, some happen while answers are asked.
      if (step % 5 === 2) runs.push(pipeline.batch.makeRun());
      if (step % 7 === 4) await pipeline.batch.makeRun(covers(next));
      last = await checkAnswers(opened, last);
      live = Math.max(live, last.liveShare);
    }
    await Promise.all(runs);
    // Two writers at once: the partitions move, nothing is counted twice.
    const second = await pipeline.openSpeed();
    await until('the second has partitions', () => second.writers.size > 0 && second.waitingFor() === undefined);
    await pipeline.produce(orders.next(60, Date.now()));
    last = await checkAnswers(opened, last);
    await second[Symbol.asyncDispose]();
    await until(
      'the first has them back',
      () => opened.speed.writers.size === 3 && opened.speed.waitingFor() === undefined,
    );
    // Redis is disposable: wiped while orders flow, exact again from the tidemark on.
    const next = await pipeline.produce(orders.next(60, Date.now()));
    await Promise.all((await pipeline.redis.keys(`${pipeline.redisPrefix}:*`)).map((key) => pipeline.redis.del(key)));
    last = await checkAnswers(opened, last);
    const covered = await pipeline.batch.makeRun(covers(next));
    expect(covered.covered).toBe(true);
    await until(
      'the answer stands on the run',
      async () => (await ask(opened.serving, `measures=orders&${range}`)).provenance.run === covered.run.run,
    );
    last = await checkAnswers(opened, last);
    expect(live).toBeGreaterThan(0.05);
    expect(last.audit.state).not.toBe('different');
  });
});

test('a number does not dip across ten runs made on demand while orders flow, and live events are audited equal', {
  timeout: 120_000,
}, async () => {
  const { pipeline, serving } = await openWorld({});
  const orders = createRandomOrders(5);
  const watch = new AbortController();
  const seen: { orders: number; run: string }[] = [];
  const watching = (async () => {
    while (!watch.signal.aborted) {
      const { rows, provenance } = await ask(serving, `measures=orders&${range}`);
      seen.push({ orders: Number(rows[0]!['orders']), run: provenance.run });
      // A hot answer does no I/O: without this the loop would never let the layers in this process go on.
      await new Promise(setImmediate);
    }
  })();
  let audited = 0;
  for (let run = 0; run < 10; run += 1) {
    const next = await pipeline.produce(orders.next(220, Date.now()));
    const outcome = await pipeline.batch.makeRun(covers(next));
    expect(outcome).toMatchObject({ kind: 'published', run: { audit: 'equal' } });
    audited += outcome.run.auditedEvents;
    await until('the watcher has seen the run', () => seen.at(-1)?.run === outcome.run.run);
  }
  watch.abort();
  await watching;
  expect(new Set(seen.map((one) => one.run)).size).toBeGreaterThanOrEqual(10);
  // Late orders are counted by the runs, so the number may only rise.
  for (const [i, { orders: count }] of seen.entries()) expect(count).toBeGreaterThanOrEqual(seen[i - 1]?.orders ?? 0);
  expect(audited).toBeGreaterThan(1_000);
});

test('a client that sends the token of its 202 sees its own write in the next answer', async () => {
  const { pipeline, serving } = await openWorld({});
  const orders = createRandomOrders(8);
  for (let i = 0; i < 5; i += 1) {
    const next = await pipeline.produce(orders.next(20, Date.now()));
    const token = encodeToken({ generation: pipeline.generation.id, run: '', vector: covers(next) });
    const { provenance } = await ask(serving, `measures=orders&${range}&atLeast=${token}`);
    for (const [p, offset] of next) expect(provenance.vector[p]).toBeGreaterThanOrEqual(offset);
  }
});
