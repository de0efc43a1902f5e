// BatchViews in ClickHouse. Results of a run never change, so they are kept.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import { Problem } from '../runtime/problem.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import { batchPartSql, versionParams, versionsSql } from './batch-part.ts';
import { type BatchRead, type BatchViews, type Extent, type Group, maxGroups } from './batch-views.ts';
import type { PinnedRun } from './live-view.ts';
import { createResultCache } from './result-cache.ts';

export interface BatchViewLimits {
  readonly timeoutMs: number;
  readonly cachedResults: number;
  readonly cachedGroups: number;
}
export const batchViewLimits: BatchViewLimits = { timeoutMs: 20_000, cachedResults: 1_000, cachedGroups: 500_000 };

type GroupRow = Readonly<Record<string, string>>;

export function createClickHouseBatchViews(
  clickhouse: ClickHouse,
  generation: Generation,
  limits = batchViewLimits,
): BatchViews {
  const { timeoutMs } = limits;
  const groups = createResultCache<readonly Group[]>(
    { entries: limits.cachedResults, weight: limits.cachedGroups },
    (kept) => kept.length,
  );
  const extents = createResultCache<Extent | undefined>({ entries: 10, weight: 10 }, () => 1);

  async function ask<Row>(sql: string, params: Readonly<Record<string, unknown>>): Promise<Row[]> {
    try {
      return await clickhouse.query<Row>(sql, params, { timeoutMs });
    } catch (error) {
      const detail = `ClickHouse did not answer: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`;
      throw new Problem({
        code: 'batch-views-away',
        status: 503,
        title: 'Batch views away',
        detail,
        retryAfterSeconds: 1,
      });
    }
  }

  /** Asked after the data: a store that was set back no longer holds the run, and what it answered is not that run's. */
  async function requireRun(pinned: PinnedRun): Promise<void> {
    const sql = `SELECT count() AS runs FROM ${tables.batchRuns} WHERE generation = {generation:String} AND run = {run:String}`;
    const [row] = await ask<{ runs: string }>(sql, { generation: generation.id, run: pinned.run.run });
    if (row && row.runs !== '0') return;
    const detail = `ClickHouse does not hold run ${pinned.run.run} any more (set back or wiped?); waiting for a newer run`;
    throw new Problem({ code: 'run-unreadable', status: 503, title: 'Run unreadable', detail, retryAfterSeconds: 5 });
  }

  async function readGroups(pinned: PinnedRun, read: BatchRead): Promise<readonly Group[]> {
    const rollup = generation.definition.rollups.find(({ name }) => name === read.rollup)!;
    const { sql, params } = batchPartSql(generation, rollup, pinned, read, maxGroups + 1);
    const rows = await ask<GroupRow>(sql, params);
    await requireRun(pinned);
    if (rows.length > maxGroups) throw tooManyRows();
    return rows.map((row) => ({
      windowStart: Number(row['w']) * 60_000,
      values: read.groupBy.map((_, i) => row[`d${i}`]!),
      facts: BigInt(row['allFacts']!),
      sums: read.bases.map((_, i) => BigInt(row[`m${i}`]!)),
      earliest: Number(row['earliest']),
    }));
  }

  async function readExtent(pinned: PinnedRun): Promise<Extent | undefined> {
    const rollup = extentRollup(generation);
    const sql =
      `SELECT min(windowStart) AS first, max(windowStart) AS last, count() AS found FROM ${viewTable(generation, rollup)} ` +
      `WHERE (chunk, run) IN (${versionsSql()})`;
    const [row] = await ask<{ first: string; last: string; found: string }>(sql, versionParams(generation, pinned));
    await requireRun(pinned);
    if (!row || row.found === '0') return undefined;
    return { from: Number(row.first), to: Number(row.last) + rollup.windowMs };
  }

  return {
    read: (pinned, read) => groups.get(JSON.stringify([pinned.run.run, read]), () => readGroups(pinned, read)),
    extent: (pinned) => extents.get(pinned.run.run, () => readExtent(pinned)),
  };
}

/** The rollup from which the data's extent is told. */
export function extentRollup(generation: Generation): Rollup {
  return generation.definition.rollups.find(({ time }) => time === 'occurredAt')!;
}

export function tooManyRows(): Problem {
  return new Problem({
    code: 'too-many-rows',
    status: 400,
    title: 'Too many rows',
    detail: `the answer would have more than ${maxGroups} rows`,
    field: 'by',
    expected: 'a shorter range, wider windows or fewer dimensions',
  });
}
