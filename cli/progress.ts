// How far an import is: a bar on a terminal, else a line on standard error every few seconds.
import { SingleBar } from 'cli-progress';
import type { CliIo } from './io.ts';
import { grouped } from './render.ts';

export interface Progress {
  at(done: number): void;
  stop(): void;
}

const lineEveryMs = 3_000;

/** `total` undefined: only a count is shown. */
export function openProgress(io: CliIo, what: string, total: number | undefined): Progress {
  if (io.isErrTerminal && total !== undefined) {
    const bar = new SingleBar({
      format: `${what} [{bar}] {value}/{total} events · {duration_formatted}`,
      stream: process.stderr,
      hideCursor: true,
      gracefulExit: false,
    });
    bar.start(total, 0);
    return { at: (done) => bar.update(Math.min(done, total)), stop: () => bar.stop() };
  }
  let toldAt = io.now();
  return {
    at(done) {
      if (io.now() - toldAt < lineEveryMs) return;
      toldAt = io.now();
      io.err(`${what}: ${grouped(done)}${total === undefined ? '' : ` of ${grouped(total)}`} events`);
    },
    stop() {},
  };
}
