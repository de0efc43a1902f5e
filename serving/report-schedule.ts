// When a report is due: a five-field cron expression in a time zone, read and matched by node-cron. Its day fields choose
// local days (both must match); on such a day each local time counts once. Where the clock skips it, the report is due at
// the moment of the skip; where the clock is turned back, the first time only. With every hour (`*`) there is nothing to
// make up for: it is due whenever the clock of the zone shows that minute, twice where that comes twice. Pure.
import cron from 'node-cron';
import { createLocalClock, dayMs } from './local-time.ts';

/** What is due, and how many earlier instants since `after` are passed over for it, at most `mostSkipped`. */
interface Due {
  readonly instant: number;
  readonly skipped: number;
}

export interface ReportTimes {
  /** The latest instant in (after, atMost]. */
  latest(after: number, atMost: number): Due | undefined;
  /** The first instant above `after`; undefined where there is none within five years. */
  next(after: number): number | undefined;
  /** That one, and those after it within a year. */
  upcoming(after: number, most: number): number[];
}

export const mostSkipped = 1_000;
const yearDays = 366;
const searchedDays = 5 * yearDays;

const fieldWords: Readonly<Record<string, readonly [name: string, bounds: string]>> = {
  minute: ['minute', '0 to 59'],
  hour: ['hour', '0 to 23'],
  dayOfMonth: ['day of the month', '1 to 31'],
  month: ['month', '1 to 12'],
  dayOfWeek: ['day of the week', '0 to 7'],
};

/** undefined where it is a schedule; else what is wrong with it. */
export function faultOfSchedule(expression: string): string | undefined {
  if (expression.trim().split(/\s+/).length !== 5) return 'it does not have five fields';
  const [fault] = cron.validateDetailed(expression).errors;
  if (!fault) return undefined;
  const { field, value = '', message } = fault;
  const [name, bounds] = fieldWords[field] ?? [];
  if (!name) return message;
  return /^\d+$/.test(value)
    ? `the ${name} must be ${bounds}, not ${value}`
    : `the ${name} is not understood: ${value}`;
}

/** @throws where `expression` is no schedule or `tz` no time zone. */
export function createReportTimes(expression: string, tz: string): ReportTimes {
  const { hour: hours, minute: minutes } = cron.parse(expression);
  const [, hourField, ...dayFields] = expression.trim().split(/\s+/);
  const everyHour = hourField === '*';
  // Never started: it only matches days, which it is asked for as if they were days in UTC.
  const days = cron.createTask(['0', '0', ...dayFields].join(' '), () => undefined, { timezone: 'UTC' });
  void days.destroy();
  const clock = createLocalClock(tz);

  /** In order; `dayAt` is the local midnight. */
  function instantsOf(dayAt: number): number[] {
    if (!days.match(new Date(dayAt))) return [];
    const locals = hours.flatMap((hour) => minutes.map((minute) => dayAt + (hour * 60 + minute) * 60_000));
    const offsets = [...new Set([clock.offsetAt(dayAt - dayMs), clock.offsetAt(dayAt + 2 * dayMs)])];
    const shown = (local: number) =>
      offsets.map((offset) => local - offset).filter((at) => clock.localOf(at) === local);
    const instants = everyHour ? locals.flatMap(shown) : locals.map((local) => clock.instantOf(local));
    return [...new Set(instants)].toSorted((a, b) => a - b);
  }

  const dayOf = (at: number) => Math.floor(clock.localOf(at) / dayMs) * dayMs;

  function upcoming(after: number, most: number): number[] {
    const found: number[] = [];
    const first = dayOf(after) - dayMs;
    let last = first + searchedDays * dayMs;
    for (let day = first; day <= last && found.length < most; day += dayMs) {
      const later = instantsOf(day).filter((at) => at > (found.at(-1) ?? after));
      if (found.length === 0 && later.length > 0) last = day + yearDays * dayMs;
      found.push(...later.slice(0, most - found.length));
    }
    return found;
  }

  return {
    latest(after, atMost) {
      let instant: number | undefined;
      let skipped = 0;
      // A day more at both ends: an instant may lie on another local day than its local time.
      const first = Math.max(dayOf(after) - dayMs, dayOf(atMost) - searchedDays * dayMs);
      for (let day = dayOf(atMost) + dayMs; day >= first; day -= dayMs) {
        for (const at of instantsOf(day).toReversed()) {
          if (at > atMost || at <= after) continue;
          if (instant !== undefined) skipped += 1;
          instant ??= at;
          if (skipped === mostSkipped) return { instant, skipped };
        }
      }
      return instant === undefined ? undefined : { instant, skipped };
    },
    next: (after) => upcoming(after, 1)[0],
    upcoming,
  };
}
