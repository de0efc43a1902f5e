// RunStore in ClickHouse: the statements of run-sql.ts, and the rows that they write and count.
import { readCurrentRun, readRunLinks } from '../runtime/batch-runs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import { hashKeyParams } from '../schemas/identity.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import type { IncrementRow } from './audit.ts';
import { readBrokenChunks, readDirtyChunks, writeRunChunks } from './run-chunks.ts';
import { readIncrements } from './run-increments.ts';
import { announcedSql, incrementSql, recomputeSql } from './run-sql.ts';
import type { Attempt, RunStore } from './run-store.ts';

export function createClickHouseRunStore(clickhouse: ClickHouse, generation: Generation): RunStore {
  const { archiveId, horizonMs, definition, identityKey } = generation;
  const paramsOf = ({ run, parent, tidemark, offChain, broken }: Attempt) => ({
    archive: archiveId,
    generation: generation.id,
    run,
    v: tidemark,
    vp: parent.tidemark,
    parent: parent.run,
    base: parent.base,
    parentMax: parent.maxTimestamps,
    horizon: horizonMs,
    offChain,
    broken,
    ...hashKeyParams(identityKey),
  });
  return {
    currentRun: () => readCurrentRun(clickhouse, generation),
    links: (base) => readRunLinks(clickhouse, generation, base),
    async announcedFacts({ run: parent, base, offChain }, attempt) {
      const params = { generation: generation.id, parent, base, offChain, run: attempt ?? '' };
      const [row] = await clickhouse.query<{ facts: string }>(announcedSql, params);
      return Number(row!.facts);
    },
    brokenChunks: (chain, limit) => readBrokenChunks(clickhouse, generation, chain, limit),
    dirtyChunks: (attempt) => readDirtyChunks(clickhouse, paramsOf(attempt)),
    async recompute(attempt, dirty) {
      const params = paramsOf(attempt);
      for (const rollup of definition.rollups) await clickhouse.command(recomputeSql(generation, rollup), params);
      await writeRunChunks(clickhouse, generation, params, { dirty, isBase: attempt.base === attempt.run });
    },
    increments: (attempt) => readIncrements(clickhouse, generation, paramsOf(attempt)),
    incrementRows: (attempt, rollup, apart) =>
      clickhouse.query<IncrementRow>(incrementSql(generation, rollup), { ...paramsOf(attempt), apart }),
    publish: (run) => clickhouse.insertRows(tables.batchRuns, [run]),
  };
}
