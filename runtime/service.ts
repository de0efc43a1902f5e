// The life of a service process: open in order, wait for a signal, close in reverse under one deadline; a second
// signal exits at once. A problem of the configuration ends with exit code 78 (EX_CONFIG), a fault with 1.
import closeWithGrace from 'close-with-grace';
import { ConfigError } from './config.ts';
import { createLogger, type Logger } from './logger.ts';

export async function runService(
  name: string,
  logLevel: () => string,
  open: (resources: AsyncDisposableStack, log: Logger) => Promise<void>,
  { deadlineMs = 10_000 } = {},
): Promise<void> {
  const resources = new AsyncDisposableStack();
  let log: Logger;
  try {
    log = createLogger(name, logLevel());
  } catch (error) {
    return failToStart(name, error);
  }
  let closing = false;
  const onTimeout = () => abandon(log, `not closed within ${deadlineMs} ms`);
  const onSecondSignal = (signal?: string) => abandon(log, `second ${signal ?? 'signal'}`);
  const options = { delay: deadlineMs, logger: false, onTimeout, onSecondSignal } as const;
  const life = closeWithGrace(options, async ({ signal, err }) => {
    closing = true;
    if (err) log.error({ err }, 'closing after a fault');
    else log.info({ signal }, 'closing');
    try {
      await resources.disposeAsync();
      log.info('closed');
    } catch (fault) {
      log.error({ err: fault }, 'closing failed');
      throw fault;
    }
  });
  try {
    await open(resources, log);
  } catch (error) {
    // Told to end while it was starting: what it was waiting for has been closed under it.
    if (closing) return;
    life.uninstall();
    await resources.disposeAsync().catch(() => undefined);
    failToStart(name, error);
  }
}

/** The process exits right after it. */
function abandon(log: Logger, why: string): void {
  log.error(`${why}: exiting, what was under way is abandoned`);
}

/** For faults that no retry mends while the process runs: ends it as if nobody had caught them. */
export function endProcess(fault: unknown): void {
  setImmediate(() => {
    throw fault;
  });
}

function failToStart(name: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${name}: ${error instanceof ConfigError ? error.message : text}\n`);
  process.exit(error instanceof ConfigError ? 78 : 1);
}
