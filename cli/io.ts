// What a command may touch of the outside: streams, environment, clock and the signal that ends it. Tests give their own.
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

export interface CliIo {
  readonly out: (text: string) => void;
  /** To standard output, byte for byte. */
  readonly outBytes: (bytes: Buffer) => void;
  readonly err: (text: string) => void;
  /** A person reads standard output: tables instead of JSON. */
  readonly isTerminal: boolean;
  /** Standard error is a terminal: a progress bar instead of lines. */
  readonly isErrTerminal: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  /** Aborted by Ctrl-C, SIGTERM, a closed terminal, and when nobody reads what is written. */
  readonly signal: AbortSignal;
}

export function processIo(signal: AbortSignal): CliIo {
  const { stdout, stderr, env } = process;
  return {
    out: (text) => void stdout.write(`${text}\n`),
    outBytes: (bytes) => void stdout.write(bytes),
    err: (text) => void stderr.write(`${text}\n`),
    isTerminal: isatty(1),
    isErrTerminal: isatty(2),
    env,
    now: Date.now,
    signal,
  };
}

export const projectFolder = fileURLToPath(new URL('..', import.meta.url));

/** The folder of everything that is kept between starts. */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  return env['TIDEMARK_DATA_DIR'] || join(projectFolder, '.tidemark');
}
