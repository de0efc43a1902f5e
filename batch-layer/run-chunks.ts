// The chunks of a run: which are dirty, which lost rows since they were written, and the rows that each version has.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import { countingRollup } from '../schemas/definition.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import { sum } from '../schemas/offset-vector.ts';
import { BatchError } from './errors.ts';
import { brokenChunksSql, countRowsSql, dirtyChunksSql, expectedFactsSql, inheritChunksSql } from './run-sql.ts';
import type { Chain } from './run-store.ts';

type Params = Readonly<Record<string, unknown>>;

export async function readDirtyChunks(clickhouse: ClickHouse, params: Params): Promise<number[]> {
  return (await clickhouse.query<{ chunk: number }>(dirtyChunksSql, params)).map(({ chunk }) => chunk);
}

/**
 * Chunks whose version in the chain has not the rows that were announced: lost, to be made again. Scans the views. At most
 * `limit` of them.
 */
export async function readBrokenChunks(
  clickhouse: ClickHouse,
  generation: Generation,
  { run: parent, base, offChain }: Chain,
  limit: number,
): Promise<{ chunk: number; events: number }[]> {
  const broken = new Map<number, number>();
  for (const [i, rollup] of generation.definition.rollups.entries()) {
    const params = { generation: generation.id, parent, base, offChain, limit };
    type Row = { chunk: number; events: string };
    const rows = await clickhouse.query<Row>(brokenChunksSql(generation, rollup, i), params);
    for (const { chunk, events } of rows) broken.set(chunk, Number(events));
  }
  return [...broken].slice(0, limit).map(([chunk, events]) => ({ chunk, events }));
}

/**
 * Announces each chunk version that the run wrote, with its rows and events; as a base those too that it inherits. Rows are
 * counted after they were written, so what a wipe took in between is looked for: announced without it, it would be missed for ever.
 */
export async function writeRunChunks(
  clickhouse: ClickHouse,
  generation: Generation,
  params: Params & { readonly run: string },
  { dirty, isBase }: { readonly dirty: readonly number[]; readonly isBase: boolean },
): Promise<void> {
  const { rollups } = generation.definition;
  const announced = new Map(dirty.map((chunk) => [chunk, { rows: rollups.map(() => 0), facts: 0 }]));
  const counting = countingRollup(generation.definition);
  const [expected] = await clickhouse.query<{ facts: readonly string[] }>(expectedFactsSql(generation), params);
  for (const [i, rollup] of rollups.entries()) {
    type Row = { readonly chunk: number; readonly rows: string; readonly facts: string };
    const counts = await clickhouse.query<Row>(countRowsSql(generation, rollup), params);
    const found = sum(counts.map((count) => Number(count.facts)));
    if (found !== Number(expected!.facts[i])) {
      if ((await readDirtyChunks(clickhouse, params)).length !== dirty.length)
        throw new BatchError('archive-moved', 'an archive range below the chosen tidemark was logged meanwhile');
      const message = `${rollup.name} holds ${found} facts of ${expected!.facts[i]} that were written`;
      throw new BatchError('views-lost', message);
    }
    for (const { chunk, rows, facts } of counts) {
      const entry = announced.get(chunk);
      if (!entry) throw new BatchError('archive-moved', `chunk ${chunk} was not to be recomputed`);
      entry.rows[i] = Number(rows);
      if (rollup === counting) entry.facts = Number(facts);
    }
  }
  const { run } = params;
  const list = [...announced].map(([chunk, entry]) => ({
    generation: generation.id,
    run,
    chunk,
    ...entry,
    version: run,
  }));
  if (list.length > 0) await clickhouse.insertRows(tables.runChunks, list);
  if (isBase) await clickhouse.command(inheritChunksSql, params);
}
