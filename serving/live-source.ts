// Port: the live view as the API reads it, and the wait for it to change.
import type { Cut, LiveView } from './live-view.ts';

export interface LiveSource {
  /** undefined before the first run is adopted. Its open epochs go on growing: fold them before the next await. */
  capture(): Cut | undefined;
  /** Grows with every change. */
  revision(): number;
  /** Resolves at the next change after revision `seen`, or after `timeoutMs`; never rejects. */
  changed(timeoutMs: number, seen?: number): Promise<void>;
}

export interface NotifyingLiveSource extends LiveSource {
  /** Ends all waits that are under way. */
  notify(): void;
}

export function createLiveSource(view: Pick<LiveView, 'capture'>): NotifyingLiveSource {
  const waiting = new Set<() => void>();
  let revision = 0;
  return {
    capture: () => view.capture(),
    revision: () => revision,
    changed: (timeoutMs, seen = revision) =>
      new Promise((resolve) => {
        if (seen !== revision) return resolve();
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        waiting.add(wake);
      }),
    notify() {
      revision += 1;
      for (const wake of waiting) wake();
    },
  };
}
