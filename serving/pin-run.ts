// Which chunk versions a run may see: those of its ancestors. Another runner may publish a run with a smaller id later
// than this one; whoever reads views checks afterwards that none has come since.
import { readRunLinks, runsOffChain } from '../runtime/batch-runs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { chunkVersionsSql } from './batch-part.ts';
import { noChunkVersions } from './chunk-versions.ts';
import type { Chain, PinnedRun } from './live-view.ts';

interface VersionRow {
  readonly chunk: number;
  readonly latest: string;
  readonly announced: readonly string[];
  readonly hash: string;
}

export async function findChain(
  clickhouse: ClickHouse,
  generation: Generation,
  run: BatchRun,
): Promise<Chain & { readonly ancestors: ReadonlySet<string> }> {
  const links = await readRunLinks(clickhouse, generation, run.base);
  const published = links.filter((link) => link.run <= run.run).length;
  const offChain = runsOffChain(links, run.run);
  const ancestors = new Set(links.map((link) => link.run)).difference(new Set(offChain));
  return { run, offChain, published, ancestors };
}

/** With the versions that it sees; where `known` is an ancestor, only those newer than that are read. */
export async function pinRun(
  clickhouse: ClickHouse,
  generation: Generation,
  run: BatchRun,
  known: PinnedRun | undefined,
): Promise<PinnedRun> {
  let chain = await findChain(clickhouse, generation, run);
  for (;;) {
    const base = known && known.run.run < run.run && chain.ancestors.has(known.run.run) ? known : undefined;
    const { sql, params } = chunkVersionsSql(generation, chain, base?.run.run ?? '');
    const rows = await clickhouse.query<VersionRow>(sql, params);
    const after = await findChain(clickhouse, generation, run);
    if (after.published === chain.published) {
      const changed = rows.map(({ chunk, latest, announced, hash }) => ({
        chunk,
        run: latest,
        rows: announced.map(Number),
        hash: BigInt(hash),
      }));
      const { offChain, published } = chain;
      return { run, offChain, published, versions: (base?.versions ?? noChunkVersions).with(changed) };
    }
    chain = after;
  }
}
