// Spans of the clock and of the calendar, as the query oracle reckons with them. Pure.
import type { WallClock } from './wall-clock.ts';

export const minuteMs = 60_000;
export const dayMs = 1_440 * minuteMs;

/** [from, to) */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export type Span = { readonly ms: number } | { readonly days: number } | { readonly months: number };

const unitSpans: Readonly<Record<string, (count: number) => Span>> = {
  m: (count) => ({ ms: count * minuteMs }),
  h: (count) => ({ ms: count * 60 * minuteMs }),
  d: (count) => ({ days: count }),
  w: (count) => ({ days: 7 * count }),
  mo: (count) => ({ months: count }),
  y: (count) => ({ months: 12 * count }),
};

/** Of `last=…`. */
export function spanOfText(text: string): Span {
  const [, count, unit] = /^(\d+)(\D+)$/.exec(text)!;
  return unitSpans[unit!]!(Number(count));
}

/** A local time that many months later; where that month has no such day: its last day, or the first of the next. */
export function addMonths(local: number, months: number, missing: 'last' | 'next' = 'last'): number {
  const date = new Date(local);
  const first = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  const next = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1);
  const same = first.getTime() + (date.getUTCDate() - 1) * dayMs;
  const time = local % dayMs;
  if (same < next) return same + time;
  return missing === 'last' ? next - dayMs + time : next;
}

/** The instant that lies a span before, on the clocks of a zone. */
export function before(clock: WallClock, at: number, span: Span, missing: 'last' | 'next' = 'last'): number {
  return 'ms' in span ? at - span.ms : clock.instantOf(localBefore(clock.localOf(at), span, missing));
}

/** The same, where what begins a day is that day's midnight, whatever clocks show first. */
export function dayBefore(clock: WallClock, at: number, span: Span, missing: 'last' | 'next' = 'last'): number {
  if ('ms' in span || !beginsDay(clock, at)) return before(clock, at, span, missing);
  return clock.instantOf(localBefore(dayOf(clock, at) * dayMs, span, missing));
}

function localBefore(local: number, span: Exclude<Span, { ms: number }>, missing: 'last' | 'next'): number {
  return 'days' in span ? local - span.days * dayMs : addMonths(local, -span.months, missing);
}

export const dayOf = (clock: WallClock, at: number) => Math.floor(clock.localOf(at) / dayMs);

/** Whether clocks show another date than just before. */
export const beginsDay = (clock: WallClock, at: number) => dayOf(clock, at - 1) !== dayOf(clock, at);
