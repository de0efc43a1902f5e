// `npm run bench -- serving`: how fast, on this machine, against baselines of the same run. Starts its own stack on free
// ports in a temporary folder and removes it. Nothing is compared with a fixed figure: the exit code tells of faults only.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { benchDashboard, dashboardReportOf } from './dashboard.ts';
import { reportOf } from './report.ts';
import { benchServing, type Part, parts } from './serving.ts';
import { summaryOf, withSummary } from './summary.ts';
import { openWorld } from './world.ts';

const readmeFile = new URL('../../README.md', import.meta.url);

const someParts = (text: string): Part[] =>
  text.split(',').map((part) => {
    const known = parts.find((name) => name === part);
    if (known === undefined) throw new InvalidArgumentError(`${part} is none of ${parts.join(', ')}`);
    return known;
  });

const someMinutes = (text: string): number => {
  const minutes = Number(text);
  if (minutes >= 1 && minutes <= 240) return minutes;
  throw new InvalidArgumentError('from 1 to 240');
};

const command = new Command('npm run bench --')
  .description('Speed of the real processes, as medians with their spread; method: docs/benchmarks.md.')
  .addArgument(new Argument('<what>', 'what is measured').choices(['serving', 'dashboard']))
  .addOption(new Option('--only <parts>', `some of ${parts.join(',')}`).argParser(someParts).default(parts, 'all'))
  .option('--quick', 'seconds instead of minutes: shows that it works, its figures mean little')
  .option('--minutes <minutes>', 'dashboard: how long the page is open', someMinutes, 2)
  .option('--json <file>', 'write the raw figures there')
  .option('--readme', 'write the figures into README.md, section Numbers')
  .addHelpText('after', '\nExit codes: 0 measured, 1 a fault, 2 not understood, 130 stopped as asked.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();
type Options = { only: readonly Part[]; quick?: true; json?: string; readme?: true; minutes: number };
const { minutes, only, quick = false, json, readme } = command.opts<Options>();

const asked = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => asked.abort());
const begunMs = performance.now();
const say = (line: string): void => {
  process.stderr.write(`${((performance.now() - begunMs) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`);
};
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  loadBefore: loadavg()[0]!,
};

const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
let keep = false;
try {
  if (command.args[0] === 'dashboard') {
    const results = await benchDashboard({ minutes, signal: asked.signal, say });
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, ...results }, undefined, 2)}\n`);
    process.stdout.write(`${dashboardReportOf(results)}\n`);
  } else await serving();
} catch (error) {
  keep = !asked.signal.aborted;
  say(asked.signal.aborted ? 'stopped as asked' : `ended: ${(error as Error).stack}`);
  process.exitCode = asked.signal.aborted ? 130 : 1;
}
if (keep) say(`logs are in ${join(folder, 'logs')}`);
rmSync(keep ? join(folder, 'data') : folder, { recursive: true, force: true });

async function serving(): Promise<void> {
  const results = await measure();
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, quick, ...results }, undefined, 2)}\n`);
  const where =
    `${machine.cores} cores (${machine.processor}) that Kafka, Redis, ClickHouse, the services, the senders and the readers ` +
    `share, Node ${machine.node}, ${machine.platform}, load before ${machine.loadBefore.toFixed(2)}`;
  process.stdout.write(`${reportOf(results)}\n${where}${quick ? '; --quick: the figures mean little' : ''}\n`);
  if (readme) writeFileSync(readmeFile, withSummary(readFileSync(readmeFile, 'utf8'), summaryOf({ results, where })));
}

async function measure() {
  await using world = await openWorld(folder, asked.signal);
  say('the stack is ready');
  return await benchServing(world, { only, quick, signal: asked.signal, say });
}
