// Redis is disposable: a Redis of the test's own is wiped, emptied, set back, filled up and made a replica under a running
// pipeline. Every answer equals the oracle at its own vector, which never falls, and in the end covers the whole log.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { orderTotals, prefixOf } from '../schemas/oracle.ts';
import { type LogReader, openLogReader } from './log-reader.ts';
import { type OwnRedis, openOwnRedis } from './own-redis.ts';
import { openPipeline, type Pipeline, type SpeedLayer, type TestServing } from './pipeline.ts';
import { createRandomOrders } from './random-orders.ts';
import { until } from './until.ts';

const resources = new AsyncDisposableStack();
const orders = createRandomOrders(77);
const ends = [0, 0, 0];
let own: OwnRedis;
let pipeline: Pipeline;
let speed: SpeedLayer;
let serving: TestServing;
let reader: LogReader;

beforeAll(async () => {
  own = resources.use(await openOwnRedis());
  pipeline = resources.use(await openPipeline({ stack: { ...inject('stack'), redisUrl: own.url } }));
  speed = await pipeline.openSpeed();
  resources.defer(() => speed[Symbol.asyncDispose]());
  await until('speed is counting', () => speed.waitingFor() === undefined);
  serving = resources.use(await pipeline.openServing());
  reader = resources.use(await openLogReader(pipeline.brokers, pipeline.topic, pipeline.generation.rules));
});
afterAll(() => resources.disposeAsync());

async function produce(count: number): Promise<void> {
  for (const [partition, next] of await pipeline.produce(orders.next(count, Date.now()))) ends[partition] = next;
}

interface Answer {
  readonly rows: readonly { readonly currency: string; readonly orders: number; readonly grossMinor: number }[];
  readonly provenance: { readonly tidemark: number[]; readonly vector: number[] };
}

const lastVectors = new WeakMap<TestServing, number[]>();

/** One answer, held against the oracle at its own vector and against the vector before. */
async function checkAnswer(from = serving): Promise<number[]> {
  const range = 'from=2020-01-01T00:00:00Z&to=2030-01-01T00:00:00Z';
  const response = await from.app.inject(`/v1/query?measures=orders,grossMinor&by=currency&${range}&provenance=full`);
  expect(response.statusCode, response.body).toBe(200);
  const { rows, provenance } = response.json<Answer>();
  const { tidemark, vector } = provenance;
  const prefix = prefixOf(await reader.upTo(vector), tidemark, vector, pipeline.generation.horizonMs);
  const expected = orderTotals(prefix.counted, (event) => event.currency);
  for (const row of rows)
    expect(row).toMatchObject({
      orders: expected.get(row.currency)?.['orders'],
      grossMinor: expected.get(row.currency)?.['grossMinor'],
    });
  expect(rows).toHaveLength(expected.size);
  for (const [p, offset] of vector.entries()) expect(offset).toBeGreaterThanOrEqual(lastVectors.get(from)?.[p] ?? 0);
  lastVectors.set(from, vector);
  return vector;
}

/** Asks on and on, each answer checked, until one covers all that was produced. */
function exactToTheEnd(from = serving): Promise<void> {
  return until('an answer covers the log', async () => (await checkAnswer(from)).every((w, p) => w >= ends[p]!));
}

/** A reader that remembers nothing of before sees it all too: what is in Redis is whole again. */
async function wholeForNewcomers(): Promise<void> {
  await using newcomer = await pipeline.openServing();
  await exactToTheEnd(newcomer);
}

test('FLUSHALL while no order comes: found without one, and counted again', async () => {
  await produce(120);
  await exactToTheEnd();
  await own.redis.flushall();
  await checkAnswer();
  await wholeForNewcomers();
  expect(await speed.metrics.registry.metrics()).toMatch(/tidemark_speed_resets_total{reason="no-state"} [1-9]/);
});

test('FLUSHALL in the middle of live traffic: every answer exact, W never falls', async () => {
  for (let step = 0; step < 6; step += 1) {
    await produce(40);
    if (step === 2) await own.redis.flushall();
    await checkAnswer();
  }
  await exactToTheEnd();
  await wholeForNewcomers();
});

test('Redis restarts empty', async () => {
  await produce(60);
  await own.stop();
  await own.startEmpty();
  await produce(60);
  await exactToTheEnd();
  await wholeForNewcomers();
});

test('an older snapshot is put back after readers have seen more: W stays, the writer recounts the same', async () => {
  await produce(60);
  await exactToTheEnd();
  const keys = await own.redis.keys('*');
  const before = await Promise.all(keys.map(async (key) => [key, await own.redis.dumpBuffer(key)] as const));
  // An epoch that readers have seen closed is in the newer state only.
  await produce(60);
  await pipeline.redis.publish(`${pipeline.redisPrefix}:${pipeline.generation.id}:cut`, '');
  await produce(60);
  await exactToTheEnd();
  const back = own.redis.multi().flushall();
  for (const [key, bytes] of before) back.restore(key, 0, bytes);
  await back.exec();
  await checkAnswer();
  await wholeForNewcomers();
  await produce(60);
  await exactToTheEnd();
  await wholeForNewcomers();
});

test('Redis is full: writes are refused whole, readiness says why, and it goes on when there is room', async () => {
  await own.redis.config('SET', 'maxmemory', '1');
  await produce(60);
  await until('it says so', () => /^partition \d: .*Redis is full \(maxmemory\)/.test(speed.waitingFor() ?? ''));
  await checkAnswer();
  await own.redis.config('SET', 'maxmemory', '0');
  await exactToTheEnd();
  await wholeForNewcomers();
  expect(await speed.metrics.registry.metrics()).toMatch(/tidemark_speed_start_overs_total{reason="store-full"} [1-9]/);
});

test('Redis becomes a replica and a master again', async () => {
  await own.redis.call('REPLICAOF', '127.0.0.1', '1');
  await produce(60);
  await until('it says so', () => speed.waitingFor()?.includes('read-only replica') === true);
  await checkAnswer();
  await own.redis.call('REPLICAOF', 'NO', 'ONE');
  await exactToTheEnd();
  await wholeForNewcomers();
});
