// Examples of the API's document. Its test asks every query of them and holds every answer to its schema.
import type { BatchRun, BatchRuns } from './batch-run-schema.ts';
import type { ProblemDocument } from './problem-schema.ts';
import type { QueryInput } from './query-schema.ts';
import type { Status } from './status-schema.ts';

export const exampleQueries: Readonly<Record<string, QueryInput>> = {
  'by store, in one currency': {
    measures: ['orders', 'netMinor', 'averageOrderMinor'],
    by: ['store'],
    from: '2014-01-01',
    to: '2018-01-01',
    where: { currency: ['USD'] },
  },
  'by day in a time zone': {
    measures: ['orders'],
    window: 'day',
    last: '7d',
    tz: 'America/New_York',
    fill: true,
  },
  'the top ten, and the rest': {
    measures: ['units'],
    by: ['sku'],
    order: ['-units'],
    limit: 10,
    other: true,
  },
  'this month against the last': {
    measures: ['orders'],
    by: ['channel'],
    range: 'month-to-date',
    compare: 'previous',
  },
};

const run = '018f2b6c1d00-1a2b3c4d';
const token = 'NGY1ZTZkN2M4YjlhLzAxOGYyYjZjMWQwMC0xYTJiM2M0ZC8xYi4xYw';

export const exampleAnswer = {
  rows: [
    {
      windowStart: '2014-01-03T00:00:00+00:00',
      windowEnd: '2018-01-01T00:00:00+00:00',
      currency: 'USD',
      orders: 5_009,
      grossMinor: 229_720_107,
    },
  ],
  currencies: { USD: 2 },
  query: {
    measures: ['orders', 'grossMinor'],
    by: ['currency'],
    window: null,
    from: '2014-01-03T00:00:00+00:00',
    to: '2018-01-01T00:00:00+00:00',
    tz: 'UTC',
    where: {},
    not: {},
    attribution: 'event',
    rollup: 'order_minute',
  },
  provenance: {
    run,
    token,
    lagRecords: 0,
    lagMs: 0,
    newestEventAt: '2017-12-30T00:00:00.000Z',
    liveShare: 0.001,
    deferredRecords: 0,
    deadLetters: 0,
    audit: { state: 'equal' },
    notes: [],
  },
};

export const exampleCsv = [
  'windowStart,windowEnd,open,currency,orders,grossMinor',
  '2014-01-03T00:00:00+00:00,2018-01-01T00:00:00+00:00,,USD,5009,229720107',
  '',
].join('\r\n');

export const exampleEvents = [
  'retry: 1000',
  `event: state\nid: ${token}.28400000\ndata: ${JSON.stringify(exampleAnswer)}`,
  `event: change\nid: ${token}.28400001\ndata: ${JSON.stringify({ upserts: exampleAnswer.rows, removed: [] })}`,
  '',
].join('\n\n');

const ledger = { counted: 5_009, duplicate: 2, deferred: 0, rejected: 0, gap: 0 };

export const exampleStatus: Status = {
  generation: '4f5e6d7c8b9a',
  horizonMs: 3_600_000,
  run: {
    id: run,
    parent: '',
    publishedAt: '2026-01-31T12:00:00.000Z',
    audit: 'equal',
    auditedEvents: 5_009,
    auditNote: '',
    counted: 5_009,
    duplicate: 2,
    rejected: 0,
    gap: 0,
  },
  lag: { records: 0, ms: 0 },
  partitions: [
    { partition: 0, start: 0, tidemark: 5_011, vector: 5_011, end: 5_011, lagRecords: 0, ledger, conserved: true },
  ],
  totals: { records: 5_011, ...ledger, liveCounted: 0 },
  extent: { from: '2014-01-03T00:00:00.000Z', to: '2017-12-30T00:01:00.000Z' },
  deadLetters: { total: 0, byReason: {}, newest: [] },
  runs: [],
  notes: [],
};

export const exampleBatchRun: BatchRun = {
  published: true,
  covered: true,
  run,
  generation: '4f5e6d7c8b9a',
  tidemark: [5_011],
  token,
  ledger: { counted: 5_009, duplicate: 2, rejected: 0, gap: 0 },
  audit: { state: 'equal', events: 5_009, note: '' },
  startedAt: '2026-01-31T12:00:00.000Z',
  publishedAt: '2026-01-31T12:00:00.400Z',
};

export const exampleBatchRuns: BatchRuns = {
  runs: [
    {
      id: run,
      parent: '',
      startedAt: '2026-01-31T12:00:00.000Z',
      publishedAt: '2026-01-31T12:00:00.400Z',
      ms: 400,
      records: 5_011,
      counted: 5_009,
      duplicate: 2,
      rejected: 0,
      gap: 0,
      audit: 'equal',
      auditedEvents: 5_009,
      auditNote: '',
    },
  ],
  notes: [],
};

export const exampleProblem: ProblemDocument = {
  type: 'urn:tidemark:error:unknown-measure',
  title: 'Bad request',
  status: 400,
  code: 'unknown-measure',
  detail: 'measures is "profit", expected one of orders, grossMinor',
  field: 'measures',
  value: 'profit',
  expected: 'one of orders, grossMinor',
};
