// The command line of Tidemark. Speaks to the HTTP APIs; only start, up, down and doctor know of processes.
import { reportError } from './errors.ts';
import { processIo } from './io.ts';
import { createProgram } from './program.ts';

const ending = new AbortController();
let endingSince = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!ending.signal.aborted) {
      endingSince = performance.now();
      ending.abort(new Error(`stopped by ${signal}`));
    } else if (performance.now() - endingSince > 1_000) {
      process.exit(130); // the second one does not wait; sooner it is the same Ctrl-C, passed on by npm
    }
  });
}
const io = processIo(ending.signal);
try {
  await createProgram(io).parseAsync();
} catch (error) {
  process.exitCode = ending.signal.aborted ? 130 : reportError(error, io.err, io.env['TIDEMARK_LOG_LEVEL'] === 'debug');
}
