// Windows in a time zone: the one place of zone arithmetic. A grid is the windows over a range, packed as segments in
// which all windows are equally long, so that ClickHouse and TypeScript place a row by the same plain arithmetic.
//
// minute, 15m and hour follow the local clock and are cut where the offset changes: an hour that is repeated is two
// windows, and where clocks move by half an hour one window is half an hour long. Days and longer begin at the first
// instant of the local date: a day has 23, 24 or 25 hours (or 23.5, 24.5).
import { Temporal } from 'temporal-polyfill';

export const windowNames = ['minute', '15m', 'hour', 'day', 'week', 'month', 'year'] as const;
export type WindowName = (typeof windowNames)[number];

/** Segment i holds windows of `steps[i]` ms from `starts[i]` on; the next segment or `end` cuts its last one. */
export interface Grid {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly end: number;
}

const clockSteps: Readonly<Partial<Record<WindowName, number>>> = { minute: 60_000, '15m': 900_000, hour: 3_600_000 };

export function isTimeZone(text: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text);
    return /^[A-Za-z]/.test(text);
  } catch {
    return false;
  }
}

/** The windows that meet [from, to), whole ones: the first may begin before `from`, the last end after `to`. */
export function gridOf(window: WindowName, tz: string, from: number, to: number): Grid {
  const step = clockSteps[window];
  return step === undefined ? calendarGrid(window, tz, from, to) : clockGrid(step, tz, from, to);
}

/** Longer than any range; whole minutes. */
export const wholeTimeMs = 1e9 * 60_000;

/** One window, for a total over the range. */
export function totalGrid(from: number, to: number): Grid {
  return { starts: [from], steps: [wholeTimeMs], end: to };
}

/** Start of the window that `at` falls into; `at` must lie within the grid. */
export function windowStartOf(grid: Grid, at: number): number {
  const segment = segmentOf(grid, at);
  const start = grid.starts[segment]!;
  const step = grid.steps[segment]!;
  return start + Math.floor((at - start) / step) * step;
}

/** End of the window that begins at `start`. */
export function windowEndOf(grid: Grid, start: number): number {
  const segment = segmentOf(grid, start);
  return Math.min(start + grid.steps[segment]!, grid.starts[segment + 1] ?? grid.end);
}

/** Which segment `at` falls into. */
export function segmentOf(grid: Grid, at: number): number {
  let low = 0;
  let high = grid.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (grid.starts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

function clockGrid(step: number, tz: string, from: number, to: number): Grid {
  const starts: number[] = [];
  const steps: number[] = [];
  let at = from;
  let changedAt = transition(from + 1, tz, 'previous') ?? Number.NEGATIVE_INFINITY;
  let end = from;
  while (at < to) {
    const offset = offsetAt(at, tz);
    const aligned = Math.floor((at + offset) / step) * step - offset;
    const next = transition(at, tz, 'next') ?? Number.POSITIVE_INFINITY;
    let first = aligned;
    if (aligned < changedAt) {
      // The offset changed within a window: what is left of it stands for itself.
      first = aligned + step;
      starts.push(changedAt);
      steps.push(first - changedAt);
    }
    if (first < next && (first < to || starts.length === 0)) {
      starts.push(first);
      steps.push(step);
    }
    end = Math.min(first + Math.max(0, Math.ceil((to - first) / step)) * step, next);
    at = changedAt = next;
  }
  return { starts, steps, end: Math.max(end, to) };
}

function calendarGrid(window: WindowName, tz: string, from: number, to: number): Grid {
  const startOf = createDayStarts(tz);
  let date = firstDate(window, from + offsetAt(from, tz));
  let start = startOf(date);
  const starts: number[] = [];
  const steps: number[] = [];
  while (start < to) {
    date = nextDate(window, date);
    const next = startOf(date);
    const step = next - start;
    // Where the zone skipped a whole date (Samoa, 2011) two dates begin at one instant: no window lies between.
    if (step > 0 && steps.at(-1) !== step) {
      starts.push(start);
      steps.push(step);
    }
    start = next;
  }
  return { starts, steps, end: start };
}

// Local dates are held as the UTC milliseconds of their midnight.
const dayMs = 86_400_000;

/** The date on which the window begins that holds the local time. */
function firstDate(window: WindowName, localMs: number): number {
  const day = Math.floor(localMs / dayMs) * dayMs;
  const date = new Date(day);
  switch (window) {
    case 'week':
      return day - ((date.getUTCDay() + 6) % 7) * dayMs;
    case 'month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    case 'year':
      return Date.UTC(date.getUTCFullYear(), 0, 1);
    case 'minute':
    case '15m':
    case 'hour':
    case 'day':
      return day;
    default:
      return window satisfies never;
  }
}

function nextDate(window: WindowName, day: number): number {
  const date = new Date(day);
  if (window === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  if (window === 'year') return Date.UTC(date.getUTCFullYear() + 1, 0, 1);
  return day + (window === 'week' ? 7 : 1) * dayMs;
}

/** First instants of dates asked in order: by the offset while it does not change, else by Temporal (80 times slower). */
function createDayStarts(tz: string): (date: number) => number {
  let offset = 0;
  let sureFrom = Number.POSITIVE_INFINITY;
  let sureTo = Number.NEGATIVE_INFINITY;
  return (date) => {
    const plain = date - offset;
    if (plain >= sureFrom && plain < sureTo) return plain;
    const start = startOfLocalDate(new Date(date).toISOString().slice(0, 10), tz)!;
    offset = offsetAt(start, tz);
    sureFrom = start;
    sureTo = (transition(start, tz, 'next') ?? Number.POSITIVE_INFINITY) - dayMs;
    return start;
  };
}

function zoned(at: number, tz: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(tz);
}

function offsetAt(at: number, tz: string): number {
  return zoned(at, tz).offsetNanoseconds / 1e6;
}

function transition(at: number, tz: string, direction: 'next' | 'previous'): number | undefined {
  return zoned(at, tz).getTimeZoneTransition(direction)?.epochMilliseconds;
}

/** First instant of a local date `YYYY-MM-DD`; undefined where there is no such date. */
export function startOfLocalDate(text: string, tz: string): number | undefined {
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toZonedDateTime(tz).epochMilliseconds;
  } catch {
    return undefined;
  }
}

/** Milliseconds of an ISO 8601 instant with offset; undefined where it is none or is finer than a millisecond. */
export function instantOf(text: string): number | undefined {
  try {
    const instant = Temporal.Instant.from(text);
    return instant.epochNanoseconds % 1_000_000n === 0n ? instant.epochMilliseconds : undefined;
  } catch {
    return undefined;
  }
}

/** ISO 8601 with the zone's offset, to the second, or to the millisecond where there are any. */
export function formatInstant(at: number, tz: string): string {
  const fractionalSecondDigits = at % 1_000 === 0 ? 0 : 3;
  return zoned(at, tz).toString({ timeZoneName: 'never', fractionalSecondDigits });
}
