// The statements of collecting, as pure builders. What is deleted is named one by one, never described: a condition that
// is evaluated later might mean more than what was looked at.
//
// Parameters: generation; run, base, offChain: the current run's chain back to the base of `oldest`, the oldest run that
// readers may still stand on; cutoff: an id of the time before which rows may go.
import { inChain, versionsSql } from '../schemas/chain-sql.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';

/** (chunk, version) that the oldest run sees, or any later one of the chain. */
const needed = `${versionsSql('oldest')}
  UNION DISTINCT SELECT chunk, version AS latest FROM ${tables.runChunks} WHERE run > {oldest:String} AND ${inChain()}`;

/** Chunk versions that nobody needs: superseded, of abandoned attempts, of runs off the chain. */
export function unneededVersionsSql(generation: Generation, rollup: Rollup): string {
  return `SELECT DISTINCT chunk, toString(run) AS version FROM ${viewTable(generation, rollup)}
    WHERE run < {cutoff:String} AND (chunk, toString(run)) NOT IN (${needed}) ORDER BY version, chunk LIMIT {limit:UInt32}`;
}

/** Runs and attempts whose announcements nobody reads. */
export const unneededAnnouncementsSql = `SELECT DISTINCT run FROM ${tables.runChunks}
  WHERE generation = {generation:String} AND run < {cutoff:String}
    AND (run < {base:String} OR run NOT IN (SELECT run FROM ${tables.runChunks} WHERE ${inChain()})) ORDER BY run LIMIT {limit:UInt32}`;

/** Published runs that are older than is kept; parameter `keepFrom` is an id. */
export const unneededRunsSql = `SELECT DISTINCT run FROM ${tables.batchRuns}
  WHERE generation = {generation:String} AND run < {base:String} AND run < {keepFrom:String} ORDER BY run LIMIT {limit:UInt32}`;

/** Ids are ours: anything else is refused, for they are written into the statement. */
function literal(id: string): string {
  if (!/^[0-9a-f]{12}-[0-9a-f]{8}$/.test(id)) throw new Error(`not the id of a run: ${id}`);
  return `'${id}'`;
}

export function deleteVersionsSql(
  generation: Generation,
  rollup: Rollup,
  versions: readonly { readonly chunk: number; readonly version: string }[],
): string {
  const pairs = versions.map(({ chunk, version }) => `(${chunk}, ${literal(version)})`);
  return `DELETE FROM ${viewTable(generation, rollup)} WHERE (chunk, run) IN (${pairs.join(', ')})`;
}

export function deleteRunsSql(table: string, runs: readonly string[]): string {
  return `DELETE FROM ${table} WHERE generation = {generation:String} AND run IN (${runs.map(literal).join(', ')})`;
}

/** Ranges that lie below `below` (Array(UInt64) by partition) and are not large already, after (afterPartition, afterFrom). */
export const mergeableRangesSql = `SELECT * FROM ${tables.archiveLog}
  WHERE archive = {archive:String} AND \`to\` <= {below:Array(UInt64)}[partition + 1] AND \`to\` - \`from\` < {records:UInt64}
    AND (toInt64(partition), toInt64(\`from\`)) > ({afterPartition:Int64}, {afterFrom:Int64})
  ORDER BY partition, \`from\` LIMIT {limit:UInt32}`;

export function deleteRangesSql(
  ranges: readonly { readonly partition: number; readonly from: number; readonly to: number }[],
): string {
  const triples = ranges.map(({ partition, from, to }) => `(${[partition, from, to].join(', ')})`);
  return `DELETE FROM ${tables.archiveLog} WHERE archive = {archive:String} AND (partition, \`from\`, \`to\`) IN (${triples.join(', ')})`;
}
