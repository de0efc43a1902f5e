// `npm run simulate-faults`: plays simulated installations in two processes and says what happened.
//
//   -- --seeds 1000 [--from N]   that many seeds
//   -- --seed N [--verbose]      one; with --verbose everything that happens in it
import { type ChildProcess, fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { playSeed, type SeedReport } from './play-seed.ts';
import { describeReports } from './describe-reports.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const startedAt = performance.now();
const reports =
  values.seed === undefined
    ? await playMany(wholeNumber('from', values.from), wholeNumber('seeds', values.seeds))
    : [await playSeed(wholeNumber('seed', values.seed), values.verbose ? (line) => console.log(line) : undefined)];
console.log(describeReports(reports, performance.now() - startedAt));
if (reports.some(({ violations }) => violations.length > 0)) process.exitCode = 1;

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0 && text !== '') return value;
  throw new Error(`--${name} is "${text}", expected a whole number`);
}

/** In two processes; each is given the next seed when it is done with one. */
async function playMany(from: number, count: number): Promise<SeedReport[]> {
  const reports: SeedReport[] = [];
  let next = from;
  const isTerminal = process.stderr.isTTY;
  let toldAt = performance.now();

  function tell(): void {
    if (performance.now() - toldAt < (isTerminal ? 200 : 5_000) && reports.length < count) return;
    toldAt = performance.now();
    const bad = reports.filter(({ violations }) => violations.length > 0).length;
    const line = `${reports.length} of ${count} seeds, ${bad} with violations, ${Math.round((toldAt - startedAt) / 1_000)} s`;
    process.stderr.write(isTerminal ? `\r\x1b[K${line}${reports.length === count ? '\n' : ''}` : `${line}\n`);
  }

  function work(worker: ChildProcess): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let seed = next;
    const give = () => {
      seed = next;
      if (seed >= from + count) return worker.disconnect();
      next += 1;
      worker.send(seed);
    };
    worker.on('message', (report: SeedReport) => {
      reports.push(report);
      tell();
      give();
    });
    worker.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`seed ${seed} ended its process: npm run simulate-faults -- --seed ${seed} --verbose`));
    });
    give();
    return promise;
  }
  const workers = [1, 2].map(() => fork(new URL('worker.ts', import.meta.url), { stdio: 'inherit' }));
  try {
    await Promise.all(workers.map(work));
  } finally {
    for (const worker of workers) worker.kill();
  }
  return reports.toSorted((a, b) => a.seed - b.seed);
}
