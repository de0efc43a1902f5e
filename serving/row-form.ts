// One row of an answer: window, dimensions, measures, and what it is held against. Pure.
import type { Definition } from '../schemas/definition.ts';
import { changeValue, countsOf, measureFraction, measureValue } from './measures.ts';
import type { QueryPlan } from './query-plan.ts';
import type { Entry, Series } from './series.ts';
import { windowEndOf } from './windows.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface RowForm {
  readonly definition: Definition;
  readonly plan: QueryPlan;
  /** Of the answer; windows at its edges are cut to it. */
  readonly from: number;
  readonly to: number;
  readonly nowMs: number;
}

export function createRowForm(given: RowForm): (series: Series, entry: Entry) => Row {
  const { definition, plan, from, to, nowMs } = given;
  const { query, asked, grid, clock, comparison } = plan;
  const iso = memoize((at: number) => clock.format(at));
  const measuresOf = (counts: ReadonlyMap<string, bigint>) =>
    Object.fromEntries(query.measures.map((name) => [name, measureValue(definition, name, counts)]));

  function windowOf(windowStart: number): { start: number; end: number } {
    if (query.window === undefined) return { start: from, end: to };
    const end = windowEndOf(grid, windowStart);
    return {
      start: Math.max(windowStart, asked.from ?? windowStart),
      end: Math.min(end, asked.to ?? asked.latest ?? end),
    };
  }

  function comparedWith({ windowStart, past }: Entry, now: ReadonlyMap<string, bigint>): Row | null {
    const window = comparison?.windows.get(windowStart);
    if (!window) return null;
    const before = countsOf(plan, past);
    const change = (name: string) =>
      changeValue(measureFraction(definition, name, now), measureFraction(definition, name, before));
    return {
      windowStart: iso(window.start),
      windowEnd: iso(window.end),
      ...measuresOf(before),
      change: Object.fromEntries(query.measures.map((name) => [name, change(name)])),
    };
  }

  return (series, entry) => {
    const { start, end } = windowOf(entry.windowStart);
    const now = countsOf(plan, entry.present);
    return {
      windowStart: iso(start),
      windowEnd: iso(end),
      ...(end > nowMs ? { open: true } : {}),
      ...(series.isOther ? { other: true } : {}),
      ...Object.fromEntries(query.by.map((name, i) => [name, series.values[i]])),
      ...measuresOf(now),
      ...(comparison ? { compare: comparedWith(entry, now) } : {}),
    };
  };
}

function memoize<T>(of: (at: number) => T): (at: number) => T {
  const known = new Map<number, T>();
  return (at) => {
    let value = known.get(at);
    if (value === undefined) known.set(at, (value = of(at)));
    return value;
  };
}
