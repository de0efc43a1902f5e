// For tests: the API over events in memory, some of them in the views of a run, the others live. Counts what reaches a store.
import { noChunkVersions } from './chunk-versions.ts';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { createLogger } from '../runtime/logger.ts';
import { compileFold, emptyCells } from '../schemas/fold.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import type { QueryDependencies } from './answer-query.ts';
import { createServingApp } from './app.ts';
import type { BatchRead, Group } from './batch-views.ts';
import { emptyEpoch } from './epoch.ts';
import type { GroupMap } from './groups.ts';
import { addLivePart } from './live-part.ts';
import { createLiveSource } from './live-source.ts';
import { createLiveView } from './live-view.ts';
import type { Pipeline } from './pipeline.ts';
import type { Query } from './query.ts';
import { openReportFolder } from './report-folder.ts';
import { createReportMaker } from './report-maker.ts';
import { createReportScheduler, type ReportScheduler } from './report-scheduler.ts';
import type { Reports } from './reports.ts';
import { holdToDocument } from './test-answers.ts';
import { createWorld, testEvent, testGeneration, testRun } from './test-live-world.ts';
import { createMemoryReportStore } from './test-report-store.ts';

const generation = testGeneration(1, 30 * 366 * 86_400_000);

export interface TestAppOptions {
  readonly nowMs: number;
  /** Counted by the run. */
  readonly batch?: readonly Partial<OrderEvent>[];
  readonly live?: readonly Partial<OrderEvent>[];
  readonly pipeline?: Partial<Pipeline>;
  /** With reports, kept in memory, written to this folder. */
  readonly reportsDir?: string;
  /** Called while the views are read, with the number of reads so far. */
  readonly whileReading?: (reads: number) => unknown;
}

export interface TestApp {
  readonly app: FastifyInstance;
  /** What was read of the views. */
  readonly reads: BatchRead[];
  readonly query: QueryDependencies;
  readonly reports: Reports;
  readonly scheduler: ReportScheduler;
  /** Lets more live events arrive. */
  arrive(events: readonly Partial<OrderEvent>[]): void;
  setNow(nowMs: number): void;
  get(parameters: string, headers?: Record<string, string>): Promise<TestAnswer>;
  post(body: unknown, headers?: Record<string, string>): Promise<TestAnswer>;
}

interface TestAnswer {
  readonly status: number;
  readonly text: string;
  readonly body: { readonly [name: string]: unknown; readonly rows: readonly Record<string, unknown>[] };
  readonly headers: Readonly<Record<string, unknown>>;
}

const pipeline: Pipeline = {
  waitingFor: () => undefined,
  ends: () => undefined,
  lagOf: () => ({ records: 0, ms: 0 }),
  deadLetters: () => ({ total: 0, byReason: {}, newest: [] }),
  runs: () => [],
  notes: () => [],
};

export function createTestApp(options: TestAppOptions): TestApp {
  const { batch = [] } = options;
  let { nowMs } = options;
  const live = [...(options.live ?? [])];
  let made = 0;
  const logOf = (events: readonly Partial<OrderEvent>[]) =>
    events.map((some, offset) => {
      const event = testEvent({ orderId: `o${(made += 1)}`, ...some });
      return { partition: 0, offset, timestampMs: nowMs, event };
    });
  const view = createLiveView(generation);
  const newestEventAt = Math.max(0, ...batch.map((some) => some.occurredAt ?? 0));
  view.offerRun({
    run: { ...testRun(generation, '', [0]), newestEventAt },
    offChain: [],
    published: 1,
    versions: noChunkVersions,
  });
  const snapshot = () => {
    made = batch.length;
    const world = createWorld(generation, logOf(live));
    world.flush(0, live.length, false);
    view.takeSnapshot(0, world.snapshot(0));
  };
  const readViews = viewsOf(logOf(batch).map(({ event }) => event));
  snapshot();
  const reads: BatchRead[] = [];
  const log = createLogger('test', 'fatal');
  const clock = () => nowMs;
  const query: QueryDependencies = {
    generation,
    clock,
    atLeastTimeoutMs: 20,
    live: createLiveSource(view),
    batchViews: {
      async read(_pinned, read) {
        reads.push(read);
        options.whileReading?.(reads.length);
        return readViews(read);
      },
      extent: async () => undefined,
    },
    pipeline: { ...pipeline, ...options.pipeline },
  };
  const store = createMemoryReportStore(clock);
  const folder = openReportFolder(options.reportsDir ?? '/nowhere', clock);
  const reports: Reports = { store, folder, maker: createReportMaker({ query, store, folder, log, clock }) };
  const app = createServingApp({
    ...query,
    log,
    ...(options.reportsDir !== undefined && { reports }),
    operatorToken: 'operator-token-0123',
    servingMaxStreams: 10,
    forwardBatchRun: async () => ({ status: 202, contentType: 'application/json', body: '{}' }),
  });
  holdToDocument(app, generation.definition);
  const ask = async (request: InjectOptions): Promise<TestAnswer> => {
    const response = await app.inject(request);
    const isJson = String(response.headers['content-type']).includes('json');
    return {
      status: response.statusCode,
      text: response.body,
      body: isJson ? response.json() : { rows: [] },
      headers: response.headers,
    };
  };
  return {
    app,
    reads,
    query,
    reports,
    scheduler: createReportScheduler({ ...reports, log, clock }),
    arrive(events) {
      live.push(...events);
      snapshot();
    },
    setNow: (at) => (nowMs = at),
    get: (parameters, headers = {}) => ask({ url: `/v1/query?${parameters}`, headers }),
    post: (body, headers = {}) =>
      ask({
        method: 'POST',
        url: '/v1/query',
        payload: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
  };
}

/** What ClickHouse would answer: the events folded as the definition says, grouped as the read asks. */
function viewsOf(events: readonly OrderEvent[]): (read: BatchRead) => readonly Group[] {
  const fold = compileFold(generation);
  const cells = emptyCells(generation.definition);
  for (const event of events) fold.add(event, cells);
  return (read) => {
    const rollupIndex = generation.definition.rollups.findIndex(({ name }) => name === read.rollup);
    const groups: GroupMap = new Map();
    const query = { where: read.where, not: read.not } as Query;
    const grid = { starts: read.starts, steps: read.steps, end: read.to };
    const range = {
      ...read,
      distinct: read.distinct ?? [],
      query,
      grid,
      rollupIndex,
      rollup: generation.definition.rollups[rollupIndex]!,
    };
    addLivePart(groups, [[{ ...emptyEpoch(generation.definition, 0), cells }]], range);
    return [...groups.values()];
  };
}

/** Half of the events in the views, the others live. */
export function createHalvedApp(
  events: readonly Partial<OrderEvent>[],
  options: Partial<TestAppOptions> & { readonly nowMs: number },
): TestApp {
  const half = (which: number) => events.filter((_, i) => i % 2 === which);
  return createTestApp({ batch: half(0), live: half(1), ...options });
}
