// A wait between attempts that somebody can end.
export function createWakeableWait() {
  let wakeNow: (() => void) | undefined;

  /** Rejects once the signal is aborted. */
  function wait(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        settle();
      };
      const woken = end(resolve);
      const abort = end(() => reject(signal.reason as Error));
      const timer = setTimeout(woken, ms);
      signal.addEventListener('abort', abort, { once: true });
      wakeNow = woken;
    });
  }

  return { wait, wake: (): void => wakeNow?.() };
}
