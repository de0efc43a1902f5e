// Lets loops wait for "something may have changed". Between a loop's last look and its wait there must be no await,
// else a ring in between is lost; the time-out bounds what that would cost.

export interface WakeBell {
  /** Ends all waits that are under way. */
  ring(): void;
  /** Until the next ring, the time-out or the signal. Never rejects. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

export function createWakeBell(): WakeBell {
  const waiting = new Set<() => void>();
  return {
    ring() {
      for (const wake of waiting) wake();
    },
    wait(timeoutMs, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        signal.addEventListener('abort', wake);
        waiting.add(wake);
      });
    },
  };
}
