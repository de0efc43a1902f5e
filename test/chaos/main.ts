// `npm run chaos -- --seed 7 --minutes 5`: the real stack and the real processes under kill -9, SIGSTOP, wipes, restarts and
// broken links, while orders flow in and readers ask; each answer is held against the oracle at its own vector.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { runChaos, type ChaosResult } from './chaos-run.ts';
import { countsLine, faultTable, shown, takeOverLines } from './report.ts';
import { type FaultKind, faultKinds, isFaultKind, planFaults } from './schedule.ts';
import { openWorld } from './world.ts';

const number = (least: number) => (text: string) => {
  const value = Number(text);
  if (!(value >= least)) throw new InvalidArgumentError(`expected a number from ${least} on`);
  return value;
};
const allKinds = Object.keys(faultKinds) as FaultKind[];
const kinds = (text: string) =>
  text.split(',').map((kind): FaultKind => {
    if (isFaultKind(kind)) return kind;
    throw new InvalidArgumentError(`${kind} is none of ${allKinds.join(', ')}`);
  });

const options = new Command('npm run chaos --')
  .description('Faults on the real stack while orders flow; every answer is checked against the oracle at its vector.')
  .option('--seed <number>', 'fixes which faults strike, where and when; not how the processes then race', number(0), 1)
  .option('--minutes <minutes>', 'how long faults strike', number(0.2), 2)
  .addOption(
    new Option('--only <kinds>', `some of ${allKinds.join(', ')}`).argParser(kinds).default(allKinds, 'all of them'),
  )
  .option('--rate <events>', 'orders a second', number(1), 300)
  .option('--keep', 'keep the logs also where all is well')
  .option('--first-port <port>', 'the first of 70 ports that are used', number(1_024), 19_300)
  .addHelpText('after', '\nThe seed fixes the schedule of faults, not the timing: the same seed can end differently.')
  .parse()
  .opts<{ seed: number; minutes: number; only: FaultKind[]; rate: number; keep?: true; firstPort: number }>();

const asked = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => asked.abort());
const startedMs = Date.now();
const say = (line: string): void => {
  process.stdout.write(`${((Date.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`);
};

const folder = mkdtempSync(join(tmpdir(), 'tidemark-chaos-'));
const evidence = join(folder, 'evidence.ndjson');
let evidences = 0;
/** The first ones are kept whole: the answer, what was expected, and what the log says. */
const onEvidence = (what: string, detail: unknown): void => {
  evidences += 1;
  if (evidences <= 10) say(what);
  if (evidences <= 100) appendFileSync(evidence, `${JSON.stringify({ at: new Date(), what, detail })}\n`);
};
let keep = false;
try {
  keep = (await main()) || options.keep === true;
} catch (error) {
  keep = !asked.signal.aborted || evidences > 0;
  say(asked.signal.aborted ? 'stopped as asked' : `ended: ${(error as Error).stack}`);
  process.exitCode = 1;
}
if (keep) say(`logs and evidence are in ${folder}`);
rmSync(keep ? join(folder, 'data') : folder, { recursive: true, force: true });

/** Whether there is something to look at. */
async function main(): Promise<boolean> {
  const plan = planFaults(options.seed, options.minutes, options.only);
  say(
    `seed ${options.seed}: ${plan.length} faults in ${options.minutes} minutes. The seed fixes their schedule, not the timing.`,
  );
  let servingRestarted = (): void => {};
  await using world = await openWorld({
    folder,
    firstPort: options.firstPort,
    signal: asked.signal,
    onEvent(event) {
      if (event.kind === 'started' && event.name === 'serving') servingRestarted();
      if (event.kind === 'exited' || event.kind === 'restarted' || event.kind === 'failing')
        say(`${event.name} ${event.kind} (${event.reason.split('\n')[0]})`);
    },
  });
  say('everything is ready');
  const onServingRestarted = (listener: () => void) => (servingRestarted = listener);
  const result = await runChaos(world, {
    ...options,
    plan,
    signal: asked.signal,
    say,
    onServingRestarted,
    onFinding: (finding) => onEvidence(`${finding.kind.toUpperCase()}: ${finding.what}`, finding),
  });
  return report(result, world.sessionTimeoutMs);
}

function report(result: ChaosResult, sessionTimeoutMs: number): boolean {
  const { judge, load, lost, audits, auditNotes, finalDifferences, struck } = result;
  const of = (kind: string) => judge.findings.filter((finding) => finding.kind === kind).length;
  const wrong = of('wrong') + finalDifferences.length;
  const lines = [
    faultTable(result),
    ...takeOverLines(result, sessionTimeoutMs),
    `posts that were repeated: ${countsLine(load.postsFailed)}`,
    `no answer: ${countsLine(judge.refusals)}`,
    `answers with notes ${judge.count.marked} · vector fell over a restart of serving ${judge.count.fellOverRestart}`,
    `audits of runs: ${countsLine(audits)}`,
    ...auditNotes,
    `faults ${struck.length} · events accepted ${load.accepted.length} · poison ${load.poison()} · answers checked ${judge.count.checked}`,
    `wrong ${wrong} · unmarked ${of('unmarked')} · lost ${lost.length} · exact again ${shown(result.secondsAfterLastFault)} s after the last fault`,
  ];
  process.stdout.write(`\n${lines.join('\n')}\n`);
  const failed = wrong + of('unmarked') + lost.length > 0 || audits.has('different');
  if (!failed) return false;
  process.exitCode = 1;
  onEvidence('the end', { finalDifferences, lost: lost.slice(0, 100), auditNotes, struck });
  return true;
}
