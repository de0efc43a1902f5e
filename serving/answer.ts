// From groups to the rows of an answer: derived measures, order, windows as instants. Pure.

import { badParameter } from '../runtime/problem.ts';
import type { Definition } from '../schemas/definition.ts';
import { addGroup, type GroupMap } from './groups.ts';
import { measureValue } from './measures.ts';
import { moneyDimension, type QueryPlan } from './query-plan.ts';
import { formatInstant, windowEndOf } from './windows.ts';

type Row = Readonly<Record<string, unknown>>;

export interface AnswerBody {
  readonly rows: readonly Row[];
  /** The query as understood. */
  readonly query: Readonly<Record<string, unknown>>;
}

/** Throws a 400 problem where amounts of different currencies would have to be added. */
export function formAnswer(definition: Definition, plan: QueryPlan, found: GroupMap, nowMs: number): AnswerBody {
  const { query, grid } = plan;
  const groups = withoutImpliedCurrency(plan, found);
  const earliest = groups.values().reduce((least, group) => Math.min(least, group.earliest), Number.POSITIVE_INFINITY);
  const to = query.to ?? plan.to;
  const from = query.from ?? Math.min(earliest, to);
  const iso = memoize((at: number) => formatInstant(at, query.tz));

  const row = (windowStart: number, values: readonly string[], sums: readonly bigint[]): Row => {
    const total = query.window === undefined;
    const start = total ? from : Math.max(windowStart, query.from ?? windowStart);
    const end = total ? to : Math.min(windowEndOf(grid, windowStart), query.to ?? Number.POSITIVE_INFINITY);
    const byBase = new Map(plan.bases.map((name, i) => [name, sums[i]!]));
    return {
      windowStart: iso(start),
      windowEnd: iso(end),
      ...(end > nowMs ? { open: true } : {}),
      ...Object.fromEntries(query.by.map((name, i) => [name, values[i]])),
      ...Object.fromEntries(query.measures.map((name) => [name, measureValue(definition, name, byBase)])),
    };
  };

  const ordered = [...groups.values()].toSorted(
    (a, b) => a.windowStart - b.windowStart || compareTexts(a.values, b.values),
  );
  const rows = ordered.map((group) => row(group.windowStart, group.values, group.sums));
  if (rows.length === 0 && query.window === undefined && query.by.length === 0) {
    rows.push(
      row(
        plan.from,
        [],
        plan.bases.map(() => 0n),
      ),
    );
  }
  const { measures, by, window = null, tz, where, not, attribution } = query;
  const understood = { measures, by, window, from: iso(from), to: iso(to), tz, where, not, attribution };
  return { rows, query: { ...understood, rollup: plan.rollup.name } };
}

/** Where amounts were asked without the currency: one currency only, and it is no column. */
function withoutImpliedCurrency(plan: QueryPlan, found: GroupMap): GroupMap {
  const at = plan.query.by.length;
  if (plan.groupBy.length === at) return found;
  const currencies = new Set([...found.values()].map((group) => group.values[at]!));
  if (currencies.size > 1) {
    const expected = `${moneyDimension} in by, or where.${moneyDimension}= with one of them: amounts of different currencies are never added`;
    throw badParameter('mixed-currencies', 'by', [...currencies].toSorted().join(', '), expected);
  }
  const groups: GroupMap = new Map();
  for (const group of found.values()) addGroup(groups, group, group.values.slice(0, at));
  return groups;
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (const [i, text] of a.entries()) {
    if (text !== b[i]) return text < b[i]! ? -1 : 1;
  }
  return 0;
}

function memoize<T>(of: (at: number) => T): (at: number) => T {
  const known = new Map<number, T>();
  return (at) => {
    let value = known.get(at);
    if (value === undefined) known.set(at, (value = of(at)));
    return value;
  };
}
