// Reports of one serving process: their store, their folder, who makes them, and the look each few seconds at what is due.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Logger } from '../runtime/logger.ts';
import type { QueryDependencies } from './answer-query.ts';
import { createClickHouseReportStore } from './clickhouse-report-store.ts';
import { startPolling } from './polling.ts';
import { openReportFolder, type ReportFolder } from './report-folder.ts';
import { createReportMaker, type ReportMaker } from './report-maker.ts';
import { createReportScheduler } from './report-scheduler.ts';
import type { ReportStore } from './report-store.ts';

export interface Reports {
  readonly store: ReportStore;
  readonly folder: ReportFolder;
  readonly maker: ReportMaker;
}

export interface ReportsDependencies extends QueryDependencies {
  readonly clickhouse: ClickHouse;
  readonly reportsDir: string;
  readonly log: Logger;
  readonly random: () => number;
}

const lookMs = 5_000;

export function openReports(dependencies: ReportsDependencies): Reports & AsyncDisposable {
  const { clickhouse, reportsDir, log, clock, random } = dependencies;
  const store = createClickHouseReportStore({ clickhouse, clock, random });
  const folder = openReportFolder(reportsDir, clock);
  const maker = createReportMaker({ query: dependencies, store, folder, log, clock });
  const scheduler = createReportScheduler({ store, maker, log, clock });
  const started = folder.removeLeftOver().then(
    (left) => left.length > 0 && log.info({ left }, 'what a crash left of reports is removed'),
    (err: unknown) => log.warn({ err }, 'the folder of the reports cannot be read'),
  );
  let away = false;
  const polling = startPolling({
    everyMs: lookMs,
    async look() {
      await started;
      await scheduler.look();
      away = false;
    },
    onFault(err) {
      if (!away) log.warn({ err }, 'what reports are due cannot be read');
      away = true;
    },
  });
  return {
    store,
    folder,
    maker,
    async [Symbol.asyncDispose]() {
      maker[Symbol.dispose]();
      await polling[Symbol.asyncDispose]();
    },
  };
}
