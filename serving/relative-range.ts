// Ranges that are told from now: `last=24h`, `range=month-to-date`. Days and longer go by the calendar of the zone. Pure.
import type { RangeName } from '../api/query-names.ts';
import { dayMs, type LocalClock } from './local-time.ts';
import type { Query } from './query.ts';
import { calendarStart } from './windows.ts';

/** A length of time: of the clock (ms), or of the calendar. */
export interface Span {
  readonly unit: 'ms' | 'days' | 'months';
  readonly count: number;
}

/** A span as it was written, for example 24h. */
export interface Last {
  readonly text: string;
  readonly span: Span;
}

const lastUnits: Readonly<Record<string, Span & { readonly most: number }>> = {
  m: { unit: 'ms', count: 60_000, most: 1_000_000 },
  h: { unit: 'ms', count: 3_600_000, most: 100_000 },
  d: { unit: 'days', count: 1, most: 10_000 },
  w: { unit: 'days', count: 7, most: 1_500 },
  mo: { unit: 'months', count: 1, most: 360 },
  y: { unit: 'months', count: 12, most: 30 },
};

/** undefined where it is none. */
export function parseLast(text: string): Last | undefined {
  const [, digits = '', name = ''] = /^([1-9]\d{0,6})(m|h|d|w|mo|y)$/.exec(text) ?? [];
  const unit = lastUnits[name];
  const count = Number(digits);
  if (unit === undefined || count > unit.most) return undefined;
  return { text, span: { unit: unit.unit, count: unit.count * count } };
}

/** The range of a query once now is known. */
export interface AskedRange {
  /** undefined: from the first window that has data. */
  readonly from: number | undefined;
  /** undefined: open, its end is now. */
  readonly to: number | undefined;
  /** Where a range that is open ends at the latest. */
  readonly latest: number | undefined;
}

/** `grainMs`: of the rollup, on which the beginning must lie. */
export function resolveRange(query: Query, clock: LocalClock, nowMs: number, grainMs: number): AskedRange {
  const { from, to, last, range } = query;
  if (last) {
    const back = shiftBack(clock, nowMs, last.span);
    return { from: Math.floor(back / grainMs) * grainMs, to: undefined, latest: undefined };
  }
  if (range === undefined) return { from, to, latest: undefined };
  const start = startOfRange(range, clock.localOf(nowMs), query);
  const end = shiftLocal(start, rangeSpans[range], 1);
  const [first, next] = [clock.instantOf(start), clock.instantOf(end)];
  return range === 'yesterday'
    ? { from: first, to: next, latest: undefined }
    : { from: first, to: undefined, latest: next };
}

/** How long each of them is once it is over. */
export const rangeSpans: Readonly<Record<RangeName, Span>> = {
  today: { unit: 'days', count: 1 },
  yesterday: { unit: 'days', count: 1 },
  'week-to-date': { unit: 'days', count: 7 },
  'month-to-date': { unit: 'months', count: 1 },
  'quarter-to-date': { unit: 'months', count: 3 },
  'year-to-date': { unit: 'months', count: 12 },
};

function startOfRange(range: RangeName, localMs: number, { weekStart }: Query): number {
  const month = new Date(calendarStart('month', localMs, weekStart));
  switch (range) {
    case 'today':
      return calendarStart('day', localMs, weekStart);
    case 'yesterday':
      return calendarStart('day', localMs, weekStart) - dayMs;
    case 'week-to-date':
      return calendarStart('week', localMs, weekStart);
    case 'month-to-date':
      return month.getTime();
    case 'quarter-to-date':
      return Date.UTC(month.getUTCFullYear(), month.getUTCMonth() - (month.getUTCMonth() % 3), 1);
    case 'year-to-date':
      return calendarStart('year', localMs, weekStart);
    default:
      return range satisfies never;
  }
}

/** What a day becomes that the month does not have (31 June): its last day, same time, or the first of the next. */
type MissingDay = 'last' | 'next';

/** The instant that lies a span before. */
export function shiftBack(clock: LocalClock, at: number, span: Span, missing: MissingDay = 'last'): number {
  return span.unit === 'ms' ? at - span.count : clock.instantOf(shiftLocal(clock.localOf(at), span, -1, missing));
}

/** The same where `at` stands for the day that it begins: a span before it a day begins, also where clocks skip midnight. */
export function shiftDayBack(clock: LocalClock, at: number, span: Span, missing: MissingDay = 'last'): number {
  const day = startingDay(clock, at);
  if (day === undefined || span.unit === 'ms') return shiftBack(clock, at, span, missing);
  return clock.instantOf(shiftLocal(day, span, -1, missing));
}

/** The local midnight whose date begins at that instant; undefined where none does. */
export function startingDay(clock: LocalClock, at: number): number | undefined {
  const day = Math.floor(clock.localOf(at) / dayMs) * dayMs;
  return clock.instantOf(day) === at ? day : undefined;
}

function shiftLocal(localMs: number, span: Span, direction: 1 | -1, missing: MissingDay = 'last'): number {
  const count = direction * span.count;
  if (span.unit === 'ms') return localMs + count;
  if (span.unit === 'days') return localMs + count * dayMs;
  const day = Math.floor(localMs / dayMs) * dayMs;
  const date = new Date(day);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + count];
  const shifted = Date.UTC(year, month, date.getUTCDate());
  if (new Date(shifted).getUTCDate() === date.getUTCDate()) return shifted + (localMs - day);
  return missing === 'next' ? Date.UTC(year, month + 1, 1) : Date.UTC(year, month + 1, 0) + (localMs - day);
}
