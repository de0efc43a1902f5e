// One batch run: ask for a cut, choose V, recompute, audit, publish.
import { runsOffChain } from '../runtime/batch-runs.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { covers, type OffsetVector } from '../schemas/offset-vector.ts';
import { createRunId } from '../schemas/run-id.ts';
import type { ArchiveStore } from './archive-store.ts';
import { type AuditResult, audit } from './audit.ts';
import { chooseTidemark } from './choose-tidemark.ts';
import { ensureFirstRun } from './first-run.ts';
import { BatchError } from './errors.ts';
import { addToLedger } from './run-ledger.ts';
import type { Attempt, RunStore } from './run-store.ts';
import type { AbsorbedEpoch, SpeedState } from './speed-state.ts';

export interface BatchRunnerOptions {
  readonly runs: RunStore;
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
const freshTimeoutMs = 2_000;
const coverPollMs = 50;
const askAgainMs = 500;
const deadAfterMs = 5_000;
const farBehindRecords = 1_000_000;
const verifyEveryMs = 300_000;
const maxBrokenChunks = 1_000;

export function createBatchRunner(options: BatchRunnerOptions): BatchRunner {
  const { runs, archive, speedState, generation, log, clock, randomBits, nudgeArchiver } = options;
  /** When writers were asked for a cut that they had time to answer; none before the second run of this process. */
  let answeredSince = Number.NEGATIVE_INFINITY;
  /** When a run asked for the cut that is to become `answeredSince`. */
  let askedAt: number | undefined;
  let verifyAt = Number.NEGATIVE_INFINITY;
  let logStarts: OffsetVector = [];
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

  /** How far the live counters reach: what a run that is asked for now should count. */
  async function liveVector(parent: BatchRun): Promise<number[]> {
    const speed = await speedState.positions();
    return parent.tidemark.map((offset, partition) => Math.max(offset, speed[partition]?.next ?? 0));
  }

  /** Waits, bounded, until V covers `wanted`; else returns the last V that was possible. */
  async function chooseCovering(parent: BatchRun, wanted: OffsetVector, timeoutMs: number): Promise<number[]> {
    const begun = clock();
    let lastAskedAt = begun;
    for (;;) {
      const tidemark = await choose(parent);
      if (covers(tidemark, wanted) || clock() - begun > timeoutMs) return tidemark;
      nudgeArchiver();
      await new Promise((resolve) => setTimeout(resolve, coverPollMs));
      if (clock() - lastAskedAt < askAgainMs) continue;
      if (clock() - begun > deadAfterMs) answeredSince = begun;
      lastAskedAt = clock();
      await askForCut();
    }
  }

  async function runOnce(cover: OffsetVector | undefined): Promise<RunOutcome> {
    const parent = await ensureFirstRun(options, logStarts);
    const startedAt = clock();
    // 1. Ask for a cut.
    await askForCut();
    if (askedAt === undefined) askedAt = startedAt;
    else if (startedAt - askedAt >= deadAfterMs) [answeredSince, askedAt] = [askedAt, startedAt];
    // 2. Choose V: what was asked for, or what is live by now, if the cut comes and is archived in time.
    const wanted = cover ?? (await liveVector(parent));
    const tidemark = await chooseCovering(parent, wanted, cover ? coverTimeoutMs : freshTimeoutMs);
    const coverage = describeCoverage(tidemark, wanted);
    const offChain = runsOffChain(await runs.links(), parent.run);
    const broken = await findBroken(parent.run, offChain);
    if (broken.length === 0 && tidemark.every((offset, partition) => offset === parent.tidemark[partition]))
      return { kind: 'unchanged', run: parent, ...coverage };
    // 3. Recompute, under an id of this attempt's own: whatever becomes of it, nobody reads it before it is published.
    const run = createRunId(parent.run, startedAt, randomBits());
    const attempt: Attempt = { run, parent, tidemark, offChain, broken };
    const dirty = await runs.dirtyChunks(attempt);
    await runs.recompute(attempt, dirty);
    const increments = await runs.increments(attempt);
    const ledger = addToLedger(parent, tidemark, increments.partitions);
    // 4. Audit.
    const audited = broken.length > 0 ? repaired(broken) : await auditRun(attempt);
    if (audited.audit === 'different') {
      await expectWholeViews(parent.run, offChain);
      log.error({ run, evidence: audited.auditNote }, 'audit: live counters differ from batch; batch stands');
    }
    // A range that was logged meanwhile (written twice) made some statements see more chunks than others: give up.
    if ((await runs.dirtyChunks(attempt)).length !== dirty.length)
      throw new BatchError('archive-moved', 'an archive range below the chosen tidemark was logged meanwhile');
    // 5. Publish, only if the archive still holds all of it.
    if (!covers(await archivedVector(parent), tidemark))
      throw new BatchError('archive-moved', 'the archive is behind the chosen tidemark');
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
    await runs.publish(published);
    await speedState
      .announceRun()
      .catch((err: unknown) => log.warn({ err }, 'announcing the run failed; readers poll'));
    const ms = clock() - startedAt;
    log.info({ run, tidemark, ms, audit: audited.audit, auditedEvents: audited.auditedEvents }, 'run published');
    return { kind: 'published', run: published, ...coverage };
  }

  /** Views may be wiped or damaged at any time; looked for at the first run and every five minutes, for it scans them. */
  async function findBroken(parent: string, offChain: readonly string[]): Promise<number[]> {
    if (clock() < verifyAt) return [];
    const broken = await runs.brokenChunks(parent, offChain, maxBrokenChunks);
    if (broken.length > 0) log.error({ chunks: broken.length }, 'views have lost rows: these chunks are made again');
    if (broken.length < maxBrokenChunks) verifyAt = clock() + verifyEveryMs;
    return broken;
  }

  /** A difference means nothing where the parent's rows are gone: it was not the counters that changed. */
  async function expectWholeViews(parent: string, offChain: readonly string[]): Promise<void> {
    const broken = await runs.brokenChunks(parent, offChain, maxBrokenChunks);
    if (broken.length === 0) return;
    verifyAt = Number.NEGATIVE_INFINITY;
    throw new BatchError(
      'views-lost',
      `${broken.length} chunks of the views have lost rows: there is nothing to compare with`,
    );
  }

  async function auditRun(attempt: Attempt): Promise<AuditResult> {
    const { parent, tidemark } = attempt;
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
    const increment = (rollup: Rollup) => runs.incrementRows(attempt, rollup, apart);
    return audit({ generation, epochs, apart, compared, increment });
  }

  return {
    async begin(starts) {
      logStarts = starts;
      const first = await ensureFirstRun(options, logStarts);
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

function describeCoverage(tidemark: OffsetVector, cover: OffsetVector): { covered: boolean; behind?: string } {
  if (covers(tidemark, cover)) return { covered: true };
  const behind = cover.flatMap((offset, partition) =>
    (tidemark[partition] ?? 0) < offset
      ? [`partition ${partition} reached ${tidemark[partition] ?? 0} of ${offset}`]
      : [],
  );
  return { covered: false, behind: behind.join(', ') };
}

function repaired(broken: readonly number[]): AuditResult {
  const auditNote = `${broken.length} chunks of the views had lost rows and were made again: nothing to compare with`;
  return { audit: 'not-compared', auditedEvents: 0, auditNote };
}
