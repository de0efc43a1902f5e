// Makes one report: its query is answered, written to the folder and recorded. One at a time, whoever asks for it, so that
// reports never crowd out those who wait for an answer.
import { overloaded, serviceClosing } from '../runtime/http-server.ts';
import type { Logger } from '../runtime/logger.ts';
import { Problem } from '../runtime/problem.ts';
import { type Answer, answerQuery, type QueryDependencies } from './answer-query.ts';
import { csvPieces } from './answer-text.ts';
import type { ReportFolder } from './report-folder.ts';
import { parseReportQuery } from './report-parse.ts';
import type { FailedRun, ReportRun, ReportUnderway, WrittenRun } from '../api/report-schema.ts';
import type { Report, ReportStore } from './report-store.ts';

/** Why a report is made: relative ranges are told from `instant`. */
export interface Occasion {
  readonly instant: number;
  readonly trigger: ReportRun['trigger'];
  readonly skipped: number;
}

export interface ReportMaker extends Disposable {
  /**
   * undefined where another process is about to write the file. A file that is there already is recorded as what it is.
   * @throws Problem: nothing is written then, or it is written and not recorded; making it again settles that.
   */
  make(report: Report, occasion: Occasion): Promise<ReportRun | undefined>;
  /** Records that it was given up; where its file is written all the same, that. */
  fail(report: Report, occasion: Occasion, startedAt: number, problem: unknown): Promise<ReportRun>;
  /** What this process is about to make of a report, or waits to make; the first of them. */
  underway(report: string): ReportUnderway | undefined;
  /** What this process has recorded since its start. */
  recorded(): Readonly<Record<ReportRun['outcome'], number>>;
}

export interface ReportMakerDependencies {
  readonly query: QueryDependencies;
  readonly store: ReportStore;
  readonly folder: ReportFolder;
  readonly log: Logger;
  readonly clock: () => number;
  /** Files that are kept of a report. */
  readonly keepFiles?: number;
  readonly timeoutMs?: number;
}

const maxWaiting = 20;

interface Making {
  readonly report: Report;
  readonly occasion: Occasion;
  readonly since: number;
  step: ReportUnderway['step'];
}

export function createReportMaker(dependencies: ReportMakerDependencies): ReportMaker {
  const { query, store, folder, log, clock, keepFiles = 400, timeoutMs = 120_000 } = dependencies;
  const closing = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const counts = { written: 0, failed: 0 };
  const makings = new Set<Making>();

  async function record(run: ReportRun): Promise<void> {
    await store.record(run);
    counts[run.outcome] += 1;
  }

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= maxWaiting) throw overloaded(`${maxWaiting} reports wait to be made`);
    waiting += 1;
    const turn = last.then(work).finally(() => (waiting -= 1));
    last = turn.catch(() => undefined);
    return turn;
  }

  async function makeNow(making: Making): Promise<ReportRun | undefined> {
    const { report, occasion } = making;
    const startedAt = clock();
    making.step = 'answering';
    closing.signal.throwIfAborted();
    const file = fileOf(occasion);
    const there = () => whatIsThere(report, occasion, startedAt, file);
    const run = (await there()) ?? (await writeNew(making, startedAt, file)) ?? (await there());
    if (run === undefined) return undefined;
    await record(run);
    const removed = await folder.removeOld(report.name, keepFiles);
    if (removed.length > 0) log.info({ report: report.name, removed }, `only the newest ${keepFiles} files are kept`);
    return run;
  }

  /** undefined where another process owns the instant. */
  async function writeNew(making: Making, startedAt: number, file: string) {
    const { report, occasion } = making;
    const parsed = parseReportQuery(report.query, query.generation);
    // What is relative to now is told from the instant that the report is of, however late it is made.
    const answer = await within(answerQuery({ ...query, clock: () => occasion.instant }, parsed));
    making.step = 'writing';
    const left = await folder.removeLeftOver(report.name);
    if (left.length > 0) log.info({ report: report.name, left }, 'what a crash left of a report is removed');
    return folder.write(report.name, file, csvPieces(answer, parsed), (written) => ({
      ...headOf(report, occasion, startedAt),
      outcome: 'written',
      file,
      rows: answer.rows.length,
      ...written,
      ...standingOf(answer),
    }));
  }

  async function whatIsThere(report: Report, occasion: Occasion, startedAt: number, file: string) {
    const made = await folder.made(report.name, file);
    if (made !== null) return made;
    return failure(report, occasion, startedAt, {
      code: 'report-unreadable',
      detail: `${file} is there, and what lies beside it cannot be read`,
    });
  }

  /** The answer, unless it takes too long or the process ends. */
  async function within(answer: Promise<Answer>): Promise<Answer> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(tooSlow(timeoutMs)), timeoutMs);
    const end = () => reject(serviceClosing());
    closing.signal.addEventListener('abort', end);
    try {
      return await Promise.race([answer, promise]);
    } finally {
      clearTimeout(timer);
      closing.signal.removeEventListener('abort', end);
    }
  }

  function headOf(report: Report, { instant, trigger, skipped }: Occasion, startedAt: number) {
    const [at, started, finished] = [instant, startedAt, clock()].map((ms) => new Date(ms).toISOString());
    return { report: report.name, instant: at!, trigger, skipped, startedAt: started!, finishedAt: finished! };
  }

  function failure(report: Report, occasion: Occasion, startedAt: number, why: { code: string; detail: string }) {
    return { ...headOf(report, occasion, startedAt), outcome: 'failed', ...why } satisfies FailedRun;
  }

  return {
    async make(report, occasion) {
      const making: Making = { report, occasion, since: clock(), step: 'waiting' };
      makings.add(making);
      return inTurn(() => makeNow(making)).finally(() => makings.delete(making));
    },
    async fail(report, occasion, startedAt, error) {
      const {
        code,
        title,
        detail = title,
      } = error instanceof Problem ? error.fields : { code: 'internal', title: 'a fault: see the log of serving' };
      const made = await folder.made(report.name, fileOf(occasion)).catch(() => undefined);
      const run = made ?? failure(report, occasion, startedAt, { code, detail: detail.slice(0, 500) });
      await record(run);
      return run;
    },
    underway(name) {
      const making = [...makings].find(({ report }) => report.name === name);
      if (!making) return undefined;
      const { occasion, since, step } = making;
      const [instant, sinceText] = [occasion.instant, since].map((ms) => new Date(ms).toISOString());
      return { instant: instant!, trigger: occasion.trigger, since: sinceText!, step };
    },
    recorded: () => counts,
    [Symbol.dispose]: () => closing.abort(serviceClosing()),
  };
}

/** Schedules are of whole minutes, so their files cannot meet those that were asked for. */
function fileOf({ instant, trigger }: Occasion): string {
  const text = new Date(instant).toISOString().replaceAll(/[-:]/g, '');
  return `${trigger === 'operator' ? text : text.replace(/\.\d{3}/, '')}.csv`;
}

function standingOf({ query, currencies, provenance }: Answer) {
  const { generation, run, token, vector, deferredRecords, notes } = provenance;
  const standing = { generation, run, token, vector: [...vector], deferredRecords, notes: [...notes] };
  return { query, currencies, ...standing } satisfies Partial<WrittenRun>;
}

function tooSlow(timeoutMs: number): Problem {
  return new Problem({
    code: 'report-timeout',
    status: 503,
    title: 'Report timeout',
    detail: `the query of the report was not answered within ${timeoutMs / 1_000} s`,
    retryAfterSeconds: 5,
  });
}
