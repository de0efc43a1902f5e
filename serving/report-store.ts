// Port: what is kept of reports. They outlive generations and runs.
import type { Problem } from '../runtime/problem.ts';
import type { ReportRun } from '../api/report-schema.ts';
import { clickhouseAway } from './clickhouse-away.ts';

/** As an operator saves it. */
export interface ReportDraft {
  readonly title: string;
  /** The body of POST /v1/query. */
  readonly query: Readonly<Record<string, unknown>>;
  /** null: only when asked for. */
  readonly schedule: string | null;
  readonly tz: string;
}

export interface Report extends ReportDraft {
  readonly name: string;
  /** Sorts as text; greater than those of all earlier versions of the name. */
  readonly version: string;
  readonly savedAt: number;
  /** From here on the schedule holds: saving it again unchanged moves nothing, so that no missed instant is forgotten. */
  readonly scheduledSince: number;
}

/** All of them fail with 503 `reports-away` where the store does not answer. */
export interface ReportStore {
  /** By name, without those that were removed. */
  list(): Promise<Report[]>;
  find(name: string): Promise<Report | undefined>;
  /** A new version, which wins over all before; one that changes nothing is none. */
  save(name: string, draft: ReportDraft): Promise<Report>;
  /** False where there is no such report. */
  remove(name: string): Promise<boolean>;
  /** Written twice it is told once, as what was recorded last. */
  record(run: ReportRun): Promise<void>;
  /** Newest first. */
  runs(name: string, limit: number): Promise<ReportRun[]>;
  /** The newest run of each report. */
  lastRuns(): Promise<ReportRun[]>;
  /** The greatest instant above `after` that a schedule asked for and that is recorded, as written or as failed. */
  lastScheduled(name: string, after: number): Promise<number | undefined>;
}

export function isSameDraft(a: ReportDraft, b: ReportDraft): boolean {
  const text = ({ title, query, schedule, tz }: ReportDraft) => JSON.stringify([title, query, schedule, tz]);
  return text(a) === text(b);
}

/** Since when the schedule of a draft holds, saved now over `before`. */
export function scheduledSince(draft: ReportDraft, before: Report | undefined, nowMs: number): number {
  return before && before.schedule === draft.schedule && before.tz === draft.tz ? before.scheduledSince : nowMs;
}

export function reportsAway(error: unknown): Problem {
  return clickhouseAway('reports-away', 'Reports away', error);
}
