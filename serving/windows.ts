// Windows in a time zone. A grid is the windows over a range, packed as segments in
// which all windows are equally long, so that ClickHouse and TypeScript place a row by the same plain arithmetic.
//
// minute, 15m and hour follow the local clock and are cut where the offset changes: an hour that is repeated is two
// windows, and where clocks move by half an hour one window is half an hour long. Days and longer begin at the first
// instant of the local date: a day has 23, 24 or 25 hours (or 23.5, 24.5).
import { type WeekDay, weekDays, type WindowName } from '../api/query-names.ts';
import { createLocalClock, dayMs, type LocalClock } from './local-time.ts';

/** Segment i holds windows of `steps[i]` ms from `starts[i]` on; the next segment or `end` cuts its last one. */
export interface Grid {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly end: number;
}

const clockSteps: Readonly<Partial<Record<WindowName, number>>> = { minute: 60_000, '15m': 900_000, hour: 3_600_000 };

/** The windows that meet [from, to), whole ones: the first may begin before `from`, the last end after `to`. */
export function gridOf(window: WindowName, tz: string, from: number, to: number, weekStart: WeekDay = 'monday'): Grid {
  const clock = createLocalClock(tz);
  const step = clockSteps[window];
  return step === undefined ? calendarGrid(window, clock, from, to, weekStart) : clockGrid(step, clock, from, to);
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

export interface WindowSpan {
  readonly start: number;
  readonly end: number;
}

/** How many windows of the grid meet [from, to). */
export function countWindows(grid: Grid, from: number, to: number): number {
  let count = 0;
  for (const [i, start] of grid.starts.entries()) {
    const step = grid.steps[i]!;
    const first = Math.max(0, Math.floor((from - start) / step));
    const last = Math.ceil((Math.min(to, grid.starts[i + 1] ?? grid.end) - start) / step);
    count += Math.max(0, last - first);
  }
  return count;
}

/** The windows of the grid that meet [from, to), whole ones, in order. */
export function* windowsIn(grid: Grid, from: number, to: number): Generator<WindowSpan> {
  for (let start = windowStartOf(grid, from); start < to; ) {
    const end = windowEndOf(grid, start);
    yield { start, end };
    start = end;
  }
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

function clockGrid(step: number, clock: LocalClock, from: number, to: number): Grid {
  const starts: number[] = [];
  const steps: number[] = [];
  let at = from;
  let changedAt = clock.transition(from + 1, 'previous') ?? Number.NEGATIVE_INFINITY;
  let end = from;
  while (at < to) {
    const offset = clock.offsetAt(at);
    const aligned = Math.floor((at + offset) / step) * step - offset;
    const next = clock.transition(at, 'next') ?? Number.POSITIVE_INFINITY;
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

function calendarGrid(window: WindowName, clock: LocalClock, from: number, to: number, weekStart: WeekDay): Grid {
  let date = calendarStart(window, clock.localOf(from), weekStart);
  let start = clock.instantOf(date);
  const starts: number[] = [];
  const steps: number[] = [];
  while (start < to) {
    date = nextDate(window, date);
    const next = clock.instantOf(date);
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

/** The local date on which the window begins that holds the local time. */
export function calendarStart(window: WindowName, localMs: number, weekStart: WeekDay): number {
  const day = Math.floor(localMs / dayMs) * dayMs;
  const date = new Date(day);
  switch (window) {
    case 'week':
      return day - ((date.getUTCDay() + 7 - weekDays.indexOf(weekStart)) % 7) * dayMs;
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
