// Which windows there are, by walking along the clock: a window ends where what the clock shows of it changes. Pure.
import type { AskedQuery, WindowName } from './asked-query.ts';
import { before, dayBefore, dayMs, minuteMs, type Span, type Stretch } from './spans.ts';
import { type WallClock, wallClock } from './wall-clock.ts';

const weekDays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

export const weekDayOf = (day: number) => weekDays[new Date(day).getUTCDay()]!;

/** Names the window in which clocks show that; by the clock also which of two hours that are repeated. */
function labeller(window: WindowName, weekStart: string): (local: number, offset: number) => number {
  // 1 January 1970 was a Thursday.
  const daysIntoWeek = (weekDays.indexOf('thursday') - weekDays.indexOf(weekStart) + 7) % 7;
  let known = Number.NaN;
  let label = 0;
  const byDay = (of: (day: number) => number) => (local: number) => {
    const day = Math.floor(local / dayMs);
    if (day !== known) [known, label] = [day, of(day)];
    return label;
  };
  const byClock = (minutes: number) => (local: number, offset: number) =>
    Math.floor(local / (minutes * minuteMs)) * 10_000 + offset / minuteMs;
  switch (window) {
    case 'minute':
      return byClock(1);
    case '15m':
      return byClock(15);
    case 'hour':
      return byClock(60);
    case 'day':
      return byDay((day) => day);
    case 'week':
      return byDay((day) => Math.floor((day + daysIntoWeek) / 7));
    case 'month':
      return byDay((day) => new Date(day * dayMs).getUTCFullYear() * 12 + new Date(day * dayMs).getUTCMonth());
    case 'year':
      return byDay((day) => new Date(day * dayMs).getUTCFullYear());
    default:
      return window satisfies never;
  }
}

/** The windows that meet [from, to), whole ones. */
export function windowsOver(asked: AskedQuery & { window: WindowName }, { from, to }: Stretch): Stretch[] {
  const { window, tz = 'UTC', weekStart = 'monday' } = asked;
  const clock = wallClock(tz);
  const label = labeller(window, weekStart);
  const labelAt = (at: number) => {
    const offset = clock.offsetAt(at);
    return label(at + offset, offset);
  };
  // In this century clocks change on quarters of an hour.
  const step = (window === 'minute' ? 1 : 15) * minuteMs;
  let start = Math.floor(from / step) * step;
  const first = labelAt(start);
  while (labelAt(start - step) === first) start -= step;
  const windows: Stretch[] = [];
  while (start < to) {
    const own = labelAt(start);
    let end = start + step;
    while (labelAt(end) === own) end += step;
    windows.push({ from: start, to: end });
    start = end;
  }
  return windows;
}

export interface Comparison {
  readonly whole: Stretch;
  /** By window of the present; undefined where it meets none. */
  readonly windows: readonly (Stretch | undefined)[];
  readonly leftOut: readonly Stretch[];
}

/** Each window shifted back by the span, not into the one before nor beyond the end, and not longer than itself. */
export function compareWindows(
  asked: AskedQuery,
  { from, to }: Stretch,
  windows: readonly Stretch[],
  span: Span,
): Comparison {
  const clock = wallClock(asked.tz ?? 'UTC');
  const first = dayBefore(clock, from, span);
  // Of what has not begun there is nothing to compare.
  const end = to > from ? dayBefore(clock, to, span, 'next') : first;
  const whole = { from: first, to: asked.compare === 'previous' ? Math.min(end, from) : end };
  const back = ['minute', '15m', 'hour'].includes(asked.window ?? '') ? before : dayBefore;
  const leftOut: Stretch[] = [];
  let at = whole.from;
  const matched = windows.map((window) => {
    if (window.from >= to) return undefined;
    const start = Math.max(at, back(clock, Math.max(window.from, from), span));
    const shifted = back(clock, Math.min(window.to, to), span, 'next');
    const stop = Math.min(shifted, whole.to, start + longest(asked, clock, start, window));
    if (stop <= start) return undefined;
    if (start > at) leftOut.push({ from: at, to: start });
    at = stop;
    return { from: start, to: stop };
  });
  if (at < whole.to) leftOut.push({ from: at, to: whole.to });
  return { whole, windows: matched, leftOut };
}

function longest({ window }: AskedQuery, clock: WallClock, start: number, { from, to }: Stretch): number {
  if (window === 'day' || window === 'week') {
    return clock.instantOf(clock.localOf(start) + (window === 'day' ? 1 : 7) * dayMs) - start;
  }
  return window === undefined || window === 'month' || window === 'year' ? Number.POSITIVE_INFINITY : to - from;
}
