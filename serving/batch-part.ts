// The SQL of the batch part: pure. Names come from the definition, everything of a client travels as bound parameters.
import { inChain, versionsSql } from '../schemas/chain-sql.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import type { ChunkPart } from './chunk-parts.ts';
import { bucketBits, exactUpTo, rankBits, registerCount } from './distinct.ts';
import type { Chain } from './live-view.ts';

export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Groups of some chunks of a rollup as of a pinned run: rows `w` (window start, minutes), d0… (dimensions), m0… (sums),
 * facts, earliest; where values are counted also their hashes (withHashesSql). A chunk's version is its newest one among the run and its ancestors. Windows may span chunks.
 */
export function batchPartSql(
  generation: Generation,
  rollup: Rollup,
  chain: Chain,
  part: ChunkPart,
  most: { readonly groups: number; readonly hashBytes: number },
): Statement {
  const { read } = part;
  const { distinct = [] } = read;
  const scope = scopeOf(generation, rollup, chain, part);
  const columns = [
    ...scope.keys,
    ...read.bases.map((name, i) => `toString(sum(toInt128(${name}))) AS m${i}`),
    ...distinct.map((name, i) => `${hashesSql(name)} AS u${i}`),
    'toString(sum(facts)) AS allFacts',
    'min(windowStart) AS earliest',
  ];
  const names = scope.names.join(', ');
  const groups = `SELECT ${columns.join(', ')} ${scope.from} GROUP BY ${names} LIMIT {limit:UInt32}`;
  const params = { ...scope.params, limit: most.groups };
  if (distinct.length === 0) return { sql: groups, params };
  return { sql: withHashesSql(names, read, groups), params: { ...params, hashBytes: most.hashBytes } };
}

/** A group of more than `exactUpTo` hashes fills about 3,620 registers, give or take 20; one that fills this many weighs 16 KiB. */
const leastFilled = registerCount / 8;

/**
 * Registers of the groups that have more than `exactUpTo` values of one hidden dimension, and of some others: rows w, d0… and
 * `registers` (a character each, 48 and the rank). The same bucket and rank of the same 64 bits as in distinct.ts.
 */
export function registersSql(
  generation: Generation,
  rollup: Rollup,
  chain: Chain,
  part: ChunkPart,
  dimension: string,
): Statement {
  const { keys, names, from, params } = scopeOf(generation, rollup, chain, part);
  const own = names.join(', ');
  const hashes = `SELECT ${keys.join(', ')}, reinterpretAsUInt64(reverse(unhex(${dimension}))) AS hash ${from} AND ${dimension} != ''`;
  const rest = `bitShiftRight(hash, ${bucketBits})`;
  const rank = `least(${rankBits + 1}, bitCount(bitXor(${rest}, toUInt64(${rest} - 1))))`;
  const ranks =
    `SELECT ${own}, toUInt32(bitAnd(hash, ${registerCount - 1})) AS bucket, toUInt8(max(${rank})) AS highest ` +
    `FROM (${hashes}) GROUP BY ${own}, bucket`;
  const registers = `groupArrayInsertAt(toUInt8(0), ${registerCount})(highest, bucket)`;
  const sql =
    `SELECT ${own}, arrayStringConcat(arrayMap(rank -> char(48 + rank), ${registers})) AS registers ` +
    `FROM (${ranks}) GROUP BY ${own} HAVING count() > ${leastFilled}`;
  return { sql, params };
}

/** Different values of a hidden dimension, as many as tell whether registers are needed. */
function hashesSql(dimension: string): string {
  return `groupUniqArrayIf(${exactUpTo + 1})(${dimension}, ${dimension} != '')`;
}

/**
 * The groups with their hashes as text: n0… (how many, exactUpTo + 1 for more) and h0… (16 digits each, '' for more). Where
 * they would weigh too much altogether (`hashBytes`), none is told.
 */
function withHashesSql(names: string, { bases, distinct = [] }: ChunkPart['read'], groups: string): string {
  const weight = distinct.map((_, i) => `least(8 * length(u${i}), ${registerCount})`).join(' + ');
  const told = [
    names,
    ...bases.map((_, i) => `m${i}`),
    'allFacts',
    'earliest',
    'toString(weight) AS hashBytes',
    ...distinct.flatMap((_, i) => [
      `length(u${i}) AS n${i}`,
      `if(n${i} > ${exactUpTo} OR weight > {hashBytes:UInt64}, '', arrayStringConcat(u${i})) AS h${i}`,
    ]),
  ];
  return `SELECT ${told.join(', ')} FROM (SELECT *, sum(${weight}) OVER () AS weight FROM (${groups}))`;
}

/** The rows of some chunks that a read is about: the columns that it groups them by, with their names, and FROM … WHERE …. */
function scopeOf(generation: Generation, rollup: Rollup, chain: Chain, part: ChunkPart) {
  const { read } = part;
  const params: Record<string, unknown> = { ...partParams(generation, chain, part), from: read.from, to: read.to };
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
  return {
    keys: [`${windowSql(read, params)} AS w`, ...read.groupBy.map((name, i) => `${name} AS d${i}`)],
    names: ['w', ...read.groupBy.map((_, i) => `d${i}`)],
    from: `FROM ${viewTable(generation, rollup)} WHERE ${conditions.join(' AND ')}`,
    params,
  };
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
