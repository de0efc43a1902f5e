// A loop that looks again every so often, and at once when told to. One look at a time; what a look throws is reported.

export interface Polling extends AsyncDisposable {
  /** Looks again, after `delayMs` at the latest. */
  soon(delayMs?: number): void;
}

export function startPolling(options: {
  readonly everyMs: number;
  readonly look: () => Promise<void>;
  readonly onFault: (error: unknown) => void;
}): Polling {
  const { everyMs, look, onFault } = options;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = 0;
  let running: Promise<void> | undefined;
  let again: number | undefined;
  let stopped = false;

  function schedule(delayMs: number): void {
    clearTimeout(timer);
    dueAt = performance.now() + delayMs;
    timer = setTimeout(() => {
      running = run();
    }, delayMs);
  }

  async function run(): Promise<void> {
    timer = undefined;
    again = undefined;
    try {
      await look();
    } catch (error) {
      if (!stopped) onFault(error);
    }
    running = undefined;
    if (!stopped) schedule(Math.min(again ?? everyMs, everyMs));
  }

  schedule(0);
  return {
    soon(delayMs = 0) {
      if (stopped) return;
      if (running) again = Math.min(again ?? everyMs, delayMs);
      else if (performance.now() + delayMs < dueAt) schedule(delayMs);
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
