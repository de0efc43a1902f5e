// The statements of a run, as pure builders. Input travels in parameters only; names come from the definition.
//
// Parameters: archive, generation, run, v and vp (Array(UInt64) by partition: this run's and its parent's tidemark),
// parentMax (Array(Int64)), horizon, parent, base and offChain of the parent's chain, apart (Array(UInt32): not compared),
// broken (Array(UInt32): chunks to make again although nothing new falls into them), k0 and k1 (UInt64: the hash key).
import { announcedFactsSql, inChain, versionsSql } from '../schemas/chain-sql.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import { tables, viewColumns, viewTable } from '../schemas/layout-clickhouse.ts';
import { factCountSql, foldColumns, foldSql } from '../schemas/sql.ts';

const byPartition = (name: string, type = 'UInt64') => `{${name}:Array(${type})}[partition + 1]`;
const inRange = `offset >= ${byPartition('vp')} AND offset < ${byPartition('v')}`;

/** Chunks touched by a range that meets [V_parent, V). */
const dirtyChunks = `SELECT arrayJoin(chunks) AS chunk FROM ${tables.archiveLog}
  WHERE archive = {archive:String} AND \`to\` > ${byPartition('vp')} AND \`from\` < ${byPartition('v')}
  UNION DISTINCT SELECT arrayJoin({broken:Array(UInt32)}) AS chunk`;

/**
 * Chunks whose version in the parent's chain does not have the rows that were announced: lost, so made again.
 */
export function brokenChunksSql(generation: Generation, rollup: Rollup, index: number): string {
  const view = viewTable(generation, rollup);
  return `SELECT chunk, events FROM (SELECT chunk, argMax(version, run) AS latest, argMax(rows, run)[${index + 1}] AS announced,
        argMax(facts, run) AS events
      FROM ${tables.runChunks} WHERE ${inChain('parent')} GROUP BY chunk) AS expected
    LEFT JOIN (SELECT chunk, toString(run) AS latest, count() AS present FROM ${view} GROUP BY chunk, latest) AS found
    USING (chunk, latest) WHERE announced != present LIMIT {limit:UInt32}`;
}

/** Events of the dirty chunks below V, each identity once: the first offset wins. */
function winners(generation: Generation, filter = ''): string {
  const columns = ['chunk', 'partition', 'offset', 'type', ...foldColumns(generation.definition)];
  const distinct = [...new Set(columns)].map((name) => `\`${name}\``).join(', ');
  const first = `SELECT ${distinct} FROM ${tables.orderEvents}
    WHERE archive = {archive:String} AND chunk IN (${dirtyChunks}) AND offset < ${byPartition('v')}
    ORDER BY chunk, partition, identity, offset
    LIMIT 1 BY chunk, partition, identity, orderId, eventId, occurredAt`;
  return filter === '' ? `(${first})` : `(SELECT * FROM (${first}) WHERE ${filter})`;
}

/** (partition, offset) of the records in [V_parent, V) that came late: below the floor, the judged one included. */
const lateOffsets = `SELECT partition, offset FROM (
    SELECT partition, offset, occurredAt,
      greatest(max(recordTime) OVER (PARTITION BY partition ORDER BY offset ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        ${byPartition('parentMax', 'Int64')}) - {horizon:Int64} AS floor
    FROM (SELECT partition, offset, any(recordTime) AS recordTime, any(occurredAt) AS occurredAt FROM ${tables.orderEvents}
      WHERE archive = {archive:String} AND chunk IN (${dirtyChunks}) AND ${inRange} GROUP BY partition, offset))
  WHERE occurredAt < floor`;

/** Recomputes one rollup of the dirty chunks into rows of this run. */
export function recomputeSql(generation: Generation, rollup: Rollup): string {
  return `INSERT INTO ${viewTable(generation, rollup)} (run, chunk, ${viewColumns(rollup).join(', ')})
    SELECT {run:String}, * FROM (${foldSql(generation.definition, rollup, winners(generation))})`;
}

export function countRowsSql(generation: Generation, rollup: Rollup): string {
  return `SELECT chunk, count() AS rows, sum(facts) AS facts FROM ${viewTable(generation, rollup)} WHERE run = {run:String} GROUP BY chunk`;
}

/** Facts that the dirty chunks must have, by rollup. */
export function expectedFactsSql(generation: Generation): string {
  const { definition } = generation;
  const counts = definition.rollups.map((rollup) => factCountSql(definition, rollup));
  return `SELECT [${counts.join(', ')}] AS facts FROM ${winners(generation)}`;
}

/** A base announces what its chain announces and it did not write itself. */
export const inheritChunksSql = `INSERT INTO ${tables.runChunks} (generation, run, chunk, rows, facts, version)
  SELECT generation, {run:String}, chunk, argMax(rows, run), argMax(facts, run), argMax(version, run) FROM ${tables.runChunks}
  WHERE ${inChain('parent')} AND chunk NOT IN (SELECT chunk FROM ${tables.runChunks}
    WHERE generation = {generation:String} AND run = {run:String}) GROUP BY generation, chunk`;

/** Events that the versions announce: of the parent's chain, and of the run that is not published yet ('' for none). */
export const announcedSql = `SELECT (${announcedFactsSql(
  `(${inChain('parent')}) OR (generation = {generation:String} AND run = {run:String})`,
)}) AS facts`;

export const dirtyChunksSql = `SELECT DISTINCT chunk FROM (${dirtyChunks}) ORDER BY chunk`;

/** Of each partition, the valid records in [V_parent, V): how many, and how late the records' clock got. */
export const eventsSql = `SELECT partition, uniqExact(offset) AS events, max(recordTime) AS maxTimestamp FROM ${tables.orderEvents}
  WHERE archive = {archive:String} AND chunk IN (${dirtyChunks}) AND ${inRange} GROUP BY partition`;

/** Of each partition, the events that this run counts and its parent did not. */
export function newlyCountedSql(generation: Generation): string {
  return `SELECT partition, count() AS counted, max(occurredAt) AS newest FROM ${winners(generation, inRange)} GROUP BY partition`;
}

export const rejectedSql = `SELECT partition, uniqExact(offset) AS rejected FROM (
    SELECT partition, arrayJoin(rejected).1 AS offset FROM ${tables.archiveLog}
    WHERE archive = {archive:String} AND \`to\` > ${byPartition('vp')} AND \`from\` < ${byPartition('v')})
  WHERE ${inRange} GROUP BY partition`;

export const gapsSql = `SELECT DISTINCT partition, gap.1 AS \`from\`, gap.2 AS \`to\` FROM (
    SELECT partition, arrayJoin(gaps) AS gap FROM ${tables.archiveLog}
    WHERE archive = {archive:String} AND \`to\` > ${byPartition('vp')} AND \`from\` < ${byPartition('v')})
  ORDER BY partition, \`from\``;

/**
 * The run's increment over its parent in one rollup, less what speed cannot have counted: deferred events, and
 * partitions whose epochs are not there to compare. What is left must equal the absorbed epochs.
 */
export function incrementSql(generation: Generation, rollup: Rollup): string {
  const columns = viewColumns(rollup);
  const sums = ['facts', ...rollup.measures];
  const keys = columns.filter((name) => !sums.includes(name));
  const signed = (sign: string, from: string) =>
    `SELECT ${sign} AS sign, ${keys.join(', ')}, ${sums.map((name) => `toInt128(${name}) AS ${name}`).join(', ')} FROM ${from}`;
  const view = viewTable(generation, rollup);
  const parentVersions = versionsSql('parent', `chunk IN (${dirtyChunks})`);
  const excluded = `${inRange} AND (has({apart:Array(UInt32)}, partition) OR (partition, offset) IN (${lateOffsets}))`;
  const total = sums.map((name) => `sum(sign * ${name}) AS total_${name}`);
  return `SELECT ${[...keys, ...total].join(', ')} FROM (
      ${signed('1', `${view} WHERE run = {run:String}`)}
      UNION ALL ${signed('-1', `${view} WHERE (chunk, run) IN (${parentVersions})`)}
      UNION ALL ${signed('-1', `(${foldSql(generation.definition, rollup, winners(generation, excluded))})`)})
    GROUP BY ${keys.join(', ')} HAVING ${sums.map((name) => `total_${name} != 0`).join(' OR ')}`;
}
