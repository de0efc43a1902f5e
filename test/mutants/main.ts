// `npm run mutants`: breaks one guard of production code at a time and tells which test notices.
//
//   --list          says what there is, runs nothing
//   --only ID[,ID]  runs these only
//   --fresh         forgets the results of earlier runs; else what was found for the same code is not run again
//
// 1. Two copies of the working tree. 2. The named tests, unmutated: they must pass. 3. Each mutant against its tests, up to
// the first failure. Ends with 1 where a mutant was not caught.
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { givenStackUrls, type StackUrls } from '../../stack/stack-urls.ts';
import { openStack } from '../stack.ts';
import { openKeptResults } from './kept-results.ts';
import { mutants } from './list.ts';
import type { Mutant } from './mutant.ts';
import { needsStack } from './needs-stack.ts';
import { endGroup, runningGroups, runTests, type TestOutcome } from './test-run.ts';
import { makeWorkCopy, type WorkCopy } from './work-copy.ts';

type Result = { readonly outcome: TestOutcome; readonly seconds: number };

const root = join(import.meta.dirname, '../..');
const atOnce = 2;
const mutantTimeoutMs = 180_000;
const unmutatedTimeoutMs = 900_000;
/** For tests that need no stack: named all the same, so that none is started for them. */
const nowhere: StackUrls = {
  kafkaBrokers: '127.0.0.1:9',
  redisUrl: 'redis://127.0.0.1:9',
  clickhouseUrl: 'http://127.0.0.1:9',
};

const say = (text: string) => process.stdout.write(`${text}\n`);
const isCaught = ({ outcome }: Result) => outcome.kind === 'failed' || outcome.kind === 'timed-out';

// `| head`: what runs goes on to be kept, nobody reads it.
process.stdout.on('error', () => undefined);

const { values: asked } = parseArgs({
  options: { list: { type: 'boolean' }, only: { type: 'string' }, fresh: { type: 'boolean' } },
});
const chosen = choose(asked.only?.split(','));
if (asked.list) for (const { id, breaks } of chosen) say(`${id.padEnd(44)} ${breaks}`);
else process.exitCode = await runAll();

function choose(ids: readonly string[] | undefined): readonly Mutant[] {
  const unknown = ids?.filter((id) => !mutants.some((mutant) => mutant.id === id)) ?? [];
  if (unknown.length > 0) throw new Error(`no such mutant: ${unknown.join(', ')} (--list shows all)`);
  return ids ? mutants.filter(({ id }) => ids.includes(id)) : mutants;
}

async function runAll(): Promise<number> {
  const results = openKeptResults<Result>(join(root, '.tidemark/mutants'));
  if (asked.fresh) results.forgetAll();
  const copies = Array.from({ length: atOnce }, () => makeWorkCopy(root));
  await using resources = new AsyncDisposableStack();
  for (const { folder } of copies) resources.defer(() => rmSync(folder, { recursive: true, force: true }));
  const abandon = (): void => {
    for (const group of runningGroups) endGroup(group);
    for (const { folder } of copies) rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', abandon);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

  const [{ digest, folder }] = copies as [WorkCopy];
  const keyOf = (what: unknown) => createHash('sha256').update(digest).update(JSON.stringify(what)).digest('hex');
  const left = chosen.filter((mutant) => results.find(mutant.id, keyOf(mutant)) === undefined);
  if (left.length < chosen.length) say(`${chosen.length - left.length} of ${chosen.length} are known from before`);

  const files = [...new Set(left.flatMap(({ tests }) => tests))];
  const stack = files.some((file) => needsStack(join(folder, file))) ? await openOneStack(resources) : nowhere;

  const unproven = files.filter((file) => results.find(`unmutated-${file}`, keyOf(file)) === undefined);
  if (unproven.length > 0) {
    say(`${unproven.length} test files without a mutant …`);
    const { outcome, seconds } = await timed(() =>
      runTests({ folder, files: unproven, stack, timeoutMs: unmutatedTimeoutMs }),
    );
    if (outcome.kind !== 'passed') {
      say(`they must pass before anything can be said: ${describe({ outcome, seconds })}`);
      return 1;
    }
    for (const file of unproven) results.keep(`unmutated-${file}`, keyOf(file), { outcome, seconds });
    say(`pass (${seconds.toFixed(1)} s)`);
  }

  const waiting = left.toReversed();
  let done = 0;
  await Promise.all(
    copies.map(async (copy) => {
      for (let mutant = waiting.pop(); mutant; mutant = waiting.pop()) {
        const { id, tests, only } = mutant;
        const run = () => runTests({ folder: copy.folder, files: tests, stack, timeoutMs: mutantTimeoutMs, only });
        const result = await timed(() => copy.withMutant(mutant, run));
        results.keep(id, keyOf(mutant), result);
        done += 1;
        say(
          `${`${done}/${left.length}`.padStart(7)} ${result.seconds.toFixed(1).padStart(5)} s  ${id}: ${describe(result)}`,
        );
      }
    }),
  );

  const found = chosen.map((mutant) => ({ mutant, result: results.find(mutant.id, keyOf(mutant))! }));
  say('');
  for (const { mutant, result } of found) say(`${mutant.id} (${mutant.breaks})\n    ${describe(result)}`);
  const caught = found.filter(({ result }) => isCaught(result)).length;
  say(`\n${caught} of ${found.length} caught`);
  return caught === found.length ? 0 : 1;
}

/** The one in the environment, else a local one of our own. */
async function openOneStack(resources: AsyncDisposableStack): Promise<StackUrls> {
  if (givenStackUrls(process.env) === undefined) say('starting a local stack …');
  const { urls, close } = await openStack(process.env);
  resources.defer(close);
  return urls;
}

async function timed(work: () => Promise<TestOutcome>): Promise<Result> {
  const begun = performance.now();
  const outcome = await work();
  return { outcome, seconds: (performance.now() - begun) / 1_000 };
}

function describe({ outcome }: Result): string {
  switch (outcome.kind) {
    case 'failed':
      return `caught by ${outcome.test}`;
    case 'timed-out':
      return 'caught: timed out';
    case 'passed':
      return 'NOT CAUGHT';
    case 'broken':
      return `NOT CAUGHT, nothing could be tested: ${outcome.why}`;
    default:
      return outcome satisfies never;
  }
}
