// The command line of Tidemark. Speaks to the HTTP APIs; only start, up, down and doctor know of processes.
import { reportError } from './errors.ts';
import { processIo } from './io.ts';
import { createProgram } from './program.ts';

const ending = new AbortController();
let endingSince = 0;
function end(why: string): void {
  if (ending.signal.aborted) return;
  endingSince = performance.now();
  ending.abort(new Error(why));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second one does not wait; sooner it is the same Ctrl-C, passed on by npm. A terminal that goes away is no wish to hurry.
    if (ending.signal.aborted && signal !== 'SIGHUP' && performance.now() - endingSince > 1_000) process.exit(130);
    end(`stopped by ${signal}`);
  });
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    end('nobody reads what is written'); // `| head` has enough, the terminal is closed: what runs is stopped in order
  });
}
const io = processIo(ending.signal);
try {
  await createProgram(io).parseAsync();
} catch (error) {
  process.exitCode = ending.signal.aborted ? 130 : reportError(error, io.err, io.env['TIDEMARK_LOG_LEVEL'] === 'debug');
}
