// Statements about the archive that are too long to stand beside their use. Pure.
import { tables } from '../schemas/layout-clickhouse.ts';

/** Distinct offsets of a partition by stretch; `starts` are the stretches' first offsets, ascending. They travel in the text:
 *  there may be thousands. */
export function countStretchesSql(starts: readonly number[]): string {
  const list = starts.map((start) => `toUInt64(${start})`).join(', ');
  return `SELECT roundDown(offset, [${list}]) AS stretch, uniqExact(offset) AS present FROM ${tables.orderEvents}
    WHERE archive = {archive:String} AND partition = {partition:UInt32} GROUP BY stretch`;
}
