// One batch run: ask for a cut, choose V, recompute, audit, publish.
import { readCurrentRun, readRunLinks, runsOffChain } from '../runtime/batch-runs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Generation } from '../schemas/generation.ts';
import { type BatchRun, tables } from '../schemas/layout-clickhouse.ts';
import { covers, type OffsetVector } from '../schemas/offset-vector.ts';
import { createRunId } from '../schemas/run-id.ts';
import type { ArchiveStore } from './archive-store.ts';
import { audit, type IncrementRow } from './audit.ts';
import { chooseTidemark } from './choose-tidemark.ts';
import { BatchError } from './errors.ts';
import { addToLedger } from './run-ledger.ts';
import { readIncrements } from './run-increments.ts';
import { countRowsSql, dirtyChunksSql, incrementSql, recomputeSql } from './run-sql.ts';
import type { AbsorbedEpoch, SpeedState } from './speed-state.ts';

export interface BatchRunnerOptions {
  readonly clickhouse: ClickHouse;
  readonly archive: ArchiveStore;
  readonly speedState: SpeedState;
  readonly generation: Generation;
  readonly log: Logger;
  readonly clock: () => number;
  readonly randomBits: () => number;
  /** Writes what the archiver has in memory. */
  readonly nudgeArchiver: () => void;
}

export type RunOutcome =
  | { readonly kind: 'published'; readonly run: BatchRun; readonly covered: boolean; readonly behind?: string }
  | { readonly kind: 'unchanged'; readonly run: BatchRun; readonly covered: boolean; readonly behind?: string };

export interface BatchRunner {
  /** Publishes run 0 (empty, V at the log's start) where the generation has no run; returns the current run. */
  begin(starts: OffsetVector): Promise<BatchRun>;
  /** Makes a run; with `cover` it waits, bounded, until it can count everything below that vector. One at a time. */
  run(cover?: OffsetVector): Promise<RunOutcome>;
}

const coverTimeoutMs = 60_000;
const coverPollMs = 50;
const askAgainMs = 500;
const deadAfterMs = 5_000;
const farBehindRecords = 1_000_000;

export function createBatchRunner(options: BatchRunnerOptions): BatchRunner {
  const { clickhouse, archive, speedState, generation, log, clock, randomBits, nudgeArchiver } = options;
  const { rollups } = generation.definition;
  /** When writers were asked for a cut that they had time to answer; none before the second run of this process. */
  let answeredSince = Number.NEGATIVE_INFINITY;
  let queue: Promise<unknown> = Promise.resolve();

  async function archivedVector(parent: BatchRun): Promise<number[]> {
    const vector = await archive.archivedVector();
    return parent.tidemark.map((offset, partition) => vector[partition] ?? offset);
  }

  async function choose(parent: BatchRun): Promise<number[]> {
    // Archived first: a boundary seen later than it is at most one that is not used yet.
    const archived = await archivedVector(parent);
    const speed = await speedState.positions();
    return chooseTidemark({ parent: parent.tidemark, archived, speed, deadSince: answeredSince, farBehindRecords });
  }

  async function askForCut(): Promise<void> {
    await speedState.askForCut().catch((err: unknown) => log.warn({ err }, 'asking for a cut failed'));
  }

  /** Waits until V covers what was asked for; else returns the last V that was possible. */
  async function chooseCovering(parent: BatchRun, cover: OffsetVector): Promise<number[]> {
    const begun = clock();
    let asked = begun;
    for (;;) {
      const tidemark = await choose(parent);
      if (covers(tidemark, cover) || clock() - begun > coverTimeoutMs) return tidemark;
      nudgeArchiver();
      await new Promise((resolve) => setTimeout(resolve, coverPollMs));
      if (clock() - asked < askAgainMs) continue;
      if (clock() - begun > deadAfterMs) answeredSince = begun;
      asked = clock();
      await askForCut();
    }
  }

  async function runOnce(cover: OffsetVector | undefined): Promise<RunOutcome> {
    const parent = await readCurrentRun(clickhouse, generation);
    if (!parent) throw new BatchError('archive-moved', 'no run is published yet', true);
    const startedAt = clock();
    // 1. Ask for a cut.
    await askForCut();
    // 2. Choose V.
    const tidemark = cover ? await chooseCovering(parent, cover) : await choose(parent);
    if (startedAt - deadAfterMs > answeredSince) answeredSince = startedAt;
    const coverage = describeCoverage(tidemark, cover);
    if (tidemark.every((offset, partition) => offset === parent.tidemark[partition]))
      return { kind: 'unchanged', run: parent, ...coverage };
    // 3. Recompute, under an id of this attempt's own: whatever becomes of it, nobody reads it before it is published.
    const run = createRunId(parent.run, startedAt, randomBits());
    const links = await readRunLinks(clickhouse, generation);
    const params = {
      archive: generation.archiveId,
      generation: generation.id,
      run,
      v: tidemark,
      vp: parent.tidemark,
      parent: parent.run,
      parentMax: parent.maxTimestamps,
      horizon: generation.horizonMs,
      offChain: runsOffChain(links, parent.run),
    };
    for (const rollup of rollups) await clickhouse.command(recomputeSql(generation, rollup), params);
    await writeRunChunks(params);
    const increments = await readIncrements(clickhouse, generation, params);
    const ledger = addToLedger(parent, tidemark, increments.partitions);
    // 4. Audit.
    const audited = await auditRun(parent, tidemark, params);
    if (audited.audit === 'different')
      log.error({ run, evidence: audited.auditNote }, 'audit: live counters differ from batch; batch stands');
    // 5. Publish, only if the archive still holds all of it.
    if (!covers(await archivedVector(parent), tidemark))
      throw new BatchError('archive-moved', 'the archive is behind the chosen tidemark', true);
    const published: BatchRun = {
      generation: generation.id,
      run,
      parent: parent.run,
      archive: generation.archiveId,
      tidemark,
      maxTimestamps: increments.maxTimestamps.map((stamp, partition) =>
        Math.max(stamp, parent.maxTimestamps[partition]!),
      ),
      starts: parent.starts,
      ...ledger,
      newestEventAt: Math.max(parent.newestEventAt, increments.newestEventAt),
      startedAt,
      publishedAt: clock(),
      ...audited,
    };
    await clickhouse.insertRows(tables.batchRuns, [published]);
    await speedState
      .announceRun()
      .catch((err: unknown) => log.warn({ err }, 'announcing the run failed; readers poll'));
    const ms = clock() - startedAt;
    log.info({ run, tidemark, ms, audit: audited.audit, auditedEvents: audited.auditedEvents }, 'run published');
    return { kind: 'published', run: published, ...coverage };
  }

  async function writeRunChunks(params: Readonly<Record<string, unknown>>): Promise<void> {
    const rows = new Map<number, number[]>();
    for (const { chunk } of await clickhouse.query<{ chunk: number }>(dirtyChunksSql, params))
      rows.set(
        chunk,
        rollups.map(() => 0),
      );
    for (const [i, rollup] of rollups.entries()) {
      const counts = await clickhouse.query<{ chunk: number; rows: string }>(countRowsSql(generation, rollup), params);
      for (const count of counts) rows.get(count.chunk)![i] = Number(count.rows);
    }
    const { generation: id, run } = params;
    const list = [...rows].map(([chunk, counts]) => ({ generation: id, run, chunk, rows: counts }));
    if (list.length > 0) await clickhouse.insertRows(tables.runChunks, list);
  }

  async function auditRun(parent: BatchRun, tidemark: OffsetVector, params: Readonly<Record<string, unknown>>) {
    const epochs: AbsorbedEpoch[] = [];
    const apart: number[] = [];
    const compared: number[] = [];
    for (const [partition, to] of tidemark.entries()) {
      const from = parent.tidemark[partition]!;
      if (from === to) continue;
      const absorbed = await speedState.epochs(partition, from, to).catch(() => undefined);
      if (absorbed) {
        compared.push(partition);
        epochs.push(...absorbed);
      } else apart.push(partition);
    }
    const increment = (rollup: (typeof rollups)[number]) =>
      clickhouse.query<IncrementRow>(incrementSql(generation, rollup), { ...params, apart });
    return audit({ generation, epochs, apart, compared, increment });
  }

  return {
    async begin(starts) {
      const current = await readCurrentRun(clickhouse, generation);
      if (current) return current;
      const zeros = starts.map(() => 0);
      const now = clock();
      const first: BatchRun = {
        generation: generation.id,
        run: createRunId('', now, randomBits()),
        parent: '',
        archive: generation.archiveId,
        tidemark: starts,
        maxTimestamps: starts.map(() => -1),
        starts,
        counted: zeros,
        duplicate: zeros,
        rejected: zeros,
        gap: zeros,
        newestEventAt: 0,
        startedAt: now,
        publishedAt: now,
        audit: 'not-compared',
        auditedEvents: 0,
        auditNote: 'the empty first run',
      };
      await clickhouse.insertRows(tables.batchRuns, [first]);
      await speedState.announceRun().catch(() => undefined);
      return first;
    },
    run(cover) {
      const mine = queue.then(() => runOnce(cover));
      queue = mine.catch(() => undefined);
      return mine;
    },
  };
}

function describeCoverage(
  tidemark: OffsetVector,
  cover: OffsetVector | undefined,
): { covered: boolean; behind?: string } {
  if (!cover || covers(tidemark, cover)) return { covered: true };
  const behind = cover.flatMap((offset, partition) =>
    (tidemark[partition] ?? 0) < offset
      ? [`partition ${partition} reached ${tidemark[partition] ?? 0} of ${offset}`]
      : [],
  );
  return { covered: false, behind: behind.join(', ') };
}
