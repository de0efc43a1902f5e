// The batch layer on the real stack: runs, audit, dead letters.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import kafkajs from 'kafkajs';
import { claimArchivedTopic } from '../runtime/archived-topic.ts';
import { type ClickHouse, ensureTables } from '../runtime/clickhouse.ts';
import { createKafkaJs } from '../runtime/kafka/kafkajs-client.ts';
import { deadLetterTopicOf } from '../runtime/kafka/topics.ts';
import { encodeEvent } from '../schemas/codec.ts';
import type { Rollup } from '../schemas/definition.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import { generationOf } from '../runtime/shared-settings.ts';
import { partitionKeys } from '../schemas/layout-redis.ts';
import { partitionOf } from '../schemas/murmur2.ts';
import { createBatchRunner, runLimits } from './batch-runner.ts';
import { createClickHouseArchiveStore } from './clickhouse-archive-store.ts';
import { createClickHouseRunStore } from './clickhouse-run-store.ts';
import { createRedisSpeedState } from './redis-speed-state.ts';
import { openPipeline, type Pipeline, type SpeedLayer } from '../test/pipeline.ts';
import { createRandomOrders } from '../test/random-orders.ts';
import { until } from '../test/until.ts';

let pipeline: Pipeline;
let speed: SpeedLayer;
beforeAll(async () => {
  pipeline = await openPipeline({ stack: inject('stack') });
  speed = await pipeline.openSpeed();
  await until('speed is counting', () => speed.waitingFor() === undefined);
});
afterAll(async () => {
  await speed[Symbol.asyncDispose]();
  await pipeline[Symbol.asyncDispose]();
});

const orders = createRandomOrders(11);
const vectorOf = (next: ReadonlyMap<number, number>) => [0, 1, 2].map((partition) => next.get(partition) ?? 0);

describe('a batch run', () => {
  test('that covers a vector counts every record below it, and its audit of the live counters is equal', async () => {
    const next = await pipeline.produce(orders.next(400, Date.now()));
    const outcome = await pipeline.batch.makeRun(vectorOf(next));
    expect(outcome).toMatchObject({
      kind: 'published',
      covered: true,
      run: { audit: 'equal', tidemark: vectorOf(next) },
    });
    const { counted, duplicate, rejected, gap, auditedEvents } = outcome.run;
    const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
    expect(sum(counted) + sum(duplicate) + sum(rejected) + sum(gap)).toBe(400);
    expect(sum(duplicate)).toBeGreaterThan(0);
    expect(auditedEvents).toBeGreaterThan(100);
  });

  test('without anything new publishes nothing', async () => {
    expect(await pipeline.batch.makeRun()).toMatchObject({ kind: 'unchanged' });
  });

  test('says so, with evidence, where a live counter was changed behind its back; the batch value stands', async () => {
    const next = await pipeline.produce(orders.next(200, Date.now()));
    await until('it is flushed', () =>
      [...next].every(([p, offset]) => (speed.writers.get(p)?.flushedNext ?? 0) >= offset),
    );
    const partition = [...next.keys()][0]!;
    const { generation, redis, redisPrefix } = pipeline;
    const keys = partitionKeys(redisPrefix, generation, partition);
    const epoch = Number(await redis.hget(keys.state, 'epoch'));
    const cellsKey = keys.epoch(epoch)[2]!;
    const [[field, cell]] = Object.entries(await redis.hgetall(cellsKey)) as [[string, string]];
    const [facts, ...rest] = cell.split(',').map(Number);
    await redis.hset(cellsKey, field, [facts, rest[0]! + 1, ...rest.slice(1)].join(','));
    const outcome = await pipeline.batch.makeRun(vectorOf(next));
    expect(outcome).toMatchObject({ kind: 'published', run: { audit: 'different' } });
    expect(outcome.run.auditNote).toMatch(/^order_minute \d{4}-.*: batch .*, live /);
  });

  test('is not published where the archive does not account for each offset', async () => {
    const { clickhouse, generation } = pipeline;
    const before = await pipeline.batch.makeRun();
    const end = before.run.tidemark[0]!;
    // A log row that claims three offsets of which nothing was inserted, as if rows had been lost.
    const row = {
      archive: generation.archiveId,
      partition: 0,
      from: end,
      to: end + 3,
      rows: 3,
      chunks: [2_900_000],
      rejected: [],
      gaps: [],
      insertedAt: 0,
    };
    await clickhouse.insertRows(tables.archiveLog, [row]);
    const cover = before.run.tidemark.map((offset, p) => (p === 0 ? end + 3 : offset));
    await pipeline.redis.del(partitionKeys(pipeline.redisPrefix, generation, 0).state);
    await expect(pipeline.batch.makeRun(cover)).rejects.toThrow(
      /partition 0: the archive holds 0 events, 0 rejected, 0 in gaps/,
    );
    const [current] = await clickhouse.query<{ run: string }>(`SELECT max(run) AS run FROM ${tables.batchRuns}`);
    expect(current?.run).toBe(before.run.run);
    await clickhouse.command(
      `ALTER TABLE ${tables.archiveLog} DELETE WHERE rows = 3 AND insertedAt = 0 SETTINGS mutations_sync = 1`,
    );
  });
});

test('poison is passed by, kept with its raw bytes, reason and origin, and shown by the status', async () => {
  const { topic, brokers, generation } = pipeline;
  const [good] = orders.next(1, Date.now());
  const wrongCurrency = encodeEvent({ ...good!, currency: 'XYZ' });
  const wrongSchema = encodeEvent(good!);
  wrongSchema.writeInt32BE(77, 1);
  const key = good!.orderId;
  const partition = partitionOf(key, generation.partitions);
  const stranger = ['a', 'b', 'c', 'd', 'e', 'f'].find(
    (other) => partitionOf(other, generation.partitions) === partition,
  )!;
  const poison = [
    { key, value: Buffer.from([1, 2, 3, 250, 251]), code: 'bad-frame' },
    { key, value: wrongSchema, code: 'unknown-schema' },
    { key, value: wrongCurrency, code: 'unknown-value' },
    { key: stranger, value: encodeEvent(good!), code: 'key-mismatch' },
  ];
  await pipeline.producer.send(
    topic,
    poison.map(({ key, value }) => ({ key, value, headers: { shop: 'seven' } })),
  );
  const next = await pipeline.produce([{ ...good!, eventId: '00000000-0000-4000-8000-00000000abcd' }]);
  const outcome = await pipeline.batch.makeRun(vectorOf(next));
  expect(outcome.covered).toBe(true);
  expect(outcome.run.rejected[partition]).toBe(4);
  expect(outcome.run.audit).toBe('equal');

  const consumer = createKafkaJs({ brokers, clientId: 'test' }).consumer({ groupId: `${topic}-dlq-reader` });
  await consumer.connect();
  await consumer.subscribe({ topic: deadLetterTopicOf(topic), fromBeginning: true });
  const letters = new Map<string, { value: Buffer | null; headers: Record<string, string> }>();
  await consumer.run({
    eachMessage: async ({ message }) => {
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      );
      letters.set(String(message.key), { value: message.value, headers });
    },
  });
  await until('four dead letters', () => letters.size >= 4);
  await consumer.disconnect();
  const found = [...letters.values()].toSorted(
    (a, b) => Number(a.headers['tidemark-origin-offset']) - Number(b.headers['tidemark-origin-offset']),
  );
  expect(found.map((letter) => letter.headers['tidemark-reason'])).toEqual(poison.map((one) => one.code));
  expect(found.map((letter) => letter.value)).toEqual(poison.map((one) => one.value));
  for (const { headers } of found) {
    expect(headers).toMatchObject({
      'tidemark-origin-topic': topic,
      'tidemark-origin-partition': String(partition),
      shop: 'seven',
    });
  }
  await using serving = await pipeline.openServing();
  const status = async () =>
    (await serving.app.inject('/v1/status')).json<{
      deadLetters: { total: number; byReason: object; newest: object[] };
    }>().deadLetters;
  await until('the status shows them', async () => (await status()).total === 4);
  expect(await status()).toMatchObject({
    byReason: { 'bad-frame': 1, 'unknown-schema': 1, 'unknown-value': 1, 'key-mismatch': 1 },
    newest: expect.arrayContaining([{ partition, offset: expect.any(Number), reason: 'key-mismatch' }]),
  });
  expect([...letters.keys()][0]).toMatch(new RegExp(`^${topic}/${partition}/\\d+$`));
});

describe('a batch run when things go wrong', () => {
  /** A pipeline of its own: what is done to it here must not reach the other tests. */
  async function openWorld(options: { partitions?: number; batchMaxRunRecords?: number } = {}) {
    const world = await openPipeline({ stack: inject('stack'), ...options });
    const partitions = world.generation.partitions;
    return {
      world,
      orders: createRandomOrders(3),
      vector: (next: ReadonlyMap<number, number>) => Array.from({ length: partitions }, (_, p) => next.get(p) ?? 0),
      /** Facts in the chunk versions that a run sees: as many as it says to have counted, if nothing is wrong. */
      async factsSeenBy(run: string, generation = world.generation) {
        const [rollup] = generation.definition.rollups;
        const [row] = await world.clickhouse.query<{ facts: string }>(
          `SELECT sum(facts) AS facts FROM ${viewTable(generation, rollup!)} WHERE (chunk, run) IN
             (SELECT chunk, max(run) FROM ${tables.runChunks} WHERE generation = {generation:String} AND run <= {run:String} GROUP BY chunk)`,
          { generation: generation.id, run },
        );
        return Number(row!.facts);
      },
      runnerOf: (clickhouse: ClickHouse, generation = world.generation) =>
        createBatchRunner({
          runs: createClickHouseRunStore(clickhouse, generation),
          generation,
          limits: runLimits,
          archive: createClickHouseArchiveStore(clickhouse, generation, Date.now),
          speedState: createRedisSpeedState(world.redis, world.redisPrefix, generation),
          log: world.log,
          clock: Date.now,
          randomBits: () => 7,
          nudgeArchiver: () => undefined,
          checkArchive: async () => undefined,
        }),
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  }
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

  test('is given up where an overlapping range is logged in its middle, and the next one counts all', async () => {
    await using opened = await openWorld();
    const { world, orders, vector, factsSeenBy, runnerOf } = opened;
    await world.batch.makeRun(vector(await world.produce(orders.next(300, Date.now()))));
    const [old] = await world.clickhouse.query<{ chunk: number }>(
      `SELECT min(chunk) AS chunk FROM ${tables.runChunks}`,
    );
    const [[partition, end]] = [...(await world.produce(orders.next(1, Date.now())))] as [[number, number]];
    const archive = createClickHouseArchiveStore(world.clickhouse, world.generation, Date.now);
    await until('archived', async () => ((await archive.archivedVector())[partition] ?? 0) >= end);
    // Two archivers for a moment: the other one's range reaches over the same offset, and into an older chunk.
    let injected = false;
    const clickhouse: ClickHouse = {
      ...world.clickhouse,
      async command(sql, params) {
        await world.clickhouse.command(sql, params);
        if (injected) return;
        injected = true;
        const range = {
          archive: world.generation.archiveId,
          partition,
          from: end - 1,
          to: end,
          rows: 1,
          chunks: [old!.chunk],
        };
        await world.clickhouse.insertRows(tables.archiveLog, [{ ...range, rejected: [], gaps: [], insertedAt: 1 }]);
      },
    };
    const cover = [0, 1, 2].map((p) => (p === partition ? end : 0));
    const runner = runnerOf(clickhouse);
    await expect(runner.run(cover)).rejects.toThrow(/logged meanwhile|not to be recomputed/);
    const { run } = await runner.run(cover);
    expect(await factsSeenBy(run.run)).toBe(sum(run.counted));
  });

  test('of a new generation counts what the archive holds and the log has lost', async () => {
    await using opened = await openWorld({ partitions: 1 });
    const { world, orders, vector, factsSeenBy, runnerOf } = opened;
    const first = await world.batch.makeRun(vector(await world.produce(orders.next(300, Date.now()))));
    const other = generationOf({ ...world.settings, horizonMinutes: 61 });
    await ensureTables(world.settings, other, Date.now());
    const runner = runnerOf(world.clickhouse, other);
    await runner.begin([200]); // retention took the first 200 offsets
    const { run } = await runner.run(first.run.tidemark);
    expect(sum(run.counted)).toBe(sum(first.run.counted));
    expect(await factsSeenBy(run.run, other)).toBe(sum(first.run.counted));
  });

  test('of a generation with one rollup more is made from what the older one archived, and leaves its views alone', async () => {
    await using opened = await openWorld({ partitions: 1 });
    const { world, orders, vector, factsSeenBy, runnerOf } = opened;
    const { generation, clickhouse } = world;
    const rollups = generation.definition.rollups.slice(0, -1);
    const older = { ...generation, id: '0123456789ab', definition: { ...generation.definition, rollups } };
    await ensureTables(world.settings, older, Date.now());
    const runner = runnerOf(clickhouse, older);
    await runner.begin([0]);
    const next = vector(await world.produce(orders.next(300, Date.now())));
    const before = (await runner.run(next)).run;
    const after = (await world.batch.makeRun(next)).run;
    expect(after.counted).toEqual(before.counted);
    const ordersIn = async (of: typeof generation, rollup: Rollup) =>
      Number((await clickhouse.query<{ n: string }>(`SELECT sum(orders) AS n FROM ${viewTable(of, rollup)}`))[0]!.n);
    const counted = await ordersIn(generation, generation.definition.rollups.at(-1)!);
    expect(counted).toBeGreaterThan(100);
    expect(counted).toBe(await ordersIn(older, rollups[0]!));
    expect(await factsSeenBy(before.run, older)).toBe(sum(before.counted));
  });

  test('makes lost view rows again; until then no answer is too low without saying so', async () => {
    await using opened = await openWorld();
    const { world, orders, vector, factsSeenBy, runnerOf } = opened;
    await world.batch.makeRun(vector(await world.produce(orders.next(300, Date.now()))));
    await using serving = await world.openServing();
    const ask = async () => {
      const answer = await serving.app.inject('/v1/query?measures=orders&from=2020-01-01&to=2100-01-01');
      return answer.json<{ code?: string; rows?: { orders: number }[]; provenance?: { run: string } }>();
    };
    for (const rollup of world.generation.definition.rollups) {
      await world.clickhouse.command(`TRUNCATE TABLE ${viewTable(world.generation, rollup)}`);
    }
    expect(await ask()).toMatchObject({ code: 'run-unreadable' });
    const { kind, run } = await runnerOf(world.clickhouse).run(); // as after a restart: a first run looks at all of them
    expect(kind).toBe('published');
    expect(await factsSeenBy(run.run)).toBe(sum(run.counted));
    await until('answers stand on the run', async () => (await ask()).provenance?.run === run.run);
    expect((await ask()).rows?.[0]?.orders).toBeGreaterThan(100);
    expect(run).toMatchObject({ audit: 'not-compared', auditNote: expect.stringContaining('were made again') });
  });

  test('takes as much as one run may, and the next follows at once until all is covered', async () => {
    await using opened = await openWorld({ batchMaxRunRecords: 100 });
    const { world, orders, vector, factsSeenBy } = opened;
    const next = vector(await world.produce(orders.next(350, Date.now())));
    const { run, covered } = await world.batch.makeRun(next);
    expect(covered).toBe(true);
    expect(await factsSeenBy(run.run)).toBe(sum(run.counted));
    const runs = await world.clickhouse.query<{ tidemark: string[] }>(
      `SELECT tidemark FROM ${tables.batchRuns} ORDER BY run`,
    );
    const counted = runs.map(({ tidemark }) => sum(tidemark.map(Number)));
    expect(counted.length).toBeGreaterThanOrEqual(5); // run 0, and four of at most 100
    for (const [i, records] of counted.slice(1).entries()) expect(records - counted[i]!).toBeLessThanOrEqual(100);
  });

  test('is given up where view rows are lost while it makes them, whichever, and none is announced too low', async () => {
    await using opened = await openWorld();
    const { world, orders, vector, factsSeenBy, runnerOf } = opened;
    const { definition } = world.generation;
    await world.batch.makeRun(vector(await world.produce(orders.next(300, Date.now()))));
    for (const rollup of definition.rollups) {
      const next = vector(await world.produce(orders.next(60, Date.now())));
      let made = 0;
      const clickhouse: ClickHouse = {
        ...world.clickhouse,
        async command(sql, params) {
          await world.clickhouse.command(sql, params);
          made += 1;
          if (made !== definition.rollups.length) return;
          await world.clickhouse.command(`TRUNCATE TABLE ${viewTable(world.generation, rollup)}`);
        },
      };
      await expect(runnerOf(clickhouse).run(next)).rejects.toMatchObject({ code: 'views-lost' });
    }
    const { run } = await runnerOf(world.clickhouse).run();
    expect(await factsSeenBy(run.run)).toBe(sum(run.counted));
  });

  test('takes lost view rows for no difference of the live counters, and makes them again', async () => {
    await using opened = await openWorld();
    const { world, orders, vector, factsSeenBy, runnerOf } = opened;
    await using speed = await world.openSpeed();
    await until('speed is counting', () => speed.waitingFor() === undefined);
    const runner = runnerOf(world.clickhouse);
    await runner.run(vector(await world.produce(orders.next(300, Date.now()))));
    for (const rollup of world.generation.definition.rollups) {
      await world.clickhouse.command(`TRUNCATE TABLE ${viewTable(world.generation, rollup)}`);
    }
    const next = vector(await world.produce(orders.next(300, Date.now())));
    await expect(runner.run(next)).rejects.toMatchObject({ code: 'views-lost' });
    const { run } = await runner.run(next);
    expect(run.audit).toBe('not-compared');
    expect(await factsSeenBy(run.run)).toBe(sum(run.counted));
  });

  test('goes on after its runs were wiped', async () => {
    await using opened = await openWorld();
    const { world, orders, vector, factsSeenBy } = opened;
    await world.batch.makeRun(vector(await world.produce(orders.next(30, Date.now()))));
    await world.clickhouse.command(`TRUNCATE TABLE ${tables.batchRuns}`);
    const { run, covered } = await world.batch.makeRun(vector(await world.produce(orders.next(30, Date.now()))));
    expect(covered).toBe(true);
    expect(await factsSeenBy(run.run)).toBe(sum(run.counted));
  });

  test('is not stopped by poison that is too large for a dead letter, or that cannot be unpacked', async () => {
    await using opened = await openWorld({ partitions: 1 });
    const { world, orders, vector } = opened;
    await using speed = await world.openSpeed();
    const foreign = createKafkaJs({ brokers: world.brokers, clientId: 'test' }).producer();
    await foreign.connect();
    await foreign.send({ topic: world.topic, messages: [{ key: 'x', value: Buffer.alloc(950_000, 7) }] });
    const compression = kafkajs.CompressionTypes.GZIP;
    await foreign.send({ topic: world.topic, compression, messages: [{ key: 'x', value: Buffer.alloc(70 << 20, 7) }] });
    await foreign.disconnect();
    const next = await world.produce(orders.next(20, Date.now()));
    const { run, covered } = await world.batch.makeRun(vector(next));
    expect(covered).toBe(true);
    expect(run.rejected).toEqual([2]);
    await until('speed has passed them too', () => speed.writers.get(0)?.flushedNext === next.get(0));
  });

  test('an archive refuses a topic that was made anew under the same name', async () => {
    await using opened = await openWorld();
    const { clickhouse, generation } = opened.world;
    await expect(claimArchivedTopic(clickhouse, generation, 'another-id', 0)).rejects.toThrow(
      /was made anew.*bring the old topic/is,
    );
  });
});
