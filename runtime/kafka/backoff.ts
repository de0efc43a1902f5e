// Bounded exponential waiting with jitter, ended early by a signal.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Backoff {
  /** Waits half to all of the current step, which then doubles. Resolves at once if the signal has aborted; never rejects. */
  pause(signal: AbortSignal): Promise<void>;
  /** Starts again at the first step: something worked. */
  reset(): void;
}

export function createBackoff({ firstMs = 100, maxMs = 5_000 } = {}): Backoff {
  let stepMs = firstMs;
  return {
    async pause(signal) {
      const waitMs = stepMs * (0.5 + Math.random() / 2);
      stepMs = Math.min(stepMs * 2, maxMs);
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    },
    reset() {
      stepMs = firstMs;
    },
  };
}
