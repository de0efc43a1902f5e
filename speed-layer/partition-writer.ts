// One partition's writer.
//
// taking-over: reads state, may reset to the tidemark; failing, it tries again after a pause. → counting, or closed.
// counting:    record sets are counted in memory and flushed; one flush is under way at a time. Any refusal, time-out
//              or lost connection discards everything in memory → taking-over. → closed.
// closed:      final flush done (or given up); nothing is written any more.
import type { Logger } from '../runtime/logger.ts';
import { describeLost } from '../runtime/kafka/offset-lost.ts';
import type { OffsetLost, RecordSet } from '../runtime/kafka/record-log.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { Flush } from './counter-store.ts';
import { createEpochCounter, type EpochCounter } from './epoch-counter.ts';
import { type TakeOverDependencies, takeOver } from './take-over.ts';
import type { WriterLimits } from './writer-limits.ts';

export interface WriterDependencies extends TakeOverDependencies {
  readonly log: Logger;
  readonly clock: () => number;
  readonly limits: WriterLimits;
  /** Called when positions may have changed, so that fetching goes on at once. */
  readonly wake: () => void;
}

export interface PartitionWriter {
  readonly partition: number;
  readonly state: 'taking-over' | 'counting' | 'closed';
  /** Why it is not counting; undefined while it is. */
  readonly trouble: string | undefined;
  /** The next offset to fetch; undefined while nothing is to be fetched. */
  position(): number | undefined;
  /** Leader epoch of the record before `position()`; undefined where it is not known. */
  leaderEpoch(): number | undefined;
  /** The next offset that is flushed. */
  readonly flushedNext: number | undefined;
  accept(set: RecordSet): void;
  offsetLost(lost: OffsetLost): void;
  /** Flushes what is pending; called about every 100 ms. */
  tick(): void;
  /** Closes the open epoch at the next flush, which is made at once. */
  requestCut(): void;
  /** A run was published: collects what it replaced, and starts over where its tidemark is not on our boundaries. */
  runPublished(run: BatchRun): Promise<void>;
  /** Final flush, then nothing more. */
  close(): Promise<void>;
}

export function openPartitionWriter(partition: number, dependencies: WriterDependencies): PartitionWriter {
  const { generation, store, source, log, clock, limits, wake } = dependencies;
  let state: PartitionWriter['state'] = 'taking-over';
  let trouble: string | undefined = 'taking over';
  let counter: EpochCounter | undefined;
  let boundaries = new Set<number>();
  let lastBoundary = 0;
  let flushedNext: number | undefined;
  let epochOpenedAt = 0;
  let cutRequested = false;
  let lost: { readonly wanted: number; readonly why: string } | undefined;
  let running = '';
  let flushing: Promise<void> | undefined;
  const closing = new AbortController();
  let owning = own();

  async function own(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        const owned = await takeOver(partition, dependencies);
        if (owned.resetBecause !== undefined)
          log.warn({ partition, why: owned.resetBecause, next: owned.next }, 'reset to the tidemark');
        ({ next: flushedNext } = owned);
        boundaries = new Set(owned.boundaries);
        lastBoundary = owned.next;
        running = owned.run.run;
        epochOpenedAt = clock();
        counter = createEpochCounter({ generation, partition, ...limits, ...owned });
        state = 'counting';
        trouble = undefined;
        log.info({ partition, next: owned.next, run: owned.run.run, identities: owned.identities.size }, 'counting');
        wake();
        return;
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error);
        log.debug({ partition, err: error }, 'take-over failed, trying again');
        await pause(limits.retryMs, closing.signal);
      }
    }
  }

  /** Discards everything in memory and takes over anew, after `pauseMs` where trying at once would only fail again. */
  function startOver(why: string, pauseMs = 0): void {
    if (state === 'closed' || counter === undefined) return;
    log.warn({ partition, why }, 'starting over');
    state = 'taking-over';
    trouble = why;
    counter = undefined;
    owning = pauseMs === 0 ? own() : pause(pauseMs, closing.signal).then(own);
  }

  async function flush(close: boolean): Promise<void> {
    const mine = counter;
    if (!mine) return;
    for (const step of mine.take(close)) {
      const failure = await write(step);
      // Taken over anew meanwhile: what was ours is no more.
      if (counter !== mine) return;
      if (failure !== undefined) {
        startOver(failure);
        return;
      }
      flushedNext = step.next;
      if (step.close && step.next > lastBoundary) {
        boundaries.add(step.next);
        lastBoundary = step.next;
        epochOpenedAt = clock();
      }
    }
    wake();
  }

  /** undefined when written, else why not. */
  async function write(step: Flush): Promise<string | undefined> {
    try {
      const outcome = await store.flush(partition, step);
      return outcome.kind === 'done' ? undefined : `flush refused: ${outcome.why}`;
    } catch (error) {
      return `flush failed: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  function tick(): void {
    if (!counter || flushing) return;
    const aged = clock() - epochOpenedAt >= limits.maxEpochAgeMs;
    if (counter.pendingRecords === 0 && !cutRequested && !aged) return;
    const close = cutRequested || aged;
    if (close) epochOpenedAt = clock();
    cutRequested = false;
    flushing = flush(close).finally(() => {
      flushing = undefined;
      if (cutRequested) tick();
    });
  }

  return {
    partition,
    get state() {
      return state;
    },
    get trouble() {
      // Told once only, and it stays so until the position changes.
      return counter && counter.next === lost?.wanted ? lost.why : trouble;
    },
    get flushedNext() {
      return flushedNext;
    },
    position: () => (counter && counter.pendingRecords <= limits.maxPendingRecords ? counter.next : undefined),
    leaderEpoch: () => counter?.leaderEpoch,
    accept(set) {
      if (!counter || set.from !== counter.next) return;
      try {
        counter.apply(set);
      } catch (error) {
        // Unreadable bytes: nothing of the set may be counted, and the next fetch brings the same.
        startOver(error instanceof Error ? error.message : String(error), limits.retryMs * 10);
        return;
      }
      if (counter.pendingRecords > limits.maxPendingRecords) tick();
    },
    offsetLost(at) {
      const err = describeLost(at);
      lost = { wanted: at.wanted, why: err.message };
      log.error({ err, ...at }, 'offset lost: the partition stops');
      startOver(err.message, limits.retryMs * 10);
    },
    tick,
    requestCut() {
      cutRequested = true;
      tick();
    },
    async runPublished(run) {
      await flushing;
      if (run.run === running || !counter) return;
      running = run.run;
      const mark = run.tidemark[partition] ?? 0;
      if (mark > (flushedNext ?? 0) || !boundaries.has(mark)) {
        startOver(`the tidemark ${mark} of run ${run.run} is not on an epoch boundary of ours`);
        return;
      }
      for (const boundary of boundaries) if (boundary < mark) boundaries.delete(boundary);
      await collect(run);
    },
    async close() {
      closing.abort();
      await owning;
      await flushing;
      await flush(true);
      state = 'closed';
      trouble = 'closed';
      counter = undefined;
    },
  };

  async function collect(run: BatchRun): Promise<void> {
    try {
      const marks = await source.parentTidemark(run);
      const mark = marks?.[partition];
      if (mark !== undefined) await store.collect(partition, mark);
    } catch (err) {
      log.debug({ partition, err }, 'collecting old epochs failed; the next run tries again');
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise.finally(() => clearTimeout(timer));
}
