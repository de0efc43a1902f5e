// A wait between attempts that somebody can end, or the first answer to another request.
export function createWakeableWait() {
  let wakeNow: (() => void) | undefined;
  let wasSilent = false;

  /** Rejects once the signal is aborted. */
  function wait(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        wakeNow = undefined;
        settle();
      };
      const woken = end(resolve);
      const abort = end(() => reject(signal.reason as Error));
      const timer = setTimeout(woken, ms);
      signal.addEventListener('abort', abort, { once: true });
      wakeNow = woken;
    });
  }

  /**
   * What became of other requests: an answer after silence ends the wait, once. Where they are answered all the time and the
   * attempts alone fail, the waits between them stay what they are.
   */
  function heard(isAnswer: boolean): void {
    if (!isAnswer) wasSilent = true;
    else if (wasSilent && wakeNow) {
      wasSilent = false;
      wakeNow();
    }
  }

  return { wait, wake: (): void => wakeNow?.(), heard };
}
