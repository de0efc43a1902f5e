// Looks which reports are due and has them made, one after another. What was handled is known from the store, so that a
// restart forgets nothing: of the instants that passed meanwhile the latest is made up for, the others are counted as
// skipped. A refusal that may pass (503) is tried again with each look for ten minutes; then the instant is recorded as
// failed. Any other refusal is recorded at once.
import type { Logger } from '../runtime/logger.ts';
import { Problem } from '../runtime/problem.ts';
import type { Occasion, ReportMaker } from './report-maker.ts';
import { createReportTimes, type ReportTimes } from './report-schedule.ts';
import type { Report, ReportStore } from './report-store.ts';

export interface ReportSchedulerDependencies {
  readonly store: ReportStore;
  readonly maker: ReportMaker;
  readonly log: Logger;
  readonly clock: () => number;
}

export interface ReportScheduler {
  /** Makes what is due by now. Rejects where the store cannot be read; the next look finds the same. */
  look(): Promise<void>;
}

/** How long what refuses for now is tried again. */
const triedMs = 10 * 60_000;

/** What is remembered of a report between two looks; without it the store is asked. */
interface Followed {
  readonly version: string;
  readonly times: ReportTimes;
  /** All instants up to this one are handled. */
  handled: number;
  /** The first one above it. */
  dueAt: number;
  /** The instant that is tried again, and since when. */
  trying?: { readonly instant: number; readonly since: number };
}

export function createReportScheduler(dependencies: ReportSchedulerDependencies): ReportScheduler {
  const { store, maker, log, clock } = dependencies;
  const openedAt = clock();
  const followed = new Map<string, Followed>();

  function follow(report: Report & { schedule: string }): Followed {
    const known = followed.get(report.name);
    if (known?.version === report.version) return known;
    const times = createReportTimes(report.schedule, report.tz);
    const fresh: Followed = { version: report.version, times, handled: 0, dueAt: 0 };
    handle(fresh, report.scheduledSince);
    followed.set(report.name, fresh);
    return fresh;
  }

  function handle(at: Followed, instant: number): void {
    at.handled = instant;
    at.dueAt = at.times.next(instant) ?? Number.POSITIVE_INFINITY;
  }

  async function attend(report: Report & { schedule: string }): Promise<void> {
    const at = follow(report);
    if (clock() < at.dueAt) return;
    const recorded = await store.lastScheduled(report.name, at.handled);
    if (recorded !== undefined) handle(at, recorded);
    const due = at.times.latest(at.handled, clock());
    if (!due) return;
    const trigger = due.instant < openedAt ? 'made-up' : 'schedule';
    if (await settle(report, at, { ...due, trigger })) handle(at, due.instant);
  }

  /** False where the instant is to be looked at again. */
  async function settle(report: Report, at: Followed, occasion: Occasion): Promise<boolean> {
    const { instant } = occasion;
    if (at.trying?.instant !== instant) at.trying = { instant, since: clock() };
    const { since } = at.trying;
    try {
      return (await maker.make(report, occasion)) !== undefined;
    } catch (error) {
      const mayPass = error instanceof Problem && error.fields.status === 503;
      const code = error instanceof Problem ? error.fields.code : 'internal';
      if (mayPass && clock() - since < triedMs) {
        log.info({ report: report.name, instant, code }, 'a report cannot be made yet');
        return false;
      }
      log.warn({ err: error, report: report.name, instant, code }, 'a report is given up');
      await maker.fail(report, occasion, since, error);
      return true;
    }
  }

  return {
    async look() {
      const scheduled = (await store.list()).filter(hasSchedule);
      const names = new Set(scheduled.map(({ name }) => name));
      for (const name of followed.keys()) if (!names.has(name)) followed.delete(name);
      // One that cannot even be recorded holds up no other.
      const faults: unknown[] = [];
      for (const report of scheduled) await attend(report).catch((fault: unknown) => faults.push(fault));
      if (faults.length > 0) throw faults[0];
    },
  };
}

function hasSchedule(report: Report): report is Report & { schedule: string } {
  return report.schedule !== null;
}
