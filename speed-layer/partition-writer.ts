// One partition's writer.
//
// taking-over: reads state, may reset to the tidemark; failing, it tries again after a pause. → counting, or closed.
// counting:    record sets are counted in memory and flushed; one flush is under way at a time. Any refusal, time-out
//              or lost connection discards everything in memory → taking-over. → closed.
// closed:      final flush done (or given up); nothing is written any more.
// With nothing to flush it asks once a second whether the store still stands where it left it: a store that was wiped or
// set back is found without a new record.
import type { Logger } from '../runtime/logger.ts';
import { describeLost } from '../runtime/kafka/offset-lost.ts';
import { pause } from '../runtime/pause.ts';
import type { OffsetLost, RecordSet } from '../runtime/kafka/record-log.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { collectEpochs } from './collect-epochs.ts';
import type { Flush, RefusalReason } from './counter-store.ts';
import { createEpochCounter, type EpochCounter } from './epoch-counter.ts';
import { SpeedError, type SpeedErrorCode } from './errors.ts';
import { floorAlarm, isFloorStep } from './floor-alarm.ts';
import { createSpeedMetrics, type SpeedMetrics } from './metrics.ts';
import type { IdentityWindow } from './identity-window.ts';
import { type TakeOverDependencies, takeOver } from './take-over.ts';
import type { WriterLimits } from './writer-limits.ts';

export interface WriterDependencies extends TakeOverDependencies {
  readonly log: Logger;
  readonly clock: () => number;
  readonly limits: WriterLimits;
  /** Called when positions may have changed, so that fetching goes on at once. */
  readonly wake: () => void;
  readonly metrics?: SpeedMetrics;
}

export interface PartitionWriter {
  readonly partition: number;
  readonly state: 'taking-over' | 'counting' | 'closed';
  /** Why it is not counting; undefined while it is. */
  readonly trouble: string | undefined;
  /** What is wrong though it counts. */
  readonly alarm: string | undefined;
  /** The next offset to fetch; undefined while nothing is to be fetched. */
  position(): number | undefined;
  /** Leader epoch of the record before `position()`; undefined where it is not known. */
  leaderEpoch(): number | undefined;
  /** The next offset that is flushed. */
  readonly flushedNext: number | undefined;
  /** Counted and not yet flushed. */
  readonly pendingRecords: number;
  /** How many events within the horizon are remembered. */
  readonly identities: number;
  accept(set: RecordSet): void;
  offsetLost(lost: OffsetLost): void;
  /** Flushes what is pending, unless it rests; called each `flushIntervalMs`. */
  tick(): void;
  /** Closes the open epoch at the next flush, which is made at once. */
  requestCut(): void;
  /** A run was published: collects what it replaced, and starts over where its tidemark is not on our boundaries. */
  runPublished(run: BatchRun): Promise<void>;
  /** Final flush, then nothing more. */
  close(): Promise<void>;
}

type StartOverReason = RefusalReason | SpeedErrorCode | 'unreadable' | 'offset-lost' | 'tidemark';

export function openPartitionWriter(partition: number, dependencies: WriterDependencies): PartitionWriter {
  const { generation, store, log, clock, limits, wake, metrics = createSpeedMetrics() } = dependencies;
  let state: PartitionWriter['state'] = 'taking-over';
  let trouble: string | undefined = 'taking over';
  let counter: EpochCounter | undefined;
  let boundaries = new Set<number>();
  let lastBoundary = 0;
  let flushedNext: number | undefined;
  let identities: IdentityWindow | undefined;
  let epochOpenedAt = 0;
  let storedAt = 0;
  let rest = { from: 0, ms: 0 };
  let failures = 0;
  let cutRequested = false;
  let lost: { readonly wanted: number; readonly why: string } | undefined;
  let running = '';
  let flushing: Promise<void> | undefined;
  const closing = new AbortController();
  let owning = own();

  async function own(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        const owned = await takeOver(partition, dependencies, closing.signal);
        if (closing.signal.aborted) return;
        if (owned.resetReason !== undefined) {
          log.warn({ partition, why: owned.resetBecause, next: owned.next }, 'reset to the tidemark');
          metrics.resets.inc({ reason: owned.resetReason });
        }
        ({ next: flushedNext, identities } = owned);
        boundaries = new Set(owned.boundaries);
        lastBoundary = owned.next;
        running = owned.run.run;
        epochOpenedAt = storedAt = clock();
        failures = 0;
        counter = createEpochCounter({ generation, partition, ...limits, ...owned });
        state = 'counting';
        trouble = undefined;
        log.info({ partition, next: owned.next, run: owned.run.run, identities: owned.identities.size }, 'counting');
        wake();
        return;
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error);
        log.debug({ partition, err: error }, 'take-over failed, trying again');
        await pause(limits.retryMs * 2 ** failures, closing.signal);
        const isStart = error instanceof SpeedError && error.code === 'no-run';
        failures = isStart ? 0 : Math.min(failures + 1, 3);
      }
    }
  }

  /** Discards everything in memory and takes over anew, after `pauseMs` where trying at once would only fail again. */
  function startOver(why: string, reason: StartOverReason, pauseMs = 0): void {
    if (closing.signal.aborted || counter === undefined) return;
    metrics.startOvers.inc({ reason });
    log.warn({ partition, why }, 'starting over');
    state = 'taking-over';
    trouble = why;
    counter = identities = undefined;
    owning = pauseMs === 0 ? own() : pause(pauseMs, closing.signal).then(own);
  }

  async function flush(close: boolean): Promise<void> {
    const mine = counter;
    if (!mine) return;
    const steps = mine.take(close);
    for (const step of steps.length > 0 ? steps : [mine.standing()]) {
      const failure = await write(step);
      // Taken over anew meanwhile, or closed: what was ours is no more.
      if (counter !== mine) return;
      if (failure !== undefined) {
        startOver(failure.why, failure.reason);
        return;
      }
      storedAt = clock();
      flushedNext = step.next;
      if (step.close && step.next > lastBoundary) {
        boundaries.add(step.next);
        lastBoundary = step.next;
        epochOpenedAt = clock();
      }
    }
    if (steps.length > 0) wake();
  }

  /** undefined when written, else why not. */
  async function write(step: Flush): Promise<{ reason: StartOverReason; why: string } | undefined> {
    const stop = metrics.flushSeconds.startTimer();
    try {
      const outcome = await store.flush(partition, step);
      if (outcome.kind === 'refused') return { reason: outcome.why, why: `flush refused: ${outcome.why}` };
      metrics.flushed(partition, step);
      return undefined;
    } catch (error) {
      const reason = error instanceof SpeedError ? error.code : 'store-away';
      return { reason, why: `flush failed: ${error instanceof Error ? error.message : String(error)}` };
    } finally {
      stop();
    }
  }

  /** Each flush writes its touched cells again: the fewer flushes, the less work a record is. */
  function isResting(pendingRecords: number): boolean {
    const restedMs = clock() - rest.from;
    // A clock that was set back ends the rest.
    return restedMs >= 0 && restedMs < rest.ms && !cutRequested && pendingRecords <= limits.maxPendingRecords;
  }

  function tick(): void {
    if (!counter || flushing || isResting(counter.pendingRecords)) return;
    const aged = clock() - epochOpenedAt >= limits.maxEpochAgeMs;
    const unchecked = clock() - storedAt >= limits.checkMs;
    if (counter.pendingRecords === 0 && !cutRequested && !aged && !unchecked) return;
    const close = cutRequested || aged;
    if (close) epochOpenedAt = clock();
    cutRequested = false;
    const begunAt = clock();
    flushing = flush(close).finally(() => {
      flushing = undefined;
      rest = { from: clock(), ms: Math.min(2 * (clock() - begunAt), limits.maxRestMs) };
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
    get alarm() {
      return floorAlarm(counter?.maxTimestamp, generation.horizonMs, clock());
    },
    get pendingRecords() {
      return counter?.pendingRecords ?? 0;
    },
    get identities() {
      return identities?.size ?? 0;
    },
    position: () => (counter && counter.pendingRecords <= limits.maxPendingRecords ? counter.next : undefined),
    leaderEpoch: () => counter?.leaderEpoch,
    accept(set) {
      if (!counter || set.from !== counter.next) return;
      const before = counter.maxTimestamp;
      try {
        counter.apply(set);
      } catch (error) {
        // Unreadable bytes: nothing of the set may be counted, and the next fetch brings the same.
        startOver(error instanceof Error ? error.message : String(error), 'unreadable', limits.retryMs * 10);
        return;
      }
      if (isFloorStep(before, counter.maxTimestamp, generation.horizonMs, clock())) {
        metrics.floorSteps.inc();
        log.warn({ partition, before, after: counter.maxTimestamp }, 'the floor stepped ahead of the clock');
      }
      if (counter.pendingRecords > limits.maxPendingRecords) tick();
    },
    offsetLost(at) {
      const err = describeLost(at);
      lost = { wanted: at.wanted, why: err.message };
      log.error({ err, ...at }, 'offset lost: the partition stops');
      startOver(err.message, 'offset-lost', limits.retryMs * 10);
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
        startOver(`the tidemark ${mark} of run ${run.run} is not on an epoch boundary of ours`, 'tidemark');
        return;
      }
      for (const boundary of boundaries) if (boundary < mark) boundaries.delete(boundary);
      await collectEpochs(partition, run, dependencies);
    },
    async close() {
      closing.abort();
      await owning;
      const done = new AbortController();
      const flushed = Promise.resolve(flushing)
        .then(() => flush(true))
        .then(() => done.abort());
      await Promise.race([flushed, pause(limits.closeMs, done.signal)]);
      if (!done.signal.aborted)
        log.warn({ partition }, 'closed without its final flush: whoever takes over counts it again');
      state = 'closed';
      trouble = 'closed';
      counter = identities = undefined;
    },
  };
}
