// Is what a run's chunk versions hold all that was written? Rows present against rows announced in run_chunks, and what is
// announced against what the run counted.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import { announcedFactsSql, inChain } from '../schemas/chain-sql.ts';
import type { Generation } from '../schemas/generation.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import { sum } from '../schemas/offset-vector.ts';
import { versionParams } from './batch-part.ts';
import type { Chain } from './live-view.ts';

/** What is wrong, in words; undefined where nothing is. Versions up to the run `after` are not looked at again. */
export async function findBroken(
  clickhouse: ClickHouse,
  generation: Generation,
  pinned: Chain,
  after: string,
): Promise<string | undefined> {
  const params = { ...versionParams(generation, pinned), after };
  const [announced] = await clickhouse.query<{ facts: string }>(`SELECT (${announcedFactsSql()}) AS facts`, params);
  const counted = sum(pinned.run.counted);
  if (Number(announced?.facts) !== counted)
    return `its chunks announce ${announced?.facts} events of ${counted} counted`;
  for (const [i, rollup] of generation.definition.rollups.entries()) {
    const versions =
      `SELECT chunk, argMax(version, run) AS latest, argMax(rows, run)[${i + 1}] AS announced FROM ${tables.runChunks} ` +
      `WHERE ${inChain()} GROUP BY chunk HAVING latest > {after:String}`;
    const present =
      `SELECT chunk, toString(run) AS latest, count() AS present FROM ${viewTable(generation, rollup)} ` +
      `WHERE run > {after:String} AND run <= {run:String} GROUP BY chunk, latest`;
    type Row = Record<'chunk' | 'latest' | 'announced' | 'present', string>;
    const [broken] = await clickhouse.query<Row>(
      `SELECT chunk, latest, announced, present FROM (${versions}) AS expected LEFT JOIN (${present}) AS found ` +
        'USING (chunk, latest) WHERE announced != present LIMIT 1',
      params,
    );
    if (!broken) continue;
    return `chunk ${broken.chunk} of ${rollup.name} (version ${broken.latest}) has ${broken.present} of ${broken.announced} rows`;
  }
  return undefined;
}
