// The SQL of the batch part: pure. Names come from the definition, everything of a client travels as bound parameters.
import { inChain, versionsSql } from '../schemas/chain-sql.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import type { ChunkPart } from './chunk-parts.ts';
import type { Chain } from './live-view.ts';

export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Groups of some chunks of a rollup as of a pinned run: rows `w` (window start, minutes), d0… (dimensions), m0… (sums),
 * facts, earliest. A chunk's version is its newest one among the run and its ancestors. Windows may span chunks.
 */
export function batchPartSql(
  generation: Generation,
  rollup: Rollup,
  chain: Chain,
  part: ChunkPart,
  limit: number,
): Statement {
  const { read } = part;
  const params: Record<string, unknown> = {
    ...partParams(generation, chain, part),
    from: read.from,
    to: read.to,
    limit,
  };
  const conditions = ['windowStart >= {from:Int64}', 'windowStart < {to:Int64}', seenSql];
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
 * One row that tells what a read before it went over: `hash` of the versions that the store knows for those chunks,
 * `present`, the view rows that they have, whether the run is there (`pinned`), and how many runs from its base up to it are `published`.
 */
export function witnessSql(generation: Generation, rollup: Rollup, chain: Chain, part: Chunks): Statement {
  const runs = `FROM ${tables.batchRuns} WHERE generation = {generation:String} AND run >= {base:String} AND run <= {run:String}`;
  const columns = [
    `(SELECT count() FROM ${viewTable(generation, rollup)} WHERE ${seenSql}) AS present`,
    `(SELECT toString(sum(${hashSql})) FROM (${versionsSql('run', chunkRangeSql)})) AS hash`,
    `(SELECT countIf(run = {run:String}) ${runs}) AS pinned`,
    `(SELECT count() ${runs}) AS published`,
  ];
  return { sql: `SELECT ${columns.join(', ')}`, params: partParams(generation, chain, part) };
}

/** The versions that a run sees and that are newer than `after`, with the rows announced of each rollup. */
export function chunkVersionsSql(generation: Generation, chain: Chain, after: string): Statement {
  const sql =
    `SELECT chunk, latest, announced, toString(${hashSql}) AS hash FROM (SELECT chunk, argMax(version, run) AS latest, ` +
    `argMax(rows, run) AS announced FROM ${tables.runChunks} WHERE ${inChain()} GROUP BY chunk) WHERE latest > {after:String}`;
  return { sql, params: { ...versionParams(generation, chain), after } };
}

const hashSql = 'sipHash64(chunk, latest)';

const chunkRangeSql = 'chunk >= {firstChunk:UInt32} AND chunk <= {lastChunk:UInt32}';

/** Rows of the versions that a run sees of a range of chunks. */
export const seenSql = `${chunkRangeSql} AND (chunk, run) IN (${versionsSql('run', chunkRangeSql)})`;

type Chunks = Pick<ChunkPart, 'firstChunk' | 'lastChunk'>;

export function partParams(generation: Generation, chain: Chain, { firstChunk, lastChunk }: Chunks) {
  return { ...versionParams(generation, chain), firstChunk, lastChunk };
}

export function versionParams(generation: Generation, { run, offChain }: Chain): Record<string, unknown> {
  return { generation: generation.id, run: run.run, base: run.base, offChain };
}

const minuteMs = 60_000;

/** Start of a row's window in minutes, by the packed grid: all edges lie on whole minutes. */
function windowSql(read: ChunkPart['read'], params: Record<string, unknown>): string {
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
