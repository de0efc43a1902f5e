// The SQL of the batch part: pure. Names come from the definition, everything of a client travels as bound parameters.
import { announcedFactsSql, inChain, versionsSql } from '../schemas/chain-sql.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import type { BatchRead } from './batch-views.ts';
import type { PinnedRun } from './live-view.ts';

export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Groups of a rollup as of a pinned run: rows `w` (window start, minutes), d0… (dimensions), m0… (sums), facts, earliest.
 * A chunk's version is its newest one among the run and its ancestors. Windows may span chunks; a rollup by placedAt is
 * never pruned by chunk, because chunks go by occurredAt.
 */
export function batchPartSql(
  generation: Generation,
  rollup: Rollup,
  pinned: PinnedRun,
  read: BatchRead,
  limit: number,
): Statement {
  const params: Record<string, unknown> = { ...versionParams(generation, pinned), from: read.from, to: read.to, limit };
  const conditions = ['windowStart >= {from:Int64}', 'windowStart < {to:Int64}'];
  let chunkRange = '';
  if (rollup.time === 'occurredAt') {
    Object.assign(params, chunkParams(generation, read));
    chunkRange = chunkRangeSql;
    conditions.push(chunkRange);
  }
  conditions.push(`(chunk, run) IN (${versionsSql('run', chunkRange)})`);
  for (const [filter, word, prefix] of [
    [read.where, 'IN', 'where'],
    [read.not, 'NOT IN', 'not'],
  ] as const) {
    for (const dimension of rollup.dimensions) {
      const values = filter[dimension];
      if (!values) continue;
      params[`${prefix}_${dimension}`] = values;
      conditions.push(`${dimension} ${word} {${prefix}_${dimension}:Array(String)}`);
    }
  }
  const columns = [
    `${windowSql(read, params)} AS w`,
    ...read.groupBy.map((name, i) => `${name} AS d${i}`),
    ...read.bases.map((name, i) => `toString(sum(toInt128(${name}))) AS m${i}`),
    'toString(sum(facts)) AS allFacts',
    'min(windowStart) AS earliest',
  ];
  const keys = ['w', ...read.groupBy.map((_, i) => `d${i}`)];
  const sql =
    `SELECT ${columns.join(', ')} FROM ${viewTable(generation, rollup)} ` +
    `WHERE ${conditions.join(' AND ')} GROUP BY ${keys.join(', ')} LIMIT {limit:UInt32}`;
  return { sql, params };
}

/**
 * One row: how many rows the versions that a read goes over were announced with, and how many are there. Fewer: the views
 * were wiped or damaged since, and what was read of them is too low.
 */
export function wholenessSql(generation: Generation, rollup: Rollup, pinned: PinnedRun, read: BatchRead): Statement {
  const params = { ...versionParams(generation, pinned), ...chunkParams(generation, read) };
  const range = rollup.time === 'occurredAt' ? chunkRangeSql : '';
  const index = generation.definition.rollups.indexOf(rollup) + 1;
  const announced =
    `SELECT sum(n) FROM (SELECT argMax(rows, run)[${index}] AS n FROM ${tables.runChunks} ` +
    `WHERE ${inChain()}${range === '' ? '' : ` AND ${range}`} GROUP BY chunk)`;
  const present =
    `SELECT count() FROM ${viewTable(generation, rollup)} ` +
    `WHERE (chunk, run) IN (${versionsSql('run', range)})${range === '' ? '' : ` AND ${range}`}`;
  return { sql: `SELECT (${announced}) AS announced, (${present}) AS present`, params };
}

const chunkRangeSql = 'chunk >= {firstChunk:UInt32} AND chunk <= {lastChunk:UInt32}';

function chunkParams(generation: Generation, { from, to }: BatchRead): { firstChunk: number; lastChunk: number } {
  return { firstChunk: Math.floor(from / generation.chunkMs), lastChunk: Math.floor((to - 1) / generation.chunkMs) };
}

/**
 * One row: whether the run is still there, how many runs of its stretch are published, and the events that its chunk
 * versions announce.
 */
export function standingSql(): string {
  return (
    `SELECT countIf(run = {run:String}) AS present, count() AS published, (${announcedFactsSql()}) AS announced ` +
    `FROM ${tables.batchRuns} WHERE generation = {generation:String} AND run >= {base:String} AND run <= {run:String}`
  );
}

export function versionParams(generation: Generation, pinned: PinnedRun): Record<string, unknown> {
  const { run, base } = pinned.run;
  return { generation: generation.id, run, base, offChain: pinned.offChain };
}

const minuteMs = 60_000;

/** Start of a row's window in minutes, by the packed grid: all edges lie on whole minutes. */
function windowSql(read: BatchRead, params: Record<string, unknown>): string {
  const minute = `intDiv(windowStart, ${minuteMs})`;
  params['starts'] = read.starts.map((at) => at / minuteMs);
  params['steps'] = read.steps.map((step) => step / minuteMs);
  const [starts, steps] = ['{starts:Array(Int64)}', '{steps:Array(Int64)}'];
  if (read.starts.length === 1) {
    return `${starts}[1] + intDiv(${minute} - ${starts}[1], ${steps}[1]) * ${steps}[1]`;
  }
  const start = `roundDown(${minute}, ${starts})`;
  const step = `transform(${start}, ${starts}, ${steps}, toInt64(1))`;
  return `${start} + intDiv(${minute} - ${start}, ${step}) * ${step}`;
}
