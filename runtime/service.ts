// The life of a service process: open in order, wait for a signal, close in reverse under one deadline; a second
// signal exits at once. A problem of the configuration ends with exit code 78 (EX_CONFIG), a fault with 1.
import closeWithGrace from 'close-with-grace';
import { ConfigError } from './config.ts';
import { createLogger, type Logger } from './logger.ts';

const shutdownDeadlineMs = 10_000;

export async function runService(
  name: string,
  logLevel: () => string,
  open: (resources: AsyncDisposableStack, log: Logger) => Promise<void>,
): Promise<void> {
  const resources = new AsyncDisposableStack();
  let log: Logger;
  try {
    log = createLogger(name, logLevel());
  } catch (error) {
    return failToStart(name, error);
  }
  const life = closeWithGrace({ delay: shutdownDeadlineMs, logger: false }, async ({ signal, err }) => {
    if (err) log.error({ err }, 'closing after a fault');
    else log.info({ signal }, 'closing');
    await resources.disposeAsync();
    log.info('closed');
    log.flush();
  });
  try {
    await open(resources, log);
  } catch (error) {
    life.uninstall();
    await resources.disposeAsync().catch(() => undefined);
    failToStart(name, error);
  }
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
