// The log of a process: JSON lines on standard output. Secrets never reach it: log fields, not configurations.
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export function createLogger(service: string, level: string): Logger {
  return pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime });
}
