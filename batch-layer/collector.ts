// Collects what nobody needs any more: chunk versions that were superseded or never published, old announcements and runs,
// and the many small ranges of the archive log. Never a matter of safety: whoever finds rows missing says so and takes the
// newest run, two collectors delete the same, and one that is killed is finished by the next.
import { readCurrentRun, readRun, readRunLinks, runsOffChain } from '../runtime/batch-runs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Logger } from '../runtime/logger.ts';
import { announcedFactsSql } from '../schemas/chain-sql.ts';
import type { Generation } from '../schemas/generation.ts';
import { type BatchRun, tables } from '../schemas/layout-clickhouse.ts';
import { type OffsetVector, sum } from '../schemas/offset-vector.ts';
import { oldestRunId } from '../schemas/run-id.ts';
import {
  deleteRangesSql,
  deleteRunsSql,
  deleteVersionsSql,
  mergeableRangesSql,
  unneededAnnouncementsSql,
  unneededRunsSql,
  unneededVersionsSql,
} from './collect-sql.ts';
import { type LoggedRange, mergeRanges } from './merge-ranges.ts';

export interface CollectorDependencies {
  readonly clickhouse: ClickHouse;
  readonly generation: Generation;
  readonly log: Logger;
  readonly clock: () => number;
  /** How long a run stays readable after a newer one was published; also how long an attempt may take. */
  readonly keepViewsMs: number;
  /** How long published runs are kept, for those who ask what an old token stood for. */
  readonly keepRunsMs: number;
}

/** How many of each went. */
export interface Collected {
  readonly versions: number;
  readonly announcements: number;
  readonly runs: number;
  readonly ranges: number;
}

const batchSize = 1_000;
/** Of each kind on one page, and pages in one go; the rest is for the next. */
const most = 20_000;
const maxPages = 50;
const mergeLimits = { records: 100_000, chunks: 500, rejected: 10_000 };

const nothing: Collected = { versions: 0, announcements: 0, runs: 0, ranges: 0 };

export async function collect(dependencies: CollectorDependencies): Promise<Collected> {
  const { clickhouse, generation, log, clock, keepViewsMs, keepRunsMs } = dependencies;
  const current = await readCurrentRun(clickhouse, generation);
  if (!current) return nothing;
  // 1. The oldest run that readers may still stand on, and its base: from there on the chain is needed.
  const cutoff = oldestRunId(clock() - keepViewsMs);
  const links = await readRunLinks(clickhouse, generation, '');
  const oldest = await readRun(clickhouse, generation, oldestReadable(links, current.run, cutoff));
  if (!oldest) return nothing;
  const offChain = runsOffChain(
    links.filter(({ run }) => run >= oldest.base),
    current.run,
  );
  const params = {
    generation: generation.id,
    run: current.run,
    base: oldest.base,
    offChain,
    oldest: oldest.run,
    cutoff,
    keepFrom: oldestRunId(clock() - keepRunsMs),
    limit: most,
  };
  // 2. Where announcements are lost, what is needed is not known.
  if (!(await isAnnounced(current))) {
    log.warn({ run: current.run }, 'nothing is collected: the chunks of the current run are not all announced');
    return nothing;
  }
  // 3. View rows before what announces them, announcements before the runs that they are of.
  const collected = {
    versions: await collectVersions(),
    announcements: await collectRuns(tables.runChunks, unneededAnnouncementsSql),
    runs: await collectRuns(tables.batchRuns, unneededRunsSql),
    ranges: await compactLog(oldest.tidemark),
  };
  log.debug({ ...collected }, 'collected');
  return collected;

  async function isAnnounced(run: BatchRun): Promise<boolean> {
    const own = { ...params, base: run.base };
    const [row] = await clickhouse.query<{ facts: string }>(`SELECT (${announcedFactsSql()}) AS facts`, own);
    return Number(row!.facts) === sum(run.counted);
  }

  async function collectVersions(): Promise<number> {
    let count = 0;
    for (const rollup of generation.definition.rollups) {
      type Row = { chunk: number; version: string };
      for (let page = 0; page < maxPages; page += 1) {
        const versions = await clickhouse.query<Row>(unneededVersionsSql(generation, rollup), params);
        for (const some of inBatches(versions)) await clickhouse.command(deleteVersionsSql(generation, rollup, some));
        count += versions.length;
        if (versions.length < most) break;
      }
    }
    return count;
  }

  async function collectRuns(table: string, sql: string): Promise<number> {
    const runs = (await clickhouse.query<{ run: string }>(sql, params)).map(({ run }) => run);
    for (const some of inBatches(runs)) await clickhouse.command(deleteRunsSql(table, some), params);
    return runs.length;
  }

  async function compactLog(below: OffsetVector): Promise<number> {
    const archive = generation.archiveId;
    let [afterPartition, afterFrom, gone] = [-1, -1, 0];
    for (let page = 0; page < maxPages; page += 1) {
      const wanted = { archive, below, records: mergeLimits.records, limit: most, afterPartition, afterFrom };
      const ranges = (await clickhouse.query<Record<string, unknown>>(mergeableRangesSql, wanted)).map(toRange);
      gone += await mergePage(archive, ranges);
      if (ranges.length < most) break;
      ({ partition: afterPartition, from: afterFrom } = ranges.at(-1)!);
    }
    return gone;
  }

  async function mergePage(archive: string, ranges: readonly LoggedRange[]): Promise<number> {
    const merges = mergeRanges(ranges, mergeLimits);
    const merged = merges.flatMap((merge) => merge.merged ?? []);
    // The merged rows are there before their parts go: at no moment is a range missing.
    if (merged.length > 0) await clickhouse.insertRows(tables.archiveLog, merged);
    const parts = merges.flatMap((merge) => merge.parts);
    for (const some of inBatches(parts)) await clickhouse.command(deleteRangesSql(some), { archive });
    return parts.length - merged.length;
  }
}

/** The newest ancestor of `current`, itself included, that is older than `cutoff`; else the oldest there is. */
function oldestReadable(links: readonly { run: string; parent: string }[], current: string, cutoff: string): string {
  const parents = new Map(links.map(({ run, parent }) => [run, parent]));
  let at = current;
  for (let parent = parents.get(at); at >= cutoff && parent && parents.has(parent); parent = parents.get(at))
    at = parent;
  return at;
}

function inBatches<T>(list: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(list.length / batchSize) }, (_, i) =>
    list.slice(i * batchSize, (i + 1) * batchSize),
  );
}

/** 64-bit integers come as text; columns that are none of ours travel along as they are. */
function toRange(row: Readonly<Record<string, unknown>>): LoggedRange {
  const pairs = (name: string) => row[name] as [string, string][];
  return {
    ...row,
    partition: Number(row['partition']),
    from: Number(row['from']),
    to: Number(row['to']),
    rows: Number(row['rows']),
    chunks: row['chunks'] as number[],
    rejected: pairs('rejected').map(([offset, code]) => [Number(offset), code] as const),
    gaps: pairs('gaps').map(([from, to]) => [Number(from), Number(to)] as const),
    leaderEpochs: pairs('leaderEpochs').map(([from, epoch]) => [Number(from), Number(epoch)] as const),
    insertedAt: Number(row['insertedAt']),
  };
}
