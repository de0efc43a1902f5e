// BatchViews in ClickHouse. A read is made of parts by chunk (chunk-parts.ts). What a part holds changes only when a run
// of the chain changed one of its chunks, so parts are kept by the newest version in them: a new run leaves the others valid.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import { Problem } from '../runtime/problem.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import { viewTable } from '../schemas/layout-clickhouse.ts';
import { batchPartSql, partParams, registersSql, seenSql, type Statement, witnessSql } from './batch-part.ts';
import { type BatchRead, type BatchViews, type Extent, type Group, maxGroups, maxHashBytes } from './batch-views.ts';
import { type ChunkPart, partsOf } from './chunk-parts.ts';
import { encodeCellKey } from '../schemas/cells.ts';
import { DistinctSet, exactUpTo } from './distinct.ts';
import { addGroup, type GroupMap, hashBytesOf } from './groups.ts';
import type { Chain, PinnedRun } from './live-view.ts';
import { findChain } from './pin-run.ts';
import { createResultCache } from './result-cache.ts';
import { clickhouseAway } from './clickhouse-away.ts';

interface BatchViewLimits {
  readonly timeoutMs: number;
  /** Of whole reads as of the present run, and of parts: each. */
  readonly cachedResults: number;
  readonly cachedGroups: number;
  /** The most that the sets of a part weigh. */
  readonly hashBytes: number;
}
const batchViewLimits: BatchViewLimits = {
  timeoutMs: 20_000,
  cachedResults: 2_000,
  cachedGroups: 300_000,
  hashBytes: maxHashBytes,
};

/** About what a group without hashes takes: its hashes are weighed by it. */
const bytesOfGroup = 256;

type Witness = Readonly<Record<'present' | 'hash' | 'pinned' | 'published', string>>;
type GroupRow = Readonly<Record<string, string>>;

export function createClickHouseBatchViews(
  clickhouse: ClickHouse,
  generation: Generation,
  limits = batchViewLimits,
): BatchViews {
  const { timeoutMs } = limits;
  const { rollups } = generation.definition;
  const bounds = { entries: limits.cachedResults, weight: limits.cachedGroups };
  const weigh = (kept: readonly Group[]) => 1 + kept.length + Math.ceil(hashBytesOf(kept) / bytesOfGroup);
  const wholes = createResultCache<readonly Group[]>(bounds, weigh);
  const parts = createResultCache<readonly Group[]>(bounds, weigh);
  const extents = createResultCache<Extent>({ entries: 100, weight: 100 }, () => 1);

  let found: Chain | undefined;

  async function query<Row>({ sql, params }: Statement): Promise<Row[]> {
    try {
      return await clickhouse.query<Row>(sql, params, { timeoutMs });
    } catch (error) {
      throw batchViewsAway(error);
    }
  }

  /**
   * Rows of a statement over the versions that the pinned run sees of some chunks. What it saw is checked afterwards:
   * 1. ask; 2. look what is there. The run is gone: the store was set back, and what it said is not that run's. More runs
   * than when the run was pinned: one of them may have been taken for an ancestor, so find the chain anew and ask again.
   * Other versions than those pinned, or fewer rows than announced: they were lost or collected, and what was read may be
   * too low.
   */
  async function ask<Row>(
    asked: PinnedRun,
    rollup: Rollup,
    part: Pick<ChunkPart, 'firstChunk' | 'lastChunk'>,
    statementOf: (chain: Chain) => Statement,
  ): Promise<Row[]> {
    const expected = asked.versions.span(part.firstChunk, part.lastChunk);
    const announced = expected.rows[rollups.indexOf(rollup)] ?? 0;
    let chain: Chain = found?.run.run === asked.run.run ? found : asked;
    for (;;) {
      const rows = await query<Row>(statementOf(chain));
      const [seen] = await query<Witness>(witnessSql(generation, rollup, chain, part));
      if (!seen || seen.pinned === '0') throw runUnreadable(asked, 'set back or wiped?');
      if (Number(seen.published) === chain.published) {
        if (seen.hash !== String(expected.hash)) throw runUnreadable(asked, 'chunk versions of it are gone');
        if (Number(seen.present) !== announced) {
          throw runUnreadable(asked, 'its views have lost rows, the batch layer makes them again');
        }
        return rows;
      }
      chain = found = await findChain(clickhouse, generation, asked.run).catch((error) => {
        throw batchViewsAway(error);
      });
    }
  }

  async function readPart(asked: PinnedRun, rollup: Rollup, part: ChunkPart): Promise<readonly Group[]> {
    const { read } = part;
    const statementOf = (chain: Chain) =>
      batchPartSql(generation, rollup, chain, part, { groups: maxGroups + 1, hashBytes: limits.hashBytes });
    const rows = await ask<GroupRow>(asked, rollup, part, statementOf);
    if (rows.length > maxGroups) throw tooManyRows();
    if (Number(rows[0]?.['hashBytes'] ?? 0) > limits.hashBytes) throw tooManyDistinct();
    const keyOf = (row: GroupRow) =>
      encodeCellKey(
        Number(row['w']),
        read.groupBy.map((_, i) => row[`d${i}`]!),
      );
    const isLarge = (row: GroupRow, i: number) => Number(row[`n${i}`]) > exactUpTo;
    const registers = await Promise.all(
      (read.distinct ?? []).map(async (dimension, i) => {
        if (!rows.some((row) => isLarge(row, i))) return new Map<string, string>();
        const registersOf = (chain: Chain) => registersSql(generation, rollup, chain, part, dimension);
        const found = await ask<GroupRow>(asked, rollup, part, registersOf);
        return new Map(found.map((row) => [keyOf(row), row['registers']!]));
      }),
    );
    return rows.map((row) => ({
      windowStart: Number(row['w']) * 60_000,
      values: read.groupBy.map((_, i) => row[`d${i}`]!),
      facts: BigInt(row['allFacts']!),
      sums: read.bases.map((_, i) => BigInt(row[`m${i}`]!)),
      sets: registers.map((large, i) =>
        isLarge(row, i) ? DistinctSet.ofRegisters(large.get(keyOf(row)) ?? '') : DistinctSet.ofHex(row[`h${i}`]!),
      ),
      earliest: Number(row['earliest']),
    }));
  }

  async function readWhole(asked: PinnedRun, read: BatchRead): Promise<readonly Group[]> {
    const rollup = rollups.find(({ name }) => name === read.rollup)!;
    const index = rollups.indexOf(rollup);
    const results = partsOf(read, rollup, asked.versions.newest, generation.chunkMs).map(async (part) => {
      const { changedBy, rows } = asked.versions.span(part.firstChunk, part.lastChunk);
      if ((rows[index] ?? 0) === 0) return [];
      const key = JSON.stringify([changedBy, part.firstChunk, part.lastChunk, part.read]);
      const groups = await parts.get(key, () => readPart(asked, rollup, part));
      const { only } = part;
      return only === undefined ? groups : groups.map((group) => ({ ...group, windowStart: only }));
    });
    const filled = (await Promise.all(results)).filter((groups) => groups.length > 0);
    if (filled.length <= 1) return filled[0] ?? [];
    const sum: GroupMap = new Map();
    for (const groups of filled) {
      for (const group of groups) addGroup(sum, group);
      if (sum.size > maxGroups) throw tooManyRows();
      if (hashBytesOf(sum.values()) > limits.hashBytes) throw tooManyDistinct();
    }
    return [...sum.values()];
  }

  /** Only the first and the last chunk that have rows tell it. */
  async function readExtent(asked: PinnedRun): Promise<Extent | undefined> {
    const rollup = extentRollup(generation);
    const ends = asked.versions.extent(rollups.indexOf(rollup));
    if (!ends) return undefined;
    const edge = async (chunk: number, which: 'min' | 'max') => {
      const part = { firstChunk: chunk, lastChunk: chunk };
      const sql = `SELECT ${which}(windowStart) AS edge FROM ${viewTable(generation, rollup)} WHERE ${seenSql}`;
      const statementOf = (chain: Chain) => ({ sql, params: partParams(generation, chain, part) });
      const [row] = await ask<{ edge: string }>(asked, rollup, part, statementOf);
      return Number(row?.edge);
    };
    const { changedBy } = asked.versions.span(ends.first, ends.first);
    const { changedBy: lastBy } = asked.versions.span(ends.last, ends.last);
    return extents.get(JSON.stringify([ends, changedBy, lastBy]), async () => {
      const [from, last] = await Promise.all([edge(ends.first, 'min'), edge(ends.last, 'max')]);
      return { from, to: last + rollup.windowMs };
    });
  }

  return {
    read: (pinned, read) => wholes.get(JSON.stringify([pinned.run.run, read]), () => readWhole(pinned, read)),
    extent: readExtent,
  };
}

function batchViewsAway(error: unknown): Problem {
  return clickhouseAway('batch-views-away', 'Batch views away', error);
}

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

export function tooManyDistinct(): Problem {
  return new Problem({
    code: 'too-many-distinct',
    status: 400,
    title: 'Too many different values',
    detail: `to count different values in every group the answer would hold more than ${maxHashBytes / 1024 / 1024} MiB of hashes`,
    field: 'by',
    expected: 'a shorter range, wider windows, fewer dimensions or a filter',
  });
}
