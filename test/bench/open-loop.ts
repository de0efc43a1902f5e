// An open loop: work falls due at fixed times, whether or not earlier work is done, and each latency counts from the time at
// which it was due. A sender that is late, or a server that stalls, cannot hide it (no coordinated omission).
import { setTimeout as delay } from 'node:timers/promises';

export interface OpenLoop {
  /** From one piece of work to the next. */
  readonly everyMs: number;
  readonly pieces: number;
  readonly signal: AbortSignal;
}

export interface LoopClock {
  /** Milliseconds, monotonic. */
  now(): number;
  wait(ms: number, signal: AbortSignal): Promise<unknown>;
}

const realClock: LoopClock = {
  now: () => performance.now(),
  wait: (ms, signal) => delay(ms, undefined, { signal }),
};

/** Calls `start(index, dueMs)` for each piece at its time, or as soon as it can after; never waits for what it returns. */
export async function runOpenLoop(
  { everyMs, pieces, signal }: OpenLoop,
  start: (index: number, dueMs: number) => void,
  clock: LoopClock = realClock,
): Promise<void> {
  const begun = clock.now();
  for (let next = 0; next < pieces; ) {
    signal.throwIfAborted();
    const dueMs = begun + next * everyMs;
    const leftMs = dueMs - clock.now();
    if (leftMs > 0) {
      await clock.wait(leftMs, signal);
    } else {
      start(next, dueMs);
      next += 1;
    }
  }
}
