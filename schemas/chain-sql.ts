// Which chunk versions a run sees, as SQL: the newest that its chain announces, from its base on. Rows of attempts that
// were never published and of runs that are not its ancestors are in no chain.
//
// Parameters: generation, base, offChain (Array(String)), and the run, under the name that is given.
import { tables } from './layout-clickhouse.ts';

/** A condition on rows of run_chunks. */
export function inChain(run = 'run'): string {
  const range = `run >= {base:String} AND run <= {${run}:String}`;
  return (
    `generation = {generation:String} AND ${range} AND run NOT IN {offChain:Array(String)} AND run IN ` +
    `(SELECT run FROM ${tables.batchRuns} WHERE generation = {generation:String} AND ${range})`
  );
}

/** Rows (chunk, latest): the stamp of the view rows that hold the chunk. `range` is a condition on chunk. */
export function versionsSql(run = 'run', range = ''): string {
  const narrowed = range === '' ? '' : ` AND ${range}`;
  return `SELECT chunk, argMax(version, run) AS latest FROM ${tables.runChunks} WHERE ${inChain(run)}${narrowed} GROUP BY chunk`;
}

/**
 * One number: the events that the chain's versions announce. It equals what the run says to have counted, or
 * announcements were lost.
 */
export function announcedFactsSql(condition = inChain()): string {
  return `SELECT sum(announced) FROM (SELECT argMax(facts, run) AS announced FROM ${tables.runChunks} WHERE ${condition} GROUP BY chunk)`;
}
