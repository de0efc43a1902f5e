// Serving on the real engines: view rows, run rows and Redis keys written by hand as the layouts say, answers held to
// the oracle over exactly the offsets below W.
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { ensureTables, openClickHouse } from '../runtime/clickhouse.ts';
import { createLogger } from '../runtime/logger.ts';
import { connectRedis, openRedis, type Redis } from '../runtime/redis.ts';
import { decodeCellKey, encodeCell } from '../schemas/cells.ts';
import { compileFold, emptyCells } from '../schemas/fold.ts';
import { createGeneration } from '../schemas/generation.ts';
import { type BatchRun, tables, viewTable } from '../schemas/layout-clickhouse.ts';
import { channels, encodeEpochLedger, type FlushMessage, partitionKeys } from '../schemas/layout-redis.ts';
import { type LogEntry, orderTotals, prefixOf } from '../schemas/oracle.ts';
import { encodeToken } from '../schemas/token.ts';
import { createServingApp } from './app.ts';
import type { BatchRead } from './batch-views.ts';
import { createClickHouseBatchViews } from './clickhouse-batch-views.ts';
import type { PinnedRun } from './live-view.ts';
import { pinRun } from './pin-run.ts';
import { openServingLayer, type ServingLayer, type ServingLayerDependencies } from './serving-layer.ts';
import { openStores } from './stores.ts';
import { createWorld, testEvent } from './test-live-world.ts';
import { openStreamReader, type StreamReader } from './test-stream-reader.ts';

const stack = inject('stack');
const partitions = 2;
const horizonMs = 3_600_000;
const hashKey = randomBytes(16).toString('hex');
const generation = createGeneration({ topic: 'orders', partitions, horizonMs, hashKey });
const { definition } = generation;
const redisPrefix = `t-${hashKey.slice(0, 8)}`;
const options = {
  clickhouseUrl: stack.clickhouseUrl,
  clickhouseUser: 'default',
  clickhousePassword: '',
  clickhouseDatabase: `serving_${hashKey.slice(0, 8)}`,
};
const start = Date.UTC(2024, 2, 10, 4);

/** Two stores, refunds, duplicates, late events by minutes and days, amounts whose sum passes 2^53. */
const log: LogEntry[] = Array.from({ length: partitions * 60 }, (_, i) => {
  const [partition, offset] = [i % partitions, Math.floor(i / partitions)];
  const timestampMs = start + offset * 300_000;
  const late = offset % 9 === 8 ? 4 * 3_600_000 : offset % 23 === 22 ? 20 * 86_400_000 : 0;
  const copy = offset % 7 === 6;
  const number = copy ? offset - 1 : offset;
  const occurredAt = copy ? start + number * 300_000 - 60_000 : timestampMs - late - 60_000;
  const refund = number % 5 === 4;
  const event = testEvent({
    orderId: `${partition}-${number}`,
    storeId: number % 2 === 0 ? 'west' : 'east',
    occurredAt,
    type: refund ? 'OrderRefunded' : 'OrderPlaced',
    placedAt: refund ? occurredAt - 3 * 86_400_000 : null,
    amountMinor: number % 11 === 3 ? 1_000_000_000_000 : 1_000 + number,
    items: refund ? [] : [{ sku: 'a', name: null, category: 'c', quantity: 2, amountMinor: 500 }],
  });
  return { partition, offset, timestampMs, event: offset === 13 ? undefined : event };
});
const world = createWorld(generation, log);
const clickhouse = openClickHouse(options);
const logger = createLogger('test', 'silent');
const fold = compileFold(generation);
let redis: Redis;
let subscriber: Redis;
let writer: Redis;
let layer: ServingLayer;
let app: FastifyInstance;
/** Reads along through all tests. */
let reader: StreamReader | undefined;

async function storeEpoch(partition: number, from: number, to: number): Promise<void> {
  const epoch = world.epoch(partition, from, to);
  const [ledgerKey, , ...cellKeys] = partitionKeys(redisPrefix, generation, partition).epoch(from);
  await writer.hset(ledgerKey!, ...encodeEpochLedger(epoch.ledger, definition.rollups));
  for (const [i, key] of cellKeys.entries()) {
    const list = [...epoch.cells[i]!].flatMap(([field, cell]) => [field, encodeCell(cell)]);
    if (list.length > 0) await writer.hset(key, ...list);
  }
}

async function storeState(partition: number): Promise<void> {
  const keys = partitionKeys(redisPrefix, generation, partition);
  const state = world.states[partition]!;
  if (state.next > state.epoch) await storeEpoch(partition, state.epoch, state.next);
  for (const { from, to } of state.closed) {
    await storeEpoch(partition, from, to);
    await writer.zadd(keys.epochs, from, `${from}-${to}`);
  }
  await writer.hset(keys.state, {
    next: state.next,
    epoch: state.epoch,
    maxTimestamp: '',
    flushedAt: 1,
    leaderEpoch: 7,
  });
}

/** Positions whose log was compared, `partition: next in leader epoch`. */
const asked = new Set<string>();

async function flush(partition: number, records: number, close: boolean): Promise<FlushMessage> {
  world.flush(partition, records, close);
  await storeState(partition);
  return world.channel.at(-1)!;
}

const publishMessage = (message: FlushMessage) =>
  writer.publish(channels(redisPrefix, generation).flush, JSON.stringify(message));

/** Writes what a run over [0, V) would: every chunk that its increment touches, whole unless `missing`. */
async function publishRun(tidemark: number[], parent = world.runs.at(-1), missing = 0): Promise<BatchRun> {
  world.publish(tidemark);
  const before = prefixOf(log, parent?.tidemark ?? [0, 0], parent?.tidemark ?? [0, 0], horizonMs);
  const prefix = prefixOf(log, tidemark, tidemark, horizonMs);
  const per = (count: (p: number) => number) => Array.from({ length: partitions }, (_, p) => count(p));
  const within = (p: number) =>
    prefixOf(
      log.filter((e) => e.partition === p),
      tidemark,
      tidemark,
      horizonMs,
    );
  const run: BatchRun = {
    ...world.runs.pop()!,
    counted: per((p) => within(p).counted.length),
    duplicate: per((p) => within(p).duplicate),
    rejected: per((p) => log.filter((e) => e.partition === p && e.offset < tidemark[p]! && !e.event).length),
    newestEventAt: Math.max(0, ...prefix.counted.map((e) => e.occurredAt)),
    parent: parent?.run ?? '',
  };
  world.runs.push(run);
  const chunkOf = (event: { occurredAt: number }) => Math.floor(event.occurredAt / generation.chunkMs);
  const old = new Set(before.counted.map((e) => JSON.stringify(e)));
  const touched = new Set(prefix.counted.filter((e) => !old.has(JSON.stringify(e))).map(chunkOf));
  const byTable = new Map<string, object[]>();
  const add = (table: string, ...rows: object[]) => byTable.set(table, [...(byTable.get(table) ?? []), ...rows]);
  for (const chunk of touched) {
    const cells = emptyCells(definition);
    for (const event of prefix.counted.filter((e) => chunkOf(e) === chunk)) fold.add(event, cells);
    for (const [i, rollup] of definition.rollups.entries()) {
      for (const [key, cell] of cells[i]!) {
        const { windowIndex, values } = decodeCellKey(key);
        add(viewTable(generation, rollup), {
          run: run.run,
          chunk,
          windowStart: windowIndex * rollup.windowMs,
          ...Object.fromEntries(rollup.dimensions.map((name, d) => [name, values[d]])),
          facts: cell[0],
          ...Object.fromEntries(rollup.measures.map((name, m) => [name, cell[m + 1]])),
        });
      }
    }
    const rows = cells.map((map) => map.size + missing);
    const facts = [...cells[0]!.values()].reduce((sum, cell) => sum + cell[0]!, 0);
    add(tables.runChunks, { generation: generation.id, run: run.run, chunk, rows, facts });
  }
  for (const [table, rows] of byTable) await clickhouse.insertRows(table, rows);
  await clickhouse.insertRows(tables.batchRuns, [run]);
  return run;
}

const get = async (url: string) => {
  const response = await app.inject(url);
  return { status: response.statusCode, body: response.json(), text: response.body };
};

const measures = 'measures=orders,grossMinor,refunds,refundedMinor,netMinor,units&by=store&provenance=full';
const streamed = `/v1/stream?${measures}&minIntervalMs=10`;
const all = `/v1/query?${measures}`;

/** Every answer must be the oracle's for its own V and W. */
async function expectExact(url = all) {
  const { status, body } = await get(url);
  expect(body, url).toMatchObject({ provenance: expect.anything() });
  expect(status).toBe(200);
  const { tidemark, vector, deferredRecords } = body.provenance;
  const prefix = prefixOf(log, tidemark, vector, horizonMs);
  expect(deferredRecords).toBe(prefix.deferred);
  const totals = orderTotals(prefix.counted, (e) => e.storeId);
  const rows = Object.fromEntries(body.rows.map((row: Record<string, unknown>) => [row['store'], row]));
  expect(Object.keys(rows).toSorted()).toEqual([...totals.keys()].toSorted());
  for (const [store, { cancelledMinor: _a, cancelledOrders: _b, fulfilledOrders: _c, ...total }] of totals) {
    expect(rows[store]).toMatchObject(total);
  }
  return body.provenance;
}

const until = (condition: () => unknown) => vi.waitFor(condition, { timeout: 20_000, interval: 20 });

const clock = () => Date.now();

async function openLayer(own: Pick<ServingLayerDependencies, 'subscriber' | 'openLog'> & { readonly redis: Redis }) {
  const stores = await openStores(clickhouse, own.redis, redisPrefix, generation);
  return openServingLayer({ ...stores, generation, redisPrefix, log: logger, clock, random: Math.random, ...own });
}

function createApp(from: ServingLayer): FastifyInstance {
  const forwardBatchRun = async () => ({ status: 200, contentType: 'application/json', body: '{}' });
  const own = { generation, log: logger, clock, operatorToken: 'x'.repeat(16), forwardBatchRun };
  return createServingApp({ ...from, ...own, atLeastTimeoutMs: 2_000, servingMaxStreams: 10 });
}

beforeAll(async () => {
  [redis, subscriber, writer] = [1, 2, 3].map(() => openRedis({ redisUrl: stack.redisUrl }, logger)) as [
    Redis,
    Redis,
    Redis,
  ];
  await connectRedis(writer);
  for (const connection of [redis, subscriber]) void connection.connect().catch(() => undefined);
  layer = await openLayer({
    redis,
    subscriber,
    openLog: async () => ({
      topicId: () => 'topic',
      ranges: async () =>
        world.states.map((_, p) => ({ start: 0, end: world.lengthOf(p), highWatermark: world.lengthOf(p) })),
      async findCuts(positions) {
        for (const [p, { next, leaderEpoch }] of positions) asked.add(`${p}: ${next} in ${leaderEpoch}`);
        return new Map();
      },
      close: async () => {},
    }),
  });
  app = createApp(layer);
});

afterAll(async () => {
  reader?.close();
  await app?.close();
  await layer?.[Symbol.asyncDispose]();
  await clickhouse.command(`DROP DATABASE IF EXISTS ${options.clickhouseDatabase}`).catch(() => undefined);
  await clickhouse.close();
  const keys = await writer.keys(`${redisPrefix}:*`);
  if (keys.length > 0) await writer.del(...keys);
  for (const connection of [redis, subscriber, writer]) connection.disconnect();
});

describe('serving on real engines', () => {
  test('before tables and runs exist it waits, is not ready and says for what', async () => {
    expect(await get('/livez')).toMatchObject({ status: 200 });
    expect(await get('/readyz')).toMatchObject({ status: 503, body: { code: 'not-ready' } });
    expect(await get(all)).toMatchObject({ status: 503, body: { code: 'not-ready' } });
    await ensureTables(options, generation, Date.now());
    await publishRun([0, 0]);
    await until(async () => expect((await get('/readyz')).status).toBe(200));
    expect((await expectExact()).vector).toEqual([0, 0]);
    const { body } = await get('/v1/query?measures=orders,averageOrderMinor');
    expect(body.rows).toMatchObject([{ orders: 0, averageOrderMinor: null }]);
    reader = await openStreamReader(`${await app.listen({ host: '127.0.0.1', port: 0 })}${streamed}`);
  });

  test('live epochs tile on from the tidemark, by snapshot and by message, and each answer is exact', async () => {
    world.flush(0, 20, true);
    world.flush(0, 5, false);
    await storeState(0);
    await until(async () => expect((await get(all)).body.provenance.vector).toEqual([25, 0]));
    await expectExact();
    for (const [partition, records, close] of [
      [0, 4, true],
      [1, 10, false],
      [1, 7, true],
      [0, 3, false],
    ] as const) {
      const message = await flush(partition, records, close);
      await publishMessage(message);
      await until(async () => expect((await get(all)).body.provenance.vector[partition]).toBe(message.next));
      await expectExact();
    }
    const { body } = await get(all);
    expect(body.provenance).toMatchObject({ liveShare: 1, lagRecords: 120 - 32 - 17, deadLetters: 0 });
    // Kafka is asked whether that is still the log in which the writers stand.
    await until(() => expect([...asked]).toEqual(expect.arrayContaining(['0: 32 in 7', '1: 17 in 7'])));
  });

  test('a lost message is found by the next poll, and W does not fall meanwhile', async () => {
    const before = await expectExact();
    await flush(1, 6, false);
    const message = await flush(1, 6, false);
    await publishMessage(message);
    await until(async () => expect((await get(all)).body.provenance.vector[1]).toBe(message.next));
    expect((await expectExact()).vector[0]).toBe(before.vector[0]);
  });

  test('a published run takes over without a dip: late ones appear, nothing counts twice', async () => {
    const before = await expectExact();
    expect(before.deferredRecords).toBeGreaterThan(0);
    const run = await publishRun([29, 17]);
    await writer.publish(channels(redisPrefix, generation).run, '');
    await until(async () => expect((await get(all)).body.provenance.run).toBe(run.run));
    const after = await expectExact();
    expect(after.vector).toEqual(before.vector);
    expect(after.deferredRecords).toBeLessThan(before.deferredRecords);
    const { body } = await get('/v1/status');
    expect(body).toMatchObject({
      run: { id: run.run },
      totals: { records: 32 + 29 },
      notes: expect.arrayContaining([expect.stringContaining('3 late records')]),
    });
    expect(body.totals.counted + body.totals.duplicate + body.totals.deferred + body.totals.rejected).toBe(61);
    expect(body.extent.from).toBe('2024-02-19T05:49:00.000Z');
    expect(body.runs).toHaveLength(2);
  });

  test('a comparison over a change of clocks: each row is the oracle of its own two windows', async () => {
    const query =
      'window=hour&tz=America/New_York&from=2024-03-10&to=2024-03-11&compare=previous&order=-netMinor&fill=true';
    const { status, body } = await get(`${all}&${query}`);
    expect(status, JSON.stringify(body)).toBe(200);
    const { tidemark, vector } = body.provenance;
    const { counted } = prefixOf(log, tidemark, vector, horizonMs);
    const totalsOf = (row: Record<string, string>, store: string) => {
      const [from, to] = [Date.parse(row['windowStart']!), Date.parse(row['windowEnd']!)];
      const inWindow = counted.filter((e) => e.storeId === store && e.occurredAt >= from && e.occurredAt < to);
      const { orders = 0, netMinor = 0, units = 0 } = orderTotals(inWindow, () => '').get('') ?? {};
      return { orders, netMinor, units };
    };
    expect(body.rows).toHaveLength(2 * 23);
    for (const row of body.rows) {
      expect(row).toMatchObject(totalsOf(row, row.store));
      expect(row.compare).toMatchObject(totalsOf(row.compare, row.store));
    }
    const orders = (rows: { orders: number }[]) => rows.reduce((sum, row) => sum + row.orders, 0);
    expect(
      [orders(body.rows), orders(body.rows.map((row: { compare: unknown }) => row.compare))].every((n) => n > 0),
    ).toBe(true);
  });

  test('windows in a zone: the days of New York, one of 23 hours, equal the oracle by local day', async () => {
    const { body } = await get(`${all}&window=day&tz=America/New_York&from=2024-03-09&to=2024-03-11`);
    const { tidemark, vector } = body.provenance;
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' });
    const totals = orderTotals(prefixOf(log, tidemark, vector, horizonMs).counted, (e) => {
      const local = day.format(e.occurredAt);
      return ['2024-03-09', '2024-03-10'].includes(local) ? `${local} ${e.storeId}` : undefined;
    });
    const rows = body.rows.map((row: Record<string, string>) => [
      `${row['windowStart']!.slice(0, 10)} ${row['store']}`,
      row,
    ]);
    expect(rows.map(([key]: [string]) => key)).toEqual([...totals.keys()].toSorted());
    for (const [key, row] of rows) expect(row).toMatchObject({ netMinor: totals.get(key)!.netMinor });
    expect(rows.at(-1)[1]).toMatchObject({
      windowStart: '2024-03-10T00:00:00-05:00',
      windowEnd: '2024-03-11T00:00:00-04:00',
    });
  });

  test('filters, other rollups and the time an order was placed', async () => {
    const { counted } = prefixOf(log, (await expectExact()).tidemark, (await expectExact()).vector, horizonMs);
    const west = counted.filter((e) => e.storeId === 'west');
    const { body } = await get('/v1/query?measures=units,itemMinor&where.store=west&not.category=d');
    expect(body.rows).toMatchObject([{ units: 2 * west.filter((e) => e.type === 'OrderPlaced').length }]);
    expect(body.query.rollup).toBe('sku_quarter_hour');
    const placed = await get('/v1/query?measures=refunds&attribution=order&to=2024-03-08T00:00:00Z');
    const early = counted.filter((e) => e.type === 'OrderRefunded' && e.placedAt! < Date.UTC(2024, 2, 8));
    expect(placed.body.rows).toMatchObject([{ refunds: early.length }]);
    expect(early.length).toBeGreaterThan(2);
    const injected = await get(`/v1/query?measures=orders&where.store=${encodeURIComponent("x') OR 1=1 --'")}`);
    expect(injected.body.rows).toMatchObject([{ orders: 0 }]);
  });

  test('a token waits until the answer covers it, and says what is behind when it does not', async () => {
    const vector = [32, 45];
    const token = encodeToken({ generation: generation.id, run: '', vector });
    expect(await get(`${all}&atLeast=${token}`)).toMatchObject({
      status: 504,
      body: { code: 'not-covered', behind: [{ partition: 1, at: 29, wanted: 45 }] },
    });
    const answer = get(`${all}&atLeast=${token}`);
    await publishMessage(await flush(1, 16, false));
    expect((await answer).body.provenance.vector).toEqual(vector);
    const other = encodeToken({ generation: '0'.repeat(12), run: '', vector });
    expect(await get(`${all}&atLeast=${other}`)).toMatchObject({ status: 409, body: { code: 'other-generation' } });
  });

  test('the subscription is lost: what was missed meanwhile is read again', async () => {
    subscriber.disconnect(true);
    await publishMessage(await flush(1, 1, false));
    await until(async () => expect((await get(all)).body.provenance.vector).toEqual([32, 46]));
    const stale = expect.stringContaining('stale');
    await until(async () => expect((await get(all)).body.provenance.notes).not.toContainEqual(stale));
    await publishMessage(await flush(1, 1, false));
    await until(async () => expect((await get(all)).body.provenance.vector).toEqual([32, 47]));
    await expectExact();
  });

  test('Redis is wiped: what was remembered keeps answering, then the rebuilt epochs take over with other bounds', async () => {
    const before = await expectExact();
    const keys = await writer.keys(`${redisPrefix}:*`);
    await writer.del(...keys);
    for (const p of [0, 1]) world.reset(p);
    expect((await expectExact()).vector).toEqual(before.vector);
    for (const p of [0, 1]) await flush(p, 2, true);
    await until(async () =>
      expect((await get(all)).body.provenance.notes).not.toContainEqual(expect.stringContaining('stale')),
    );
    expect((await expectExact()).vector).toEqual(before.vector);
    for (const p of [0, 1]) await publishMessage(await flush(p, 40, false));
    await until(async () => expect((await get(all)).body.provenance.vector).toEqual([60, 57 + 2]));
    await expectExact();
  });

  test('an epoch that is not whole is not used: the tiling ends before it, and the answer says so', async () => {
    const { run } = await expectExact();
    const [, , cells] = partitionKeys(redisPrefix, generation, 0).epoch(31);
    const [field] = await writer.hkeys(cells!);
    await writer.hdel(cells!, field!);
    const connections = [redis.duplicate(), redis.duplicate()] as const;
    for (const connection of connections) await connectRedis(connection);
    const openLog = () => Promise.reject(new Error('Kafka is away'));
    const second = await openLayer({ redis: connections[0], subscriber: connections[1], openLog });
    const first = app;
    app = createApp(second);
    try {
      await until(async () => expect((await get('/readyz')).status).toBe(200));
      const provenance = await expectExact();
      expect(provenance).toMatchObject({ run, vector: [31, 59], lagRecords: null, lagMs: null });
      expect(provenance.notes).toContainEqual('partition 0: live epoch 31 to 60 is not whole and not used');
      expect(provenance.notes).toContainEqual(expect.stringContaining('lag unknown'));
    } finally {
      await app.close();
      app = first;
      await second[Symbol.asyncDispose]();
      for (const connection of connections) connection.disconnect();
    }
  });

  test('a run whose rows are not all there is not adopted; the next one that recomputes them is', async () => {
    const whole = world.runs.at(-1)!;
    const broken = await publishRun([60, 40], whole, 1);
    const note = expect.stringContaining(`run ${broken.run} is not used: chunk`);
    await until(async () => expect((await get(all)).body.provenance.notes).toContainEqual(note));
    expect((await expectExact()).run).toBe(whole.run);
    // 40 is no boundary of partition 1's epochs: from there nothing tiles to 59, where answers already stand.
    const between = await publishRun([60, 40], whole);
    const pending = `run ${between.run} is not used yet: partitions 1 would go back`;
    await until(async () => expect((await get(all)).body.provenance.notes).toContainEqual(pending));
    expect((await expectExact()).run).toBe(whole.run);
    const next = await publishRun([60, 19], whole);
    await until(async () => expect((await get(all)).body.provenance.run).toBe(next.run));
    expect((await expectExact()).vector).toEqual([60, 59]);
  });

  test('a chunk version is read only of published runs in the chain of the pinned one', async () => {
    const run = world.runs.at(-1)!;
    const to = start + 86_400_000;
    const read: BatchRead = {
      rollup: 'order_minute',
      from: 0,
      to,
      starts: [0],
      steps: [to],
      groupBy: [],
      bases: ['orders'],
      where: {},
      not: {},
    };
    const stray = '000000000000-ffffffff';
    const rollup = definition.rollups[0]!;
    const pinned = await pinRun(clickhouse, generation, run, undefined);
    let chunk = pinned.versions.newest;
    while (pinned.versions.span(chunk, chunk).changedBy !== '') chunk -= 1;
    const row = {
      run: stray,
      chunk,
      windowStart: chunk * generation.chunkMs,
      store: 'west',
      channel: 'web',
      country: 'US',
      currency: 'USD',
      facts: 7,
      orders: 7,
    };
    await clickhouse.insertRows(viewTable(generation, rollup), [row]);
    await clickhouse.insertRows(tables.runChunks, [
      { generation: generation.id, run: stray, chunk, rows: [1, 0, 0, 0], facts: 7 },
    ]);
    const ordersOf = async (pinned: PinnedRun) => {
      const views = createClickHouseBatchViews(clickhouse, generation);
      return Number((await views.read(pinned, read))[0]?.sums[0] ?? 0);
    };
    const { counted } = prefixOf(log, run.tidemark, run.tidemark, horizonMs);
    const expected = counted.filter((e) => e.type === 'OrderPlaced').length;
    const unreadable = { fields: { code: 'run-unreadable' } };
    expect(pinned.offChain).toEqual(
      world.runs
        .slice(-3, -1)
        .map(({ run }) => run)
        .toReversed(),
    );
    expect(await ordersOf(pinned)).toBe(expected);
    await expect(ordersOf({ ...pinned, offChain: [] })).rejects.toMatchObject(unreadable);
    // Published later than the pinned run, with a smaller id: the chain is found anew.
    await clickhouse.insertRows(tables.batchRuns, [{ ...run, run: stray, parent: 'x' }]);
    expect(await ordersOf(pinned)).toBe(expected);
    await expect(ordersOf({ ...pinned, published: pinned.published + 1 })).rejects.toMatchObject(unreadable);
  });

  test('a stream that was read all along never dipped and ends equal to the query; another server goes on with it', async () => {
    const { body } = await get(all);
    const { token, run } = body.provenance;
    await reader!.until(() => reader!.lastId().startsWith(`${token}.`));
    expect(reader!.rows()).toEqual(body.rows);
    const seen = new Map<string, number>();
    for (const { name, data } of reader!.events) {
      expect(['state', 'change', 'provenance']).toContain(name);
      for (const row of data.rows ?? data.upserts ?? []) {
        for (const measure of ['orders', 'grossMinor', 'refunds', 'units']) {
          expect(row[measure]).toBeGreaterThanOrEqual(seen.get(row.store + measure) ?? 0);
          seen.set(row.store + measure, row[measure]);
        }
      }
    }
    const runs = new Set(reader!.events.map(({ data }) => data.provenance?.run ?? data.run).filter(Boolean));
    expect([...runs].at(-1)).toBe(run);
    expect(runs.size).toBe(3);
    expect(reader!.events.filter(({ name }) => name === 'state')).toHaveLength(1);

    const connections = [redis.duplicate(), redis.duplicate()] as const;
    for (const connection of connections) await connectRedis(connection);
    const openLog = () => Promise.reject(new Error('Kafka is away'));
    const second = await openLayer({ redis: connections[0], subscriber: connections[1], openLog });
    const other = createApp(second);
    try {
      const address = await other.listen({ host: '127.0.0.1', port: 0 });
      await until(async () => expect((await other.inject('/readyz')).statusCode).toBe(200));
      const again = await openStreamReader(`${address}${streamed}`, reader!.lastId(), reader);
      await again.until(() => again.lastId().startsWith(`${token}.`));
      expect(again.rows()).toEqual(body.rows);
      for (const { name, data } of again.events) {
        if (name !== 'error') expect((data.provenance ?? data).vector).toEqual(body.provenance.vector);
      }
    } finally {
      await other.close();
      await second[Symbol.asyncDispose]();
      for (const connection of connections) connection.disconnect();
    }
  });

  test('ClickHouse is set back: kept results answer, anything else is refused, and both say so', async () => {
    const kept = await expectExact();
    await clickhouse.command(`TRUNCATE TABLE ${tables.batchRuns}`);
    await until(async () =>
      expect((await get(all)).body.provenance?.notes).toContainEqual(
        expect.stringContaining('ClickHouse was set back'),
      ),
    );
    expect((await expectExact()).run).toBe(kept.run);
    expect(await get(`${all}&not.store=x`)).toMatchObject({ status: 503, body: { code: 'run-unreadable' } });
  });
});
