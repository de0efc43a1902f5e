// Reading published batch runs. The current run is the greatest id of its generation; messages only say "look again".
import type { Generation } from '../schemas/generation.ts';
import { type BatchRun, tables } from '../schemas/layout-clickhouse.ts';
import type { ClickHouse } from './clickhouse.ts';

type RunRow = {
  readonly [K in keyof BatchRun]: BatchRun[K] extends number
    ? string
    : BatchRun[K] extends readonly number[]
      ? string[]
      : BatchRun[K];
};

/** The current run; undefined before run 0 is published. */
export async function readCurrentRun(clickhouse: ClickHouse, generation: Generation): Promise<BatchRun | undefined> {
  return (await readLastRuns(clickhouse, generation, 1))[0];
}

/** The published runs, newest first. */
export async function readLastRuns(clickhouse: ClickHouse, generation: Generation, limit: number): Promise<BatchRun[]> {
  const rows = await clickhouse.query<RunRow>(
    `SELECT * FROM ${tables.batchRuns} WHERE generation = {generation:String} ORDER BY run DESC LIMIT {limit:UInt32}`,
    { generation: generation.id, limit },
  );
  return rows.map(toRun);
}

/** One published run by id. */
export async function readRun(
  clickhouse: ClickHouse,
  generation: Generation,
  run: string,
): Promise<BatchRun | undefined> {
  const rows = await clickhouse.query<RunRow>(
    `SELECT * FROM ${tables.batchRuns} WHERE generation = {generation:String} AND run = {run:String} LIMIT 1`,
    { generation: generation.id, run },
  );
  return rows[0] && toRun(rows[0]);
}

/** Ids and parents of the published runs from `base` on, newest first. */
export function readRunLinks(
  clickhouse: ClickHouse,
  generation: Generation,
  base: string,
): Promise<{ run: string; parent: string }[]> {
  return clickhouse.query(
    `SELECT run, parent FROM ${tables.batchRuns} WHERE generation = {generation:String} AND run >= {base:String} ORDER BY run DESC`,
    { generation: generation.id, base },
  );
}

/** Of the runs given, those up to `run` that are not among its ancestors: their chunk versions must not be read. */
export function runsOffChain(links: readonly { run: string; parent: string }[], run: string): string[] {
  const parents = new Map(links.map((link) => [link.run, link.parent]));
  const chain = new Set<string>();
  for (let at: string | undefined = run; at; at = parents.get(at)) chain.add(at);
  return links.filter((link) => link.run <= run && !chain.has(link.run)).map((link) => link.run);
}

function toRun(row: RunRow): BatchRun {
  const numbers = (list: readonly string[]) => list.map(Number);
  return {
    ...row,
    tidemark: numbers(row.tidemark),
    maxTimestamps: numbers(row.maxTimestamps),
    starts: numbers(row.starts),
    counted: numbers(row.counted),
    duplicate: numbers(row.duplicate),
    rejected: numbers(row.rejected),
    gap: numbers(row.gap),
    newestEventAt: Number(row.newestEventAt),
    startedAt: Number(row.startedAt),
    publishedAt: Number(row.publishedAt),
    auditedEvents: Number(row.auditedEvents),
  };
}
