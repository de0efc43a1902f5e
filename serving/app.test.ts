// The API over in-memory sources: rows, order, exact numbers, provenance, problems. Real engines: serving.integration.test.ts.
import { describe, expect, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { Problem } from '../runtime/problem.ts';
import type { LogEntry } from '../schemas/oracle.ts';
import { createServingApp } from './app.ts';
import type { BatchRead, BatchViews, Group } from './batch-views.ts';
import { DistinctSet, registerCount } from './distinct.ts';
import { createLiveSource } from './live-source.ts';
import { noChunkVersions } from './chunk-versions.ts';
import { createLiveView } from './live-view.ts';
import type { Pipeline } from './pipeline.ts';
import { exampleBatchRun } from '../api/examples.ts';
import { holdToDocument } from './test-answers.ts';
import type { RunSummary } from './run-history.ts';
import { createWorld, testEvent, testGeneration, testRun } from './test-live-world.ts';

const generation = testGeneration(1);
const nowMs = Date.UTC(2024, 5, 1, 12, 0, 30);
const minute = Date.UTC(2024, 5, 1, 11, 50);
const log: LogEntry[] = [
  { storeId: 'west', amountMinor: 100 },
  { storeId: 'east', amountMinor: 50 },
  { storeId: 'east', amountMinor: 7, currency: 'EUR', occurredAt: minute + 600_000 },
].map((some, offset) => ({
  partition: 0,
  offset,
  timestampMs: minute + 60_000,
  event: testEvent({ occurredAt: minute, orderId: `o${offset}`, ...some }),
}));

const pipeline: Pipeline = {
  waitingFor: () => undefined,
  ends: () => [4],
  lagOf: () => ({ records: 1, ms: 20 }),
  deadLetters: () => ({ total: 2, byReason: { 'bad-frame': 2 }, newest: [] }),
  runs: () => [],
  notes: () => [],
};

interface Options {
  readonly groups?: readonly Group[];
  readonly batchViews?: Partial<BatchViews>;
  readonly pipeline?: Partial<Pipeline>;
  readonly live?: number;
  readonly run?: boolean;
  readonly log?: readonly LogEntry[];
  readonly starts?: readonly number[];
}

function scene(options: Options = {}) {
  const { groups = [], batchViews = {}, pipeline: some = {}, live = 2, run = true, starts = [0] } = options;
  const world = createWorld(generation, options.log ?? log);
  const view = createLiveView(generation);
  if (run)
    view.offerRun({
      run: { ...testRun(generation, '', [0]), newestEventAt: minute - 60_000, starts },
      offChain: [],
      published: 1,
      versions: noChunkVersions,
    });
  world.flush(0, live, false);
  view.takeSnapshot(0, world.snapshot(0));
  const reads: BatchRead[] = [];
  const forwarded: string[] = [];
  const app = createServingApp({
    generation,
    log: createLogger('test', 'fatal'),
    clock: () => nowMs,
    atLeastTimeoutMs: 20,
    servingMaxStreams: 10,
    live: createLiveSource(view),
    batchViews: {
      async read(_pinned, read) {
        reads.push(read);
        return groups;
      },
      extent: async () => ({ from: minute - 60_000, to: minute }),
      ...batchViews,
    },
    pipeline: { ...pipeline, ...some },
    operatorToken: 'operator-token-0123',
    async forwardBatchRun(body, authorization) {
      forwarded.push(`${authorization} ${body}`);
      return { status: 200, contentType: 'application/json', body: JSON.stringify(exampleBatchRun) };
    },
  });
  holdToDocument(app, generation.definition);
  const get = async (url: string) => {
    const response = await app.inject(url);
    return { status: response.statusCode, body: response.json(), text: response.body, headers: response.headers };
  };
  return { app, get, reads, forwarded, view, world };
}

const group = (windowStart: number, values: string[], ...sums: bigint[]): Group => ({
  windowStart,
  values,
  facts: 1n,
  sums,
  sets: [],
  earliest: windowStart,
});

describe('GET /v1/query', () => {
  test('adds the live part to the views, by key, and says how much of it is live', async () => {
    const { get } = scene({ groups: [group(Date.UTC(2024, 5, 1), ['west', 'USD'], 3n, 900n)] });
    const { status, body } = await get(
      '/v1/query?measures=orders,grossMinor,averageOrderMinor&by=store&window=day&provenance=full',
    );
    expect(status).toBe(200);
    const window = { windowStart: '2024-06-01T00:00:00+00:00', windowEnd: '2024-06-02T00:00:00+00:00', open: true };
    expect(body.rows).toEqual([
      { ...window, store: 'east', orders: 1, grossMinor: 50, averageOrderMinor: 50 },
      { ...window, store: 'west', orders: 4, grossMinor: 1_000, averageOrderMinor: 250 },
    ]);
    expect(body.provenance).toMatchObject({
      generation: generation.id,
      tidemark: [0],
      vector: [2],
      lagRecords: 1,
      lagMs: 20,
      newestEventAt: '2024-06-01T11:50:00.000Z',
      liveShare: 0.666_666,
      deferredRecords: 0,
      deadLetters: 2,
      audit: { state: 'not-compared', events: 0, note: '' },
      notes: [],
    });
  });

  test('one total without window and by, also where there is nothing', async () => {
    const { get } = scene({ live: 0 });
    const { body } = await get('/v1/query?measures=orders,netMinor,averageOrderMinor&from=2024-01-01&to=2024-02-01');
    expect(body.rows).toEqual([
      {
        windowStart: '2024-01-01T00:00:00+00:00',
        windowEnd: '2024-02-01T00:00:00+00:00',
        orders: 0,
        netMinor: 0,
        averageOrderMinor: null,
      },
    ]);
    expect((await get('/v1/query?measures=orders&window=day')).body.rows).toEqual([]);
    expect((await get('/v1/query?measures=orders&by=store')).body.rows).toEqual([]);
  });

  test('the query is told as it was understood, its open range as what it covers', async () => {
    const { get, reads } = scene();
    const { body } = await get('/v1/query?measures=orders&where.store=west&where.store=east&tz=Asia/Kathmandu');
    expect(body.query).toEqual({
      measures: ['orders'],
      by: [],
      window: null,
      from: '2024-06-01T17:35:00+05:45',
      to: '2024-06-01T17:46:00+05:45',
      tz: 'Asia/Kathmandu',
      where: { store: ['east', 'west'] },
      not: {},
      attribution: 'event',
      rollup: 'order_minute',
    });
    expect(reads[0]).toMatchObject({ rollup: 'order_minute', from: Date.UTC(2000, 0, 1), bases: ['orders'] });
  });

  test('windows at the edges of a given range are cut to it', async () => {
    const { get } = scene();
    const { body } = await get('/v1/query?measures=orders&window=month&from=2024-05-20&to=2024-06-01T11:51:00Z');
    expect(body.rows).toEqual([
      { windowStart: '2024-06-01T00:00:00+00:00', windowEnd: '2024-06-01T11:51:00+00:00', orders: 2 },
    ]);
  });

  test('ranges are half-open, and the first window of a given range is cut as well', async () => {
    const { get } = scene();
    const before = await get('/v1/query?measures=orders&from=2024-06-01T11:00:00Z&to=2024-06-01T11:50:00Z');
    expect(before.body.rows).toMatchObject([{ orders: 0 }]);
    const from = await get('/v1/query?measures=orders&window=hour&from=2024-06-01T11:50:00Z&to=2024-06-01T13:00:00Z');
    expect(from.body.rows).toEqual([
      { windowStart: '2024-06-01T11:50:00+00:00', windowEnd: '2024-06-01T12:00:00+00:00', orders: 2 },
    ]);
  });

  test('amounts of different currencies are never added', async () => {
    const { get } = scene({ live: 3 });
    const refused = await get('/v1/query?measures=grossMinor&by=store');
    expect(refused).toMatchObject({ status: 400, body: { code: 'mixed-currencies', field: 'by', value: 'EUR, USD' } });
    expect((await get('/v1/query?measures=grossMinor&where.currency=EUR')).body.rows).toMatchObject([
      { grossMinor: 7 },
    ]);
    expect((await get('/v1/query?measures=orders')).body.rows).toMatchObject([{ orders: 3 }]);
    const each = await get('/v1/query?measures=grossMinor&by=currency');
    expect(each.body.rows).toMatchObject([
      { currency: 'EUR', grossMinor: 7 },
      { currency: 'USD', grossMinor: 150 },
    ]);
  });

  test('sums beyond 2^53 and averages are exact to the last digit in the text', async () => {
    const { get } = scene({ groups: [group(Date.UTC(2000, 0, 1), ['USD'], 3n, 2n ** 60n + 1n)], live: 0 });
    const { text } = await get('/v1/query?measures=grossMinor,averageOrderMinor');
    expect(text).toContain('"grossMinor":1152921504606846977,"averageOrderMinor":384307168202282325.6667');
  });

  test('the live part is that of the cut, whatever arrives while ClickHouse is asked', async () => {
    const { get, view, world } = scene({
      batchViews: {
        async read() {
          world.flush(0, 1, false);
          view.applyFlush(world.channel.at(-1)!);
          return [];
        },
      },
    });
    const { body } = await get('/v1/query?measures=orders&provenance=full');
    expect(body.rows).toMatchObject([{ orders: 2 }]);
    expect(body.provenance.vector).toEqual([2]);
    expect((await get('/v1/query?measures=orders&provenance=full')).body.provenance.vector).toEqual([3]);
  });

  test('what is stale, incomplete or does not add up is said', async () => {
    const { get } = scene({
      pipeline: { notes: () => ['live part stale since …'], lagOf: () => ({ records: 9, ms: 9_000 }) },
    });
    const { body } = await get('/v1/query?measures=orders');
    expect(body.provenance.notes).toEqual([
      'live part stale since …',
      '9 records of the log are not counted yet, the oldest for 9 s',
    ]);
    const unknown = scene({ pipeline: { lagOf: () => undefined, deadLetters: () => undefined } });
    expect((await unknown.get('/v1/query?measures=orders')).body.provenance).toMatchObject({
      lagRecords: null,
      lagMs: null,
      deadLetters: null,
    });
  });

  test('late records are told, and a ledger that does not account for every offset', async () => {
    const late = { ...log[0]!, event: testEvent({ occurredAt: minute - 86_400_000 }) };
    const { app, get } = scene({ log: [log[1]!, late].map((entry, offset) => ({ ...entry, offset })), starts: [-3] });
    const { body } = await get('/v1/query?measures=orders&provenance=full');
    expect(body.provenance).toMatchObject({ deferredRecords: 1, vector: [2] });
    expect(body.provenance.notes).toEqual([
      '1 late record waits for the next batch run',
      'partition 0: the ledger accounts for 2 of 5 offsets',
    ]);
    const status = (await get('/v1/status')).body;
    expect(status.partitions[0]).toMatchObject({ conserved: false, ledger: { counted: 1, deferred: 1 } });
    const metrics = (await app.inject('/metrics')).body;
    expect(metrics).toContain('tidemark_serving_unaccounted_records 3');
    expect(metrics).toContain('tidemark_serving_records{partition="0",as="deferred"} 1');
  });

  test('without a run nothing is answered; ClickHouse away is a problem that says when to come again', async () => {
    const without = scene({ run: false, pipeline: { waitingFor: () => 'no batch run is adopted yet' } });
    expect(await without.get('/v1/query?measures=orders')).toMatchObject({ status: 503, body: { code: 'not-ready' } });
    expect(await without.get('/readyz')).toMatchObject({ status: 503 });
    const away = new Problem({ code: 'batch-views-away', status: 503, title: 'Away', retryAfterSeconds: 1 });
    const { get } = scene({ batchViews: { read: () => Promise.reject(away), extent: () => Promise.reject(away) } });
    const answer = await get('/v1/query?measures=orders');
    expect(answer).toMatchObject({ status: 503, body: { code: 'batch-views-away' } });
    expect(answer.headers['retry-after']).toBe('1');
    const status = await get('/v1/status');
    expect(status.body).toMatchObject({ extent: null, notes: [expect.stringContaining('extent is unknown')] });
  });

  test('bad parameters are problem documents', async () => {
    const { get } = scene();
    const answer = await get('/v1/query?measures=orders&colour=red');
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer).toMatchObject({ status: 400, body: { code: 'unknown-parameter', field: 'colour', value: 'red' } });
    const token = (await get('/v1/query?measures=orders')).body.provenance.token;
    expect((await get(`/v1/query?measures=orders&atLeast=${token}`)).status).toBe(200);
  });
});

test('sets of more than 64 MiB in one answer are refused, whichever period they are of', async () => {
  const registers = DistinctSet.ofRegisters('1'.repeat(registerCount));
  const groups = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...group(Date.UTC(2024, 5, 1), [`s${i}`]), sets: [registers] }));
  const url = '/v1/query?measures=customers&by=store&from=2024-06-01';
  const fits = await scene({ log: [], live: 0, groups: groups(4_096) }).get(url);
  expect([fits.status, fits.body.rows?.length]).toEqual([200, 4_096]);
  const refused = await scene({ log: [], live: 0, groups: groups(4_097) }).get(url);
  expect(refused).toMatchObject({ status: 400, body: { code: 'too-many-distinct', field: 'by' } });
  expect(refused.body.detail).toContain('64 MiB');
  const compared = await scene({ log: [], live: 0, groups: groups(2_100) }).get(`${url}&compare=day-ago`);
  expect(compared).toMatchObject({ status: 400, body: { code: 'too-many-distinct' } });
});

describe('the other resources', () => {
  test('status: ledger, totals and extent of run and live part together', async () => {
    const { get } = scene();
    expect((await get('/v1/status')).body).toMatchObject({
      generation: generation.id,
      run: { parent: '', counted: 0 },
      partitions: [
        {
          partition: 0,
          start: 0,
          tidemark: 0,
          vector: 2,
          end: 4,
          lagRecords: 2,
          conserved: true,
          ledger: { counted: 2 },
        },
      ],
      totals: { records: 2, counted: 2, deferred: 0, liveCounted: 2 },
      extent: { from: '2024-06-01T11:49:00.000Z', to: '2024-06-01T11:51:00.000Z' },
      deadLetters: { total: 2 },
      runs: [],
      notes: [],
    });
  });

  test('batch runs: the last 50 from memory, with what serving has to say; status tells 20 of them in brief', async () => {
    const runs = Array.from(
      { length: 50 },
      (_, i): RunSummary => ({
        run: `r${i}`,
        parent: `r${i + 1}`,
        startedAt: nowMs - 900,
        publishedAt: nowMs,
        audit: 'equal',
        auditedEvents: 3,
        auditNote: '',
        work: { records: 5, counted: 3, duplicate: 1, rejected: 1, gap: 0 },
      }),
    );
    const { get } = scene({ run: false, pipeline: { runs: () => runs, notes: () => ['unread since then'] } });
    const { status, body } = await get('/v1/batch-runs');
    expect(status).toBe(200);
    expect(body).toMatchObject({ notes: ['unread since then'] });
    expect(body.runs).toHaveLength(50);
    expect(body.runs[0]).toMatchObject({ id: 'r0', parent: 'r1', ms: 900, records: 5, counted: 3, audit: 'equal' });
    const brief = (await scene({ pipeline: { runs: () => runs } }).get('/v1/status')).body.runs;
    expect(brief).toHaveLength(20);
    expect(Object.keys(brief[0])).toEqual(['id', 'publishedAt', 'parent', 'audit', 'auditedEvents', 'auditNote']);
  });

  test('definitions: what can be asked', async () => {
    const { body } = await scene().get('/v1/definitions');
    expect(body.measures).toContainEqual({
      name: 'netMinor',
      title: expect.any(String),
      unit: 'minor',
      kind: 'difference',
    });
    expect(body.dimensions).toContainEqual({ name: 'sku', grain: 'item' });
    expect(body.measures).toContainEqual({
      name: 'customers',
      title: 'different customers who placed an order',
      unit: 'count',
      kind: 'distinct',
      exactUpTo: 4_096,
      standardError: 0.0081,
    });
    expect(body.rollups).toContainEqual({
      name: 'customer_quarter_hour',
      grain: 'order',
      attribution: 'event',
      attributions: ['event', 'order'],
      windowMs: 900_000,
      dimensions: ['store', 'channel', 'country', 'currency'],
      measures: ['orders', 'customers'],
    });
    expect(JSON.stringify(body)).not.toContain('"customer"');
    expect(body.windows).toContain('week');
    expect([body.weekDays, body.ranges, body.comparisons].map((names) => names.length)).toEqual([7, 6, 4]);
  });

  test('a batch run is asked of the batch layer, with the operator token only', async () => {
    const { app, forwarded } = scene();
    const refused = await app.inject({ method: 'POST', url: '/v1/batch-runs', payload: {} });
    expect(refused.statusCode).toBe(401);
    const headers = { authorization: 'Bearer operator-token-0123' };
    const done = await app.inject({ method: 'POST', url: '/v1/batch-runs', payload: { cover: 'x' }, headers });
    expect([done.statusCode, done.json()]).toEqual([200, exampleBatchRun]);
    expect(forwarded).toEqual(['Bearer operator-token-0123 {"cover":"x"}']);
  });

  test('metrics tell the ledger and where V and W stand', async () => {
    const { app } = scene();
    const { body } = await app.inject('/metrics');
    expect(body).toContain('tidemark_serving_offset{partition="0",of="vector"} 2');
    expect(body).toContain('tidemark_serving_records{partition="0",as="counted"} 2');
    expect(body).toContain('tidemark_serving_lag_records 1');
    expect(body).toContain('tidemark_serving_lag_seconds 0.02');
    expect(body).toContain('tidemark_serving_unaccounted_records 0');
    expect(body).toContain('tidemark_serving_dead_letters{reason="bad-frame"} 2');
    expect(body).toContain('tidemark_serving_runs{audit="different"} 0');
    expect(body).toMatch(/tidemark_serving_run_age_seconds \d/);
    expect(body).toContain('tidemark_serving_notes 0');
  });
});
