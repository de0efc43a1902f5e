// `compare`: which range and which windows are held against those of the query. Each window is shifted by one span on the
// local clock, so Monday meets Monday and 03:00 meets 03:00 also where clocks change between. Pure.
//
// A window never meets more than one of its own length: of February against January, the 29th meets the 29th and no window
// meets the 30th and 31st of January, which `leftOut` names. A window without a match (29 February a year ago, an hour
// that the clock skipped, one that begins after now) meets nothing.
import type { CompareName } from '../api/query-names.ts';
import { dayMs, type LocalClock } from './local-time.ts';
import type { Query } from './query.ts';
import { type AskedRange, rangeSpans, shiftBack, shiftDayBack, type Span, startingDay } from './relative-range.ts';
import { calendarStart, type Grid, windowsIn, type WindowSpan } from './windows.ts';

export interface Comparison {
  readonly from: number;
  readonly to: number;
  readonly grid: Grid;
  /** Windows of then, by the start of the window that they are held against (as in the grid of the present). */
  readonly windows: ReadonlyMap<number, WindowSpan>;
  /** The inverse: start of the present window by the start of then's. */
  readonly presentOf: ReadonlyMap<number, number>;
  readonly leftOut: readonly WindowSpan[];
}

/** `to`: where the present ends, now where the range is open or goes on beyond. */
export interface ComparedRange {
  readonly from: number;
  readonly to: number;
  readonly grid: Grid;
}

export function compareWith(query: Query, asked: AskedRange, present: ComparedRange, clock: LocalClock): Comparison {
  const span = spanOf(query, asked, present, clock);
  const from = shiftDayBack(clock, present.from, span);
  // A range that has not begun meets nothing.
  const end = present.to > present.from ? shiftDayBack(clock, present.to, span, 'next') : from;
  const shift = goesByClock(query) ? shiftBack : shiftDayBack;
  const to = query.compare === 'previous' ? Math.min(end, present.from) : end;
  const windows = new Map<number, WindowSpan>();
  const presentOf = new Map<number, number>();
  const leftOut: WindowSpan[] = [];
  const [starts, steps]: [number[], number[]] = [[], []];
  const add = (start: number, stop: number, apart: boolean) => {
    if (apart || steps.at(-1) !== stop - start) {
      starts.push(start);
      steps.push(stop - start);
    }
  };
  let at = from;
  let apart = true;
  for (const window of windowsIn(present.grid, present.from, present.to)) {
    const start = Math.max(at, shift(clock, Math.max(window.start, present.from), span));
    const shifted = shift(clock, Math.min(window.end, present.to), span, 'next');
    const stop = Math.min(shifted, to, longestEnd(query, start, window, clock));
    if (stop <= start) continue;
    if (start > at) {
      leftOut.push({ start: at, end: start });
      add(at, start, true);
      apart = true;
    }
    add(start, stop, apart);
    apart = false;
    windows.set(window.start, { start, end: stop });
    presentOf.set(start, window.start);
    at = stop;
  }
  if (at < to) {
    leftOut.push({ start: at, end: to });
    add(at, to, true);
  }
  return { from, to: Math.max(at, to), grid: { starts, steps, end: Math.max(at, to) }, windows, presentOf, leftOut };
}

/** Whether its windows are those of the clock, not of the calendar. */
function goesByClock({ window }: Query): boolean {
  return window === 'minute' || window === '15m' || window === 'hour';
}

/** Where a window of then ends at the latest, so that it is not longer than the one it is held against. */
function longestEnd({ window }: Query, start: number, present: WindowSpan, clock: LocalClock): number {
  switch (window) {
    case undefined:
    case 'month':
    case 'year':
      return Number.POSITIVE_INFINITY;
    case 'day':
    case 'week':
      return clock.instantOf(clock.localOf(start) + (window === 'day' ? 1 : 7) * dayMs);
    case 'minute':
    case '15m':
    case 'hour':
      return start + (present.end - present.start);
    default:
      return window satisfies never;
  }
}

const agoSpans: Readonly<Record<Exclude<CompareName, 'previous'>, Span>> = {
  'day-ago': { unit: 'days', count: 1 },
  'week-ago': { unit: 'days', count: 7 },
  'year-ago': { unit: 'months', count: 12 },
};

/** Previous: as long as the range on the calendar, in whole months or days where both ends are such, else in time. */
function spanOf(query: Query, asked: AskedRange, { from, to }: ComparedRange, clock: LocalClock): Span {
  const { compare = 'previous', last, range, weekStart } = query;
  if (compare !== 'previous') return agoSpans[compare];
  if (last) return last.span;
  if (range) return rangeSpans[range];
  const first = startingDay(clock, from);
  if (first === undefined) return { unit: 'ms', count: (asked.to ?? to) - from };
  if (asked.to === undefined) {
    return { unit: 'days', count: Math.ceil(((startingDay(clock, to) ?? clock.localOf(to)) - first) / dayMs) };
  }
  const end = startingDay(clock, asked.to);
  if (end === undefined) return { unit: 'ms', count: asked.to - from };
  const isFirst = (day: number) => calendarStart('month', day, weekStart) === day;
  if (isFirst(first) && isFirst(end)) return { unit: 'months', count: monthsBetween(first, end) };
  return { unit: 'days', count: (end - first) / dayMs };
}

function monthsBetween(first: number, end: number): number {
  const [a, b] = [new Date(first), new Date(end)];
  return (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
}
