// BatchViews in ClickHouse. Results of a run never change, so they are kept.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import { Problem } from '../runtime/problem.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import { versionsSql } from '../schemas/chain-sql.ts';
import { viewTable } from '../schemas/layout-clickhouse.ts';
import { sum } from '../schemas/offset-vector.ts';
import { batchPartSql, standingSql, type Statement, versionParams, wholenessSql } from './batch-part.ts';
import { type BatchRead, type BatchViews, type Extent, type Group, maxGroups } from './batch-views.ts';
import type { PinnedRun } from './live-view.ts';
import { pinRun } from './pin-run.ts';
import { createResultCache } from './result-cache.ts';

interface BatchViewLimits {
  readonly timeoutMs: number;
  readonly cachedResults: number;
  readonly cachedGroups: number;
}
const batchViewLimits: BatchViewLimits = { timeoutMs: 20_000, cachedResults: 1_000, cachedGroups: 500_000 };

type Wholeness = Readonly<Record<'announced' | 'present', string>>;
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

  let repinned: PinnedRun | undefined;

  async function guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const why = error instanceof Error ? error.message.slice(0, 300) : String(error);
      const detail = `ClickHouse did not answer: ${why}`;
      throw new Problem({
        code: 'batch-views-away',
        status: 503,
        title: 'Batch views away',
        detail,
        retryAfterSeconds: 1,
      });
    }
  }

  /**
   * Rows of a statement over the run's versions. What it saw is checked afterwards, because rows are only ever added:
   * 1. ask; 2. see what the run stands on: it is gone → the store was set back, and what it said is not that run's;
   * more runs than when the run was pinned → one of them may have been taken for an ancestor, so pin and ask again;
   * its chunks announce fewer events than it counted → announcements are lost, and what was read is too low.
   */
  async function ask<Row>(asked: PinnedRun, statementOf: (pinned: PinnedRun) => Statement): Promise<Row[]> {
    let pinned = repinned?.run.run === asked.run.run ? repinned : asked;
    for (;;) {
      const { sql, params } = statementOf(pinned);
      const rows = await guard(() => clickhouse.query<Row>(sql, params, { timeoutMs }));
      const standing = await guard(() => stand(pinned));
      if (standing.present === 0) throw runUnreadable(pinned, 'set back or wiped?');
      if (standing.published !== pinned.published) {
        pinned = repinned = await guard(() => pinRun(clickhouse, generation, asked.run));
        continue;
      }
      if (standing.announced !== sum(pinned.run.counted)) throw runUnreadable(pinned, viewsLost);
      return rows;
    }
  }

  async function stand(pinned: PinnedRun): Promise<Record<'present' | 'published' | 'announced', number>> {
    type Row = Record<'present' | 'published' | 'announced', string>;
    const [row] = await clickhouse.query<Row>(standingSql(), versionParams(generation, pinned), { timeoutMs });
    const { present, published, announced } = row!;
    return { present: Number(present), published: Number(published), announced: Number(announced) };
  }

  async function readGroups(asked: PinnedRun, read: BatchRead): Promise<readonly Group[]> {
    const rollup = generation.definition.rollups.find(({ name }) => name === read.rollup)!;
    const rows = await ask<GroupRow>(asked, (pinned) => batchPartSql(generation, rollup, pinned, read, maxGroups + 1));
    if (rows.length > maxGroups) throw tooManyRows();
    const [whole] = await ask<Wholeness>(asked, (pinned) => wholenessSql(generation, rollup, pinned, read));
    if (whole?.announced !== whole?.present) throw runUnreadable(asked, viewsLost);
    return rows.map((row) => ({
      windowStart: Number(row['w']) * 60_000,
      values: read.groupBy.map((_, i) => row[`d${i}`]!),
      facts: BigInt(row['allFacts']!),
      sums: read.bases.map((_, i) => BigInt(row[`m${i}`]!)),
      earliest: Number(row['earliest']),
    }));
  }

  async function readExtent(asked: PinnedRun): Promise<Extent | undefined> {
    const rollup = extentRollup(generation);
    const sql =
      `SELECT min(windowStart) AS first, max(windowStart) AS last, count() AS found FROM ${viewTable(generation, rollup)} ` +
      `WHERE (chunk, run) IN (${versionsSql()})`;
    type Row = Record<'first' | 'last' | 'found', string>;
    const [row] = await ask<Row>(asked, (pinned) => ({ sql, params: versionParams(generation, pinned) }));
    if (!row || row.found === '0') return undefined;
    return { from: Number(row.first), to: Number(row.last) + rollup.windowMs };
  }

  return {
    read: (pinned, read) => groups.get(JSON.stringify([pinned.run.run, read]), () => readGroups(pinned, read)),
    extent: (pinned) => extents.get(pinned.run.run, () => readExtent(pinned)),
  };
}

const viewsLost = 'its views have lost rows, the batch layer makes them again';

function runUnreadable({ run }: PinnedRun, why: string): Problem {
  const detail = `ClickHouse does not hold run ${run.run} any more (${why}); waiting for a newer run`;
  return new Problem({ code: 'run-unreadable', status: 503, title: 'Run unreadable', detail, retryAfterSeconds: 5 });
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
