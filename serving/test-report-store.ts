// Reports in memory, for tests: what the contract of the port says, and nothing that outlives the process.
import { createRunId } from '../schemas/run-id.ts';
import type { ReportRun } from '../api/report-schema.ts';
import { isSameDraft, type Report, type ReportStore, scheduledSince } from './report-store.ts';

export function createMemoryReportStore(clock: () => number): ReportStore {
  const reports = new Map<string, Report>();
  const recorded = new Map<string, ReportRun>();
  const instantOf = (run: ReportRun) => Date.parse(run.instant);
  const runs = (name: string) =>
    [...recorded.values()].filter(({ report }) => report === name).toSorted((a, b) => instantOf(b) - instantOf(a));
  return {
    list: async () => [...reports.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    find: async (name) => reports.get(name),
    async save(name, draft) {
      const before = reports.get(name);
      if (before && isSameDraft(before, draft)) return before;
      const nowMs = clock();
      const version = createRunId(before?.version ?? '', nowMs, 0);
      const report = { name, ...draft, version, savedAt: nowMs, scheduledSince: scheduledSince(draft, before, nowMs) };
      reports.set(name, report);
      return report;
    },
    remove: async (name) => reports.delete(name),
    async record(run) {
      recorded.set(JSON.stringify([run.report, run.instant, run.trigger === 'operator']), run);
    },
    runs: async (name, limit) => runs(name).slice(0, limit),
    lastRuns: async () =>
      [...new Set([...recorded.values()].map(({ report }) => report))].map((name) => runs(name)[0]!),
    async lastScheduled(name, after) {
      const instants = runs(name)
        .filter(({ trigger }) => trigger !== 'operator')
        .map(instantOf);
      const last = instants[0];
      return last !== undefined && last > after ? last : undefined;
    },
  };
}
