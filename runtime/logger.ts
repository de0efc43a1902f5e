// The log of a process: JSON lines on standard output. Secrets never reach it: log fields, not configurations.
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export function createLogger(service: string, level: string): Logger {
  const options = { level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime };
  // Written at once: what is said last, before the process ends, is there, and in its place.
  return pino(options, pino.destination({ fd: 1, sync: true }));
}
