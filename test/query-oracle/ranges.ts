// The range of a query once now is known. Pure.
import type { AskedQuery } from './asked-query.ts';
import { addMonths, before, beginsDay, dayMs, dayOf, type Span, spanOfText } from './spans.ts';
import { wallClock } from './wall-clock.ts';
import { weekDayOf } from './windows.ts';

export interface AskedRange {
  /** undefined: from the first fact. */
  readonly from: number | undefined;
  /** undefined: open. */
  readonly to: number | undefined;
  /** Where an open range ends at the latest. */
  readonly latest: number | undefined;
}

/** How long each is once it is over, and its first local day from that of now. */
const named: Readonly<Record<string, { span: Span; first: (today: number, weekStart: string) => number }>> = {
  today: { span: { days: 1 }, first: (today) => today },
  yesterday: { span: { days: 1 }, first: (today) => today - dayMs },
  'week-to-date': {
    span: { days: 7 },
    first(today, weekStart) {
      let day = today;
      while (weekDayOf(day) !== weekStart) day -= dayMs;
      return day;
    },
  },
  'month-to-date': { span: { months: 1 }, first: (today) => firstOfMonth(today, () => true) },
  'quarter-to-date': { span: { months: 3 }, first: (today) => firstOfMonth(today, (month) => month % 3 === 0) },
  'year-to-date': { span: { months: 12 }, first: (today) => firstOfMonth(today, (month) => month === 0) },
};

function firstOfMonth(today: number, isFirst: (month: number) => boolean): number {
  let day = today;
  while (new Date(day).getUTCDate() !== 1 || !isFirst(new Date(day).getUTCMonth())) day -= dayMs;
  return day;
}

export function rangeOf(asked: AskedQuery, nowMs: number, grainMs: number): AskedRange {
  const { last, range, tz = 'UTC', weekStart = 'monday' } = asked;
  const clock = wallClock(tz);
  if (last !== undefined) {
    const from = before(clock, nowMs, spanOfText(last));
    return { from: from - (from % grainMs), to: undefined, latest: undefined };
  }
  if (range !== undefined) {
    const { span, first } = named[range]!;
    const local = clock.localOf(nowMs);
    const start = first(local - (local % dayMs), weekStart);
    const next = 'days' in span ? start + span.days * dayMs : addMonths(start, 'months' in span ? span.months : 0);
    const [from, to] = [clock.instantOf(start), clock.instantOf(next)];
    return range === 'yesterday' ? { from, to, latest: undefined } : { from, to: undefined, latest: to };
  }
  const instant = (text: string | undefined) =>
    text === undefined
      ? undefined
      : text.includes('T')
        ? Date.parse(text)
        : clock.instantOf(Date.parse(`${text}T00:00:00Z`));
  return { from: instant(asked.from), to: instant(asked.to), latest: undefined };
}

/** By how much each window of the query is shifted back to the one that it is held against; `to` where open: its end. */
export function compareSpan(asked: AskedQuery, range: AskedRange, from: number, to: number): Span {
  const { compare, last, range: name, tz = 'UTC' } = asked;
  if (compare === 'day-ago') return { days: 1 };
  if (compare === 'week-ago') return { days: 7 };
  if (compare === 'year-ago') return { months: 12 };
  if (last !== undefined) return spanOfText(last);
  if (name !== undefined) return named[name]!.span;
  const clock = wallClock(tz);
  const end = range.to ?? to;
  if (!beginsDay(clock, from) || (range.to !== undefined && !beginsDay(clock, end))) return { ms: end - from };
  const [first, next] = [dayOf(clock, from), dayOf(clock, end) + (beginsDay(clock, end) ? 0 : 1)];
  const isFirst = (day: number) => new Date(day * dayMs).getUTCDate() === 1;
  if (range.to === undefined || !isFirst(first) || !isFirst(next)) return { days: next - first };
  let months = 0;
  while (addMonths(first * dayMs, months) < next * dayMs) months += 1;
  return { months };
}
