// How far an import is: a bar or, of an unknown total, a counter on a terminal, else a line on standard error every few seconds.
import { SingleBar } from 'cli-progress';
import type { CliIo } from './io.ts';
import { grouped } from './render.ts';

export interface Progress {
  at(done: number): void;
  /** A line of its own on standard error, also where a bar is drawn. */
  say(line: string): void;
  stop(): void;
}

const lineEveryMs = 3_000;

/** `total` undefined: only a count is shown. */
export function openProgress(io: CliIo, what: string, total: number | undefined): Progress {
  if (io.isErrTerminal) {
    const far = total === undefined ? '{value}' : '[{bar}] {value}/{total}';
    const bar = new SingleBar({
      format: `${what} ${far} events · {duration_formatted}`,
      stream: process.stderr,
      hideCursor: true,
      gracefulExit: false,
    });
    bar.start(total ?? 0, 0);
    return {
      at: (done) => bar.update(Math.min(done, total ?? done)),
      say: (line) => io.err(`\r\x1b[K${line}`), // over the bar, which draws itself anew below
      stop: () => bar.stop(),
    };
  }
  let toldAt = io.now();
  return {
    at(done) {
      if (io.now() - toldAt < lineEveryMs) return;
      toldAt = io.now();
      io.err(`${what}: ${grouped(done)}${total === undefined ? '' : ` of ${grouped(total)}`} events`);
    },
    say: io.err,
    stop() {},
  };
}
