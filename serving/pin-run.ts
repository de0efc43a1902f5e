// Which chunk versions a run may see: those of its ancestors. Another runner may publish a run with a smaller id later
// than this one; whoever reads views checks afterwards that none has come since.
import { readRunLinks, runsOffChain } from '../runtime/batch-runs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { PinnedRun } from './live-view.ts';

export async function pinRun(clickhouse: ClickHouse, generation: Generation, run: BatchRun): Promise<PinnedRun> {
  const links = await readRunLinks(clickhouse, generation, run.base);
  const published = links.filter((link) => link.run <= run.run).length;
  return { run, offChain: runsOffChain(links, run.run), published };
}
