// Reports in ClickHouse: a row a version, a row a run; nothing is updated in place. The newest version of a name counts,
// and may say that it is removed.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import { createRunId } from '../schemas/run-id.ts';
import type { ReportRun } from '../api/report-schema.ts';
import {
  isSameDraft,
  type Report,
  type ReportDraft,
  type ReportStore,
  reportsAway,
  scheduledSince,
} from './report-store.ts';

interface VersionRow {
  readonly name: string;
  readonly version: string;
  readonly removed: 0 | 1;
  readonly title: string;
  readonly query: string;
  readonly schedule: string;
  readonly tz: string;
  readonly savedAt: string;
  readonly scheduledSince: string;
}

interface RunRow {
  readonly told: string;
}

export interface ClickHouseReportStoreDependencies {
  readonly clickhouse: ClickHouse;
  readonly clock: () => number;
  readonly random: () => number;
}

const timeoutMs = 20_000;

export function createClickHouseReportStore(dependencies: ClickHouseReportStoreDependencies): ReportStore {
  const { clickhouse, clock, random } = dependencies;
  const asked = <T>(work: Promise<T>) =>
    work.catch((error: unknown) => {
      throw reportsAway(error);
    });
  const select = <Row>(sql: string, params: Readonly<Record<string, unknown>> = {}) =>
    asked(clickhouse.query<Row>(sql, params, { timeoutMs }));
  const insert = (table: string, row: object) => asked(clickhouse.insertRows(table, [row]));

  async function newest(name: string): Promise<VersionRow | undefined> {
    const rows = await select<VersionRow>(
      `SELECT * FROM ${tables.reports} WHERE name = {name:String} ORDER BY version DESC LIMIT 1`,
      { name },
    );
    return rows[0];
  }

  const isKept = (row: VersionRow | undefined): row is VersionRow => row !== undefined && row.removed === 0;

  async function runsOf(sql: string, params: Readonly<Record<string, unknown>>): Promise<ReportRun[]> {
    const rows = await select<RunRow>(sql, params);
    return rows.map(({ told }) => JSON.parse(told) as ReportRun);
  }

  return {
    async list() {
      const rows = await select<VersionRow>(
        `SELECT * FROM (SELECT * FROM ${tables.reports} ORDER BY name, version DESC LIMIT 1 BY name) WHERE removed = 0 ORDER BY name`,
      );
      return rows.map(reportOf);
    },
    async find(name) {
      const row = await newest(name);
      return isKept(row) ? reportOf(row) : undefined;
    },
    async save(name, draft) {
      const row = await newest(name);
      const before = isKept(row) ? reportOf(row) : undefined;
      if (before && isSameDraft(before, draft)) return before;
      const nowMs = clock();
      const report: Report = {
        name,
        ...draft,
        version: createRunId(row?.version ?? '', nowMs, random() * 2 ** 32),
        savedAt: nowMs,
        scheduledSince: scheduledSince(draft, before, nowMs),
      };
      await insert(tables.reports, rowOf(report, 0));
      return report;
    },
    async remove(name) {
      const row = await newest(name);
      if (!isKept(row)) return false;
      const nowMs = clock();
      const version = createRunId(row.version, nowMs, random() * 2 ** 32);
      await insert(tables.reports, rowOf({ ...reportOf(row), version, savedAt: nowMs }, 1));
      return true;
    },
    record: (run) =>
      insert(tables.reportRuns, {
        name: run.report,
        instant: Date.parse(run.instant),
        scheduled: run.trigger === 'operator' ? 0 : 1,
        outcome: run.outcome,
        recordedAt: clock(),
        told: JSON.stringify(run),
      }),
    runs: (name, limit) =>
      runsOf(
        `SELECT told FROM ${tables.reportRuns} WHERE name = {name:String}
         ORDER BY instant DESC, scheduled, recordedAt DESC LIMIT 1 BY instant, scheduled LIMIT {limit:UInt32}`,
        { name, limit },
      ),
    lastRuns: () =>
      runsOf(
        `SELECT argMax(told, (instant, recordedAt)) AS told FROM ${tables.reportRuns} GROUP BY name ORDER BY name`,
        {},
      ),
    async lastScheduled(name, after) {
      const rows = await select<{ last: string }>(
        `SELECT max(instant) AS last FROM ${tables.reportRuns}
         WHERE name = {name:String} AND instant > {after:Int64} AND scheduled = 1 HAVING count() > 0`,
        { name, after },
      );
      return rows[0] && Number(rows[0].last);
    },
  };
}

function reportOf({ name, version, title, query, schedule, tz, savedAt, scheduledSince: since }: VersionRow): Report {
  return {
    name,
    version,
    title,
    query: JSON.parse(query) as ReportDraft['query'],
    schedule: schedule === '' ? null : schedule,
    tz,
    savedAt: Number(savedAt),
    scheduledSince: Number(since),
  };
}

function rowOf(report: Report, removed: 0 | 1): object {
  return { ...report, removed, query: JSON.stringify(report.query), schedule: report.schedule ?? '' };
}
