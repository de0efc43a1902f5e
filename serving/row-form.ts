// One row of an answer: window, dimensions, measures, and what it is held against. Pure.
import type { Definition } from '../schemas/definition.ts';
import { changeValue, measureFraction, measureValue } from './measures.ts';
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
  const { query, asked, grid, bases, clock, comparison } = plan;
  const iso = memoize((at: number) => clock.format(at));
  const sumsOf = (sums: readonly bigint[]) => new Map(bases.map((name, i) => [name, sums[i]!]));
  const measuresOf = (sums: ReadonlyMap<string, bigint>) =>
    Object.fromEntries(query.measures.map((name) => [name, measureValue(definition, name, sums)]));

  function windowOf(windowStart: number): { start: number; end: number } {
    if (query.window === undefined) return { start: from, end: to };
    const end = windowEndOf(grid, windowStart);
    return {
      start: Math.max(windowStart, asked.from ?? windowStart),
      end: Math.min(end, asked.to ?? asked.latest ?? end),
    };
  }

  function comparedWith({ windowStart, present, past }: Entry): Row | null {
    const window = comparison?.windows.get(windowStart);
    if (!window) return null;
    const [now, before] = [sumsOf(present), sumsOf(past)];
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
    return {
      windowStart: iso(start),
      windowEnd: iso(end),
      ...(end > nowMs ? { open: true } : {}),
      ...(series.isOther ? { other: true } : {}),
      ...Object.fromEntries(query.by.map((name, i) => [name, series.values[i]])),
      ...measuresOf(sumsOf(entry.present)),
      ...(comparison ? { compare: comparedWith(entry) } : {}),
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
