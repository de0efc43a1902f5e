// One batch run: ask for a cut, choose V, recompute, audit, publish.
import { runsOffChain } from '../runtime/batch-runs.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Generation } from '../schemas/generation.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { countBetween, covers, type OffsetVector, sum } from '../schemas/offset-vector.ts';
import { createRunId } from '../schemas/run-id.ts';
import type { CheckArchive } from './archive-check.ts';
import type { ArchiveStore } from './archive-store.ts';
import { auditRun } from './audit-run.ts';
import { BatchError } from './errors.ts';
import { ensureFirstRun, publishFirstRun } from './first-run.ts';
import { addToLedger, type LedgerArrays } from './run-ledger.ts';
import type { Attempt, Chain, Increments, RunStore } from './run-store.ts';
import type { SpeedState } from './speed-state.ts';
import { createTidemarkChooser } from './tidemark-chooser.ts';

export interface RunLimits {
  /** New records that one run takes. */
  readonly maxRecords: number;
  /** After this many runs one announces every chunk, so that nobody need look further back. */
  readonly runsPerBase: number;
  /** An attempt that took longer is given up: rows of attempts that old are collected. */
  readonly maxRunMs: number;
  /** How often the views are compared with what was announced; it scans them. */
  readonly verifyEveryMs: number;
  /** Chunks that one run makes again because they lost rows. */
  readonly maxBrokenChunks: number;
}
export const runLimits: RunLimits = {
  maxRecords: 2_000_000,
  runsPerBase: 500,
  maxRunMs: 1_200_000,
  verifyEveryMs: 300_000,
  maxBrokenChunks: 1_000,
};

export interface BatchRunnerOptions {
  readonly runs: RunStore;
  readonly archive: ArchiveStore;
  readonly speedState: SpeedState;
  readonly generation: Generation;
  readonly limits: RunLimits;
  readonly log: Logger;
  readonly clock: () => number;
  readonly randomBits: () => number;
  /** Writes what the archiver has in memory. */
  readonly nudgeArchiver: () => void;
  readonly checkArchive: CheckArchive;
}

interface Coverage {
  readonly run: BatchRun;
  readonly covered: boolean;
  readonly behind?: string;
  /** There is more than one run takes: make the next at once. */
  readonly more: boolean;
}
/** What a published run did. */
interface RunWork {
  readonly records: number;
  readonly chunks: number;
  readonly ms: number;
}
export type RunOutcome =
  | (Coverage & { readonly kind: 'published'; readonly work: RunWork })
  | (Coverage & { readonly kind: 'unchanged' });

export interface BatchRunner {
  /** Publishes run 0 (empty, V at the log's start) where the generation has no run; returns the current run. */
  begin(starts: OffsetVector): Promise<BatchRun>;
  /** Makes a run; with `cover` it waits, bounded, until it can count everything below that vector. One at a time. */
  run(cover?: OffsetVector): Promise<RunOutcome>;
}

export function createBatchRunner(options: BatchRunnerOptions): BatchRunner {
  const { runs, archive, speedState, generation, limits, log, clock, randomBits, nudgeArchiver } = options;
  const { maxRecords } = limits;
  const chooser = createTidemarkChooser({ archive, speedState, log, clock, nudgeArchiver, maxRecords });
  let verifyAt = Number.NEGATIVE_INFINITY;
  /** A run would have counted less than it should: the archive is looked through before the next. */
  let doubtArchive = false;
  /** The run whose announcements were found incomplete; found so twice, they are lost. */
  let doubted: string | undefined;
  /** The greatest run that this process has seen: runs may be wiped, and the clock may go back. */
  let newest = '';
  let logStarts: OffsetVector = [];
  let queue: Promise<unknown> = Promise.resolve();

  async function runOnce(cover: OffsetVector | undefined): Promise<RunOutcome> {
    const startedAt = clock();
    const { parent, chain, links } = await findParent();
    // 1. Ask for a cut. 2. Choose V: what was asked for, or what is live by now, if the cut comes and is archived in time.
    const { tidemark, left, ...coverage } = await chooser.choose(parent, cover);
    const records = countBetween(parent.tidemark, tidemark);
    const { broken, more: moreBroken } = await findBroken(chain);
    if (broken.length === 0 && records === 0) return { kind: 'unchanged', run: parent, ...coverage, more: false };
    // 3. Recompute, under an id of this attempt's own: whatever becomes of it, nobody reads it before it is published.
    const run = createRunId(parent.run, startedAt, randomBits());
    const base = links >= limits.runsPerBase ? run : parent.base;
    const attempt: Attempt = { run, parent, base, tidemark, offChain: chain.offChain, broken };
    const dirty = await runs.dirtyChunks(attempt);
    // The ledger first: where the archive does not account for each offset, nothing is written.
    const increments = await runs.increments(attempt);
    const ledger = accountFor(parent, tidemark, increments);
    await runs.recompute(attempt, dirty);
    await expectEveryEvent(chain, run, sum(ledger.counted));
    // 4. Audit.
    const audited = await auditRun(options, attempt);
    if (audited.audit === 'different') {
      await expectWholeViews(chain);
      log.error({ run, evidence: audited.auditNote }, 'audit: live counters differ from batch; batch stands');
    }
    // A range that was logged meanwhile (written twice) made some statements see more chunks than others: give up.
    if ((await runs.dirtyChunks(attempt)).length !== dirty.length)
      throw new BatchError('archive-moved', 'an archive range below the chosen tidemark was logged meanwhile');
    // 5. Publish, only if the archive still holds all of it, and the chain that this was made over is still the chain.
    if (!covers(await chooser.archivedVector(parent), tidemark))
      throw new BatchError('archive-moved', 'the archive is behind the chosen tidemark');
    await expectSameChain(parent, links);
    const ms = clock() - startedAt;
    if (ms > limits.maxRunMs) throw new BatchError('run-overtaken', `run ${run} took ${ms} ms and is given up`);
    const published: BatchRun = {
      generation: generation.id,
      run,
      parent: parent.run,
      base,
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
    await announce();
    const work = { records, chunks: dirty.length, ms };
    log.info(
      { run, tidemark, ...work, left, audit: audited.audit },
      left > 0 ? 'run published, more to come' : 'run published',
    );
    const more = left > 0 || moreBroken;
    return { kind: 'published', run: published, ...coverage, work, more };
  }

  /** The current run and its chain. Where its announcements are lost, run 0 again: everything is counted anew. */
  async function findParent(): Promise<{ parent: BatchRun; chain: Chain; links: number }> {
    const parent = await ensureFirstRun(options, logStarts, newest);
    if (parent.run > newest) newest = parent.run;
    const links = await runs.links(parent.base);
    const { run, base } = parent;
    const chain = { run, base, offChain: runsOffChain(links, run) };
    const announced = await runs.announcedFacts(chain);
    if (announced === sum(parent.counted)) return { parent, chain, links: links.length };
    const found = `run ${run} counted ${sum(parent.counted)} events, its chunks announce ${announced}`;
    if (doubted !== run) {
      doubted = run;
      throw new BatchError('views-lost', `${found}; where the next run finds the same, all views are made again`);
    }
    log.error({ run }, `${found}: all views are made again from the archive`);
    const first = await publishFirstRun(options, parent.starts, run);
    await announce();
    return { parent: first, chain: { run: first.run, base: first.base, offChain: [] }, links: 1 };
  }

  /** Where offsets are not accounted for, the archive is looked through before the next run. */
  function accountFor(parent: BatchRun, tidemark: OffsetVector, { partitions }: Increments): LedgerArrays {
    try {
      return addToLedger(parent, tidemark, partitions);
    } catch (error) {
      [doubtArchive, verifyAt] = [true, Number.NEGATIVE_INFINITY];
      throw error;
    }
  }

  /** What the run's versions hold must be what its ledger counts: else the archive has lost rows of a chunk made again. */
  async function expectEveryEvent(chain: Chain, run: string, counted: number): Promise<void> {
    const announced = await runs.announcedFacts(chain, run);
    if (announced === counted) return;
    [doubtArchive, verifyAt] = [true, Number.NEGATIVE_INFINITY];
    throw new BatchError(
      'archive-incomplete',
      `the archive has lost rows: with run ${run} the views would hold ${announced} events of ${counted} counted`,
    );
  }

  /** A difference means nothing where the parent's rows are gone: it was not the counters that changed. */
  async function expectWholeViews(chain: Chain): Promise<void> {
    const broken = await runs.brokenChunks(chain, limits.maxBrokenChunks);
    if (broken.length === 0) return;
    verifyAt = Number.NEGATIVE_INFINITY;
    const found = `${broken.length} chunks of the views have lost rows: there is nothing to compare with`;
    throw new BatchError('views-lost', found);
  }

  /** Another runner published meanwhile: this attempt compared and inherited versions of another chain, or none at all. */
  async function expectSameChain(parent: BatchRun, known: number): Promise<void> {
    const links = await runs.links(parent.base);
    if (links.length === known && links[0]?.run === parent.run) return;
    throw new BatchError('run-overtaken', `run ${links[0]?.run} was published meanwhile`);
  }

  async function announce(): Promise<void> {
    await speedState
      .announceRun()
      .catch((err: unknown) => log.warn({ err }, 'announcing the run failed; readers poll'));
  }

  /**
   * Views and archive may be wiped or damaged at any time; looked for at the first run and every five minutes, for it
   * scans them.
   */
  async function findBroken(chain: Chain): Promise<{ broken: number[]; more: boolean }> {
    if (clock() < verifyAt) return { broken: [], more: false };
    await options.checkArchive(doubtArchive);
    doubtArchive = false;
    const found = await runs.brokenChunks(chain, limits.maxBrokenChunks);
    if (found.length > 0) log.error({ chunks: found.length }, 'views have lost rows: these chunks are made again');
    const broken: number[] = [];
    let events = 0;
    for (const { chunk, events: more } of found) {
      events += more;
      if (events <= maxRecords || broken.length === 0) broken.push(chunk);
    }
    const more = broken.length < found.length || found.length >= limits.maxBrokenChunks;
    if (!more) verifyAt = clock() + limits.verifyEveryMs;
    return { broken, more };
  }

  return {
    async begin(starts) {
      logStarts = starts;
      const first = await ensureFirstRun(options, logStarts, newest);
      await speedState.announceRun().catch(() => undefined);
      return first;
    },
    run(cover) {
      // Overtaken, once more: the other's run may count what is wanted, and if not it is the parent now.
      const mine = queue.then(() =>
        runOnce(cover).catch((err: unknown) => {
          if (err instanceof BatchError && err.code === 'run-overtaken') return runOnce(cover);
          throw err;
        }),
      );
      queue = mine.catch(() => undefined);
      return mine;
    },
  };
}
