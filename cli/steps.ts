// Steps of a longer command: each is told when it begins and ends; a failure names the step and shows the log behind it.
import { lastLines } from '../stack/child-process.ts';
import { CliError, exitCodes } from './errors.ts';
import type { CliIo } from './io.ts';
import { seconds } from './render.ts';

export interface Steps {
  /** `logFile`: the log of the service whose fault it would be. */
  run<T>(name: string, work: () => Promise<T>, logFile?: string): Promise<T>;
  /** What took how long, for the end. */
  timings(): string;
}

export function createSteps(io: CliIo): Steps {
  const done: string[] = [];
  return {
    async run(name, work, logFile) {
      const startedAt = performance.now();
      io.err(`▸ ${name}`);
      try {
        const result = await work();
        const took = seconds(performance.now() - startedAt);
        done.push(`${name} ${took}`);
        io.err(`  done, ${took}`);
        return result;
      } catch (cause) {
        io.signal.throwIfAborted();
        const why = cause instanceof Error ? cause.message : String(cause);
        const lines = logFile === undefined ? '' : lastLines(logFile, 15);
        const log = lines === '' ? '' : `\nthe last lines of ${logFile}:\n${lines}`;
        const exitCode = cause instanceof CliError ? cause.exitCode : exitCodes.fault;
        throw new CliError(`step "${name}" failed: ${why}${log}`, exitCode, { cause });
      }
    },
    timings: () => done.join(' · '),
  };
}
