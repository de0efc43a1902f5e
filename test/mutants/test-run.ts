// Runs test files in a folder with Vitest, up to the first failure, and reads its JSON report.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { StackUrls } from '../../stack/stack-urls.ts';

export type TestOutcome =
  | { readonly kind: 'passed' }
  /** The first test that failed, by file and full name. */
  | { readonly kind: 'failed'; readonly test: string; readonly why: string }
  | { readonly kind: 'timed-out' }
  /** No test said anything: a file could not be loaded, a hook failed. */
  | { readonly kind: 'broken'; readonly why: string };

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

/** Groups of processes that run now, to be ended with this one. */
export const runningGroups = new Set<number>();

export interface TestRunOptions {
  readonly folder: string;
  readonly files: readonly string[];
  readonly stack: StackUrls;
  readonly timeoutMs: number;
  /** A part of the names of the tests that are run; all without it. */
  readonly only?: string | undefined;
}

export async function runTests({ folder, files, stack, timeoutMs, only }: TestRunOptions): Promise<TestOutcome> {
  const reportFile = join(folder, '.tidemark/report.json');
  rmSync(reportFile, { force: true });
  const reporting = ['--bail=1', '--reporter=json', `--outputFile=${reportFile}`];
  const chosen = only === undefined ? files : [...files, '-t', RegExp.escape(only)];
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...reporting, ...chosen], {
    cwd: folder,
    env: {
      ...process.env,
      TIDEMARK_KAFKA_BROKERS: stack.kafkaBrokers,
      TIDEMARK_REDIS_URL: stack.redisUrl,
      TIDEMARK_CLICKHOUSE_URL: stack.clickhouseUrl,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output = (output + text.toString()).slice(-4_000)));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', reject);
  child.once('close', () => resolve());
  const group = child.pid;
  if (group !== undefined) runningGroups.add(group);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    if (group !== undefined) endGroup(group);
  }, timeoutMs);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    if (group !== undefined) runningGroups.delete(group);
  }
  return timedOut ? { kind: 'timed-out' } : readReport(reportFile, folder, output);
}

export function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function readReport(reportFile: string, folder: string, output: string): TestOutcome {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  } catch {
    return { kind: 'broken', why: `Vitest wrote no report: ${output.trim()}` };
  }
  let passed = 0;
  for (const { name, assertionResults } of report.testResults) {
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status === 'passed') passed += 1;
      if (status !== 'failed') continue;
      const why = firstLine(failureMessages?.[0] ?? '');
      return { kind: 'failed', test: `${relative(folder, name)}: ${fullName.trim()}`, why };
    }
  }
  const failed = report.testResults.find(({ status }) => status === 'failed');
  if (failed) return { kind: 'broken', why: `${relative(folder, failed.name)}: ${firstLine(failed.message)}` };
  return passed > 0 ? { kind: 'passed' } : { kind: 'broken', why: `no test ran: ${output.trim()}` };
}

const firstLine = (text: string) => text.trim().split('\n')[0]!.slice(0, 300);
