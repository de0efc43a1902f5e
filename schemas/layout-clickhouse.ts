// Names and layout of the tables in ClickHouse. Created by runtime/clickhouse; written by batch, read by batch,
// speed (identities, the current run) and serving, which writes reports. All inserts append; nothing is updated in place.
import { type Rollup } from './definition.ts';
import type { Generation } from './generation.ts';

export const tables = {
  generations: 'generations',
  archives: 'archives',
  orderEvents: 'order_events',
  archiveLog: 'archive_log',
  batchRuns: 'batch_runs',
  runChunks: 'run_chunks',
  reports: 'reports',
  reportRuns: 'report_runs',
} as const;

/** View rows of one rollup of one generation. */
export function viewTable(generation: Generation, rollup: Rollup): string {
  return `view_${generation.id}_${rollup.name}`;
}

/** Columns of `order_events` in insert order. `items.*` are parallel arrays of one length. */
export const orderEventColumns = [
  ['archive', 'LowCardinality(String)'],
  ['chunk', 'UInt32'],
  ['partition', 'UInt32'],
  ['identity', 'UInt64'],
  ['offset', 'UInt64'],
  ['recordTime', 'Int64'],
  ['schemaId', 'UInt32'],
  ['eventId', 'String'],
  ['type', 'LowCardinality(String)'],
  ['orderId', 'String'],
  ['sequence', 'Nullable(Int64)'],
  ['customerId', 'Nullable(String)'],
  ['storeId', 'LowCardinality(String)'],
  ['channel', 'LowCardinality(String)'],
  ['country', 'LowCardinality(String)'],
  ['currency', 'LowCardinality(String)'],
  ['occurredAt', 'Int64'],
  ['placedAt', 'Int64'],
  ['amountMinor', 'Int64'],
  ['items.sku', 'Array(String)'],
  ['items.name', 'Array(Nullable(String))'],
  ['items.category', 'Array(LowCardinality(String))'],
  ['items.quantity', 'Array(Int64)'],
  ['items.amountMinor', 'Array(Int64)'],
  ['value', 'String'],
  ['headers.name', 'Array(String)'],
  ['headers.value', 'Array(Nullable(String))'],
] as const;

const columnList = (columns: readonly (readonly [string, string])[]) =>
  columns.map(([name, type]) => `\`${name}\` ${type}`).join(', ');

/** Statements that make what every generation shares; safe to repeat. */
export function sharedDdl(): string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${tables.generations} (id String, description String, createdAt Int64)
     ENGINE = MergeTree ORDER BY id`,
    // Which topic (by Kafka's id) an archive's offsets are of.
    `CREATE TABLE IF NOT EXISTS ${tables.archives} (archive String, topicId String, createdAt Int64)
     ENGINE = MergeTree ORDER BY archive`,
    `CREATE TABLE IF NOT EXISTS ${tables.orderEvents} (${columnList(orderEventColumns)})
     ENGINE = MergeTree ORDER BY (archive, chunk, partition, identity, offset)`,
    // rejected: (offset, code); gaps: [from, to). chunks: those that the range's events fall into. leaderEpochs: (offset, epoch)
    // where they change, the first one of the range's begin.
    `CREATE TABLE IF NOT EXISTS ${tables.archiveLog} (archive String, partition UInt32, \`from\` UInt64, \`to\` UInt64,
       rows UInt64, chunks Array(UInt32), rejected Array(Tuple(UInt64, LowCardinality(String))),
       gaps Array(Tuple(UInt64, UInt64)), leaderEpochs Array(Tuple(UInt64, Int32)), insertedAt Int64)
     ENGINE = MergeTree ORDER BY (archive, partition, \`from\`)`,
    // Archives of before: their epochs are unknown.
    `ALTER TABLE ${tables.archiveLog} ADD COLUMN IF NOT EXISTS leaderEpochs Array(Tuple(UInt64, Int32)) AFTER gaps`,
    // Arrays are indexed by partition. tidemark is V; maxTimestamps gives the floors (−1: no valid event yet).
    // base: the run of the chain below which nothing of it need be read.
    `CREATE TABLE IF NOT EXISTS ${tables.batchRuns} (generation String, run String, parent String, base String, archive String,
       tidemark Array(UInt64), maxTimestamps Array(Int64), starts Array(UInt64), counted Array(UInt64),
       duplicate Array(UInt64), rejected Array(UInt64), gap Array(UInt64), newestEventAt Int64, startedAt Int64,
       publishedAt Int64, audit LowCardinality(String), auditedEvents UInt64, auditNote String)
     ENGINE = MergeTree ORDER BY (generation, run)`,
    // A chunk as a run sees it: its view rows are stamped \`version\`, \`rows\` of them by rollup, and hold \`facts\` events.
    `CREATE TABLE IF NOT EXISTS ${tables.runChunks} (generation String, run String, chunk UInt32, rows Array(UInt64),
       facts UInt64, version String DEFAULT run)
     ENGINE = MergeTree ORDER BY (generation, run, chunk)`,
    // Reports are of no generation. A version a row, the greatest wins; schedule: '' for none.
    `CREATE TABLE IF NOT EXISTS ${tables.reports} (name String, version String, removed UInt8, title String, query String,
       schedule String, tz String, savedAt Int64, scheduledSince Int64)
     ENGINE = MergeTree ORDER BY (name, version)`,
    // What was made of them; told: the run as the API tells it, JSON. Goes after 400 days.
    `CREATE TABLE IF NOT EXISTS ${tables.reportRuns} (name String, instant Int64, scheduled UInt8, outcome LowCardinality(String),
       recordedAt Int64, told String, token String ALIAS JSONExtractString(told, 'token'),
       rows UInt64 ALIAS JSONExtractUInt(told, 'rows'), code String ALIAS JSONExtractString(told, 'code'))
     ENGINE = MergeTree ORDER BY (name, instant) TTL toDateTime(intDiv(recordedAt, 1000)) + INTERVAL 400 DAY`,
    // Tables of before these columns were there.
    `ALTER TABLE ${tables.batchRuns} ADD COLUMN IF NOT EXISTS base String AFTER parent`,
    `ALTER TABLE ${tables.runChunks} ADD COLUMN IF NOT EXISTS facts UInt64, ADD COLUMN IF NOT EXISTS version String DEFAULT run`,
  ];
}

/** Statements that make one generation's view tables; safe to repeat. */
export function generationDdl(generation: Generation): string[] {
  const { definition } = generation;
  return definition.rollups.map((rollup) => {
    const dimensions = rollup.dimensions.map(
      (name) => `${name} ${definition.dimensions[name]!.isWide ? 'String' : 'LowCardinality(String)'}`,
    );
    const measures = rollup.measures.map((name) => `${name} Int128`);
    return `CREATE TABLE IF NOT EXISTS ${viewTable(generation, rollup)} (run LowCardinality(String), chunk UInt32,
       windowStart Int64, ${[...dimensions, 'facts UInt64', ...measures].join(', ')})
     ENGINE = MergeTree ORDER BY (chunk, run, windowStart, ${rollup.dimensions.join(', ')})`;
  });
}

/** Columns of a view row after run and chunk, in order. */
export function viewColumns(rollup: Rollup): string[] {
  return ['windowStart', ...rollup.dimensions, 'facts', ...rollup.measures];
}

/** One row of `batch_runs`, as JSON gives it (64-bit integers below 2^53 as numbers). */
export interface BatchRun {
  readonly generation: string;
  /** Sorts as text in time order: 12 hex digits of clock milliseconds, '-', 8 of chance. */
  readonly run: string;
  /** '' for run 0. */
  readonly parent: string;
  /** The nearest run of the chain, itself included, that announces every chunk: nobody need look below it. */
  readonly base: string;
  readonly archive: string;
  /** V: for each partition the next offset that batch has not counted. */
  readonly tidemark: readonly number[];
  readonly maxTimestamps: readonly number[];
  /** First offset of each partition that the archive knows. */
  readonly starts: readonly number[];
  readonly counted: readonly number[];
  readonly duplicate: readonly number[];
  readonly rejected: readonly number[];
  readonly gap: readonly number[];
  readonly newestEventAt: number;
  readonly startedAt: number;
  readonly publishedAt: number;
  readonly audit: 'equal' | 'different' | 'not-compared';
  readonly auditedEvents: number;
  readonly auditNote: string;
}
