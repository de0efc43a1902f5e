// The chunks of a run: which are dirty, which lost rows since they were written, and the rows that each version has.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import { sum } from '../schemas/offset-vector.ts';
import { BatchError } from './errors.ts';
import { brokenChunksSql, countRowsSql, dirtyChunksSql, expectedFactsSql } from './run-sql.ts';

type Params = Readonly<Record<string, unknown>>;

export async function readDirtyChunks(clickhouse: ClickHouse, params: Params): Promise<number[]> {
  return (await clickhouse.query<{ chunk: number }>(dirtyChunksSql, params)).map(({ chunk }) => chunk);
}

/**
 * Chunks whose version in the chain of `parent` has not the rows that were announced: lost, to be made again. Scans the
 * views. At most `limit` of them.
 */
export async function readBrokenChunks(
  clickhouse: ClickHouse,
  generation: Generation,
  params: { readonly parent: string; readonly offChain: readonly string[]; readonly limit: number },
): Promise<number[]> {
  const broken = new Set<number>();
  for (const [i, rollup] of generation.definition.rollups.entries()) {
    const sql = brokenChunksSql(generation, rollup, i);
    const rows = await clickhouse.query<{ chunk: number }>(sql, { ...params, generation: generation.id });
    for (const { chunk } of rows) broken.add(chunk);
  }
  return [...broken].slice(0, params.limit);
}

/**
 * Announces the rows of each chunk version that the run wrote. They are counted after they were written, so what a wipe took
 * in between is looked for: announced without it, it would be missed for ever.
 */
export async function writeRunChunks(
  clickhouse: ClickHouse,
  generation: Generation,
  params: Params & { readonly run: string },
  dirty: readonly number[],
): Promise<void> {
  const { rollups } = generation.definition;
  const rows = new Map(dirty.map((chunk) => [chunk, rollups.map(() => 0)]));
  const [expected] = await clickhouse.query<{ facts: readonly string[] }>(expectedFactsSql(generation), params);
  for (const [i, rollup] of rollups.entries()) {
    type Row = { readonly chunk: number; readonly rows: string; readonly facts: string };
    const counts = await clickhouse.query<Row>(countRowsSql(generation, rollup), params);
    const facts = sum(counts.map((count) => Number(count.facts)));
    if (facts !== Number(expected!.facts[i])) {
      if ((await readDirtyChunks(clickhouse, params)).length !== dirty.length)
        throw new BatchError('archive-moved', 'an archive range below the chosen tidemark was logged meanwhile');
      const message = `${rollup.name} holds ${facts} facts of ${expected!.facts[i]} that were written`;
      throw new BatchError('views-lost', message);
    }
    for (const count of counts) {
      const counted = rows.get(count.chunk);
      if (!counted) throw new BatchError('archive-moved', `chunk ${count.chunk} was not to be recomputed`);
      counted[i] = Number(count.rows);
    }
  }
  const { run } = params;
  const list = [...rows].map(([chunk, counts]) => ({ generation: generation.id, run, chunk, rows: counts }));
  if (list.length > 0) await clickhouse.insertRows(tables.runChunks, list);
}
