// Is what a run's chunk versions hold all that was written? Rows present against rows announced in run_chunks.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import { chainSql, versionParams } from './batch-part.ts';
import type { PinnedRun } from './live-view.ts';
import type { BrokenChunk } from './run-source.ts';

export async function findBrokenChunk(
  clickhouse: ClickHouse,
  generation: Generation,
  pinned: PinnedRun,
  after: string,
): Promise<BrokenChunk | undefined> {
  const params = { ...versionParams(generation, pinned), after };
  for (const [i, rollup] of generation.definition.rollups.entries()) {
    const versions =
      `SELECT chunk, max(run) AS latest, argMax(rows, run)[${i + 1}] AS announced FROM ${tables.runChunks} ` +
      `WHERE generation = {generation:String} AND ${chainSql()} GROUP BY chunk HAVING latest > {after:String}`;
    const present =
      `SELECT chunk, toString(run) AS latest, count() AS present FROM ${viewTable(generation, rollup)} ` +
      `WHERE run > {after:String} AND run <= {run:String} GROUP BY chunk, latest`;
    const [broken] = await clickhouse.query<Record<'chunk' | 'latest' | 'announced' | 'present', string>>(
      `SELECT chunk, latest, announced, present FROM (${versions}) AS expected LEFT JOIN (${present}) AS found ` +
        'USING (chunk, latest) WHERE announced != present LIMIT 1',
      params,
    );
    if (!broken) continue;
    const [chunk, announced, found] = [Number(broken.chunk), Number(broken.announced), Number(broken.present)];
    return { rollup: rollup.name, chunk, run: broken.latest, announced, present: found };
  }
  return undefined;
}
