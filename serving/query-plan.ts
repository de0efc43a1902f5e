// From a query to what is read: which rollups, which range, which windows. Pure: now and the end of the data are given.

import { badParameter } from '../runtime/problem.ts';
import type { Definition } from '../schemas/definition.ts';
import { maxGroups } from './batch-views.ts';
import { tooManyRows } from './clickhouse-batch-views.ts';
import { type Comparison, compareWith } from './comparison.ts';
import { createLocalClock, type LocalClock } from './local-time.ts';
import { asksMoney, moneyDimension } from './measures.ts';
import type { Query } from './query.ts';
import { type AskedRange, resolveRange } from './relative-range.ts';
import { type RollupChoice, rollupChoices, type RollupRead } from './rollup-choice.ts';
import { countWindows, type Grid, gridOf, totalGrid } from './windows.ts';

export interface QueryPlan {
  readonly query: Query;
  /** The range that was asked for, settled by now. */
  readonly asked: AskedRange;
  /** Of the query's zone. */
  readonly clock: LocalClock;
  /** Together they hold what is asked, each base measure once. */
  readonly reads: readonly RollupRead[];
  /** Their widest window: all edges lie on it. */
  readonly grainMs: number;
  /** Range to read; `from` is the earliest possible instant where the query leaves it open. */
  readonly from: number;
  readonly to: number;
  readonly grid: Grid;
  /** What rows are grouped by: `by`, and the currency where amounts are asked without it. */
  readonly groupBy: readonly string[];
  /** Base measures to sum, read by read. */
  readonly bases: readonly string[];
  /** Hidden dimensions to count, read by read. */
  readonly distinct: readonly string[];
  /** What the range is held against, where the query asks for it. */
  readonly comparison: Comparison | undefined;
}

/** What is read of one rollup over one range: the present, or that which it is compared with. */
export type RangeRead = Pick<QueryPlan, 'query' | 'from' | 'to' | 'grid' | 'groupBy'> & RollupRead;

export interface PlanBounds {
  readonly nowMs: number;
  /** Greatest occurredAt known to run or live part; 0 for none. */
  readonly newestMs: number;
  /** No valid event is older. */
  readonly earliestMs: number;
}

/** Later windows are not laid out: nothing valid can lie there. */
const aheadMs = 3_660 * 86_400_000;

/** Throws a 400 problem where no rollup can answer, or an instant is off the rollup's grain. */
export function planQuery(query: Query, definition: Definition, bounds: PlanBounds): QueryPlan {
  const clock = createLocalClock(query.tz);
  const layout = layOutFirst(query, rollupChoices(query, definition), bounds, clock);
  const { reads } = layout;
  const split =
    asksMoney(definition, query) &&
    !query.by.includes(moneyDimension) &&
    reads.every(({ rollup }) => rollup.dimensions.includes(moneyDimension));
  return {
    ...layout,
    query,
    clock,
    groupBy: split ? [...query.by, moneyDimension] : query.by,
    bases: reads.flatMap(({ bases }) => bases),
    distinct: reads.flatMap(({ distinct }) => distinct),
  };
}

/** Of each range its reads: the present, and the past where the query compares and anything valid can lie there. */
export function rangesOf(
  plan: QueryPlan,
  earliestMs: number,
): { readonly present: readonly RangeRead[]; readonly past: readonly RangeRead[] | undefined } {
  const { query, comparison, groupBy } = plan;
  const readsOf = ({ from, to, grid }: Pick<QueryPlan, 'from' | 'to' | 'grid'>) =>
    plan.reads.map((read) => ({ ...read, query, groupBy, from, to, grid }));
  if (!comparison || comparison.to <= Math.max(comparison.from, earliestMs)) {
    return { present: readsOf(plan), past: undefined };
  }
  const { from, to, grid } = comparison;
  return { present: readsOf(plan), past: readsOf({ from: Math.max(from, earliestMs), to, grid }) };
}

type Layout = Pick<QueryPlan, 'reads' | 'grainMs' | 'asked' | 'from' | 'to' | 'grid' | 'comparison'>;

/** Range and windows by the first choice on whose grain all their edges lie. */
function layOutFirst(query: Query, choices: readonly RollupChoice[], bounds: PlanBounds, clock: LocalClock): Layout {
  const onGrain = ({ grainMs }: RollupChoice) => [query.from, query.to].every((at) => (at ?? 0) % grainMs === 0);
  const fitting = choices.filter(onGrain);
  for (const choice of fitting) {
    const layout = layOut(query, choice, bounds, clock);
    if (edgesOf(query, layout).every((at) => at % choice.grainMs === 0)) return layout;
  }
  const { reads, grainMs } = choices.toSorted((a, b) => a.grainMs - b.grainMs)[0]!;
  const { name } = reads.find(({ rollup }) => rollup.windowMs === grainMs)!.rollup;
  const minutes = grainMs / 60_000;
  if (fitting.length > 0) {
    const expected = `a zone whose windows begin on multiples of ${minutes} minutes (UTC), the grain of rollup ${name}`;
    throw badParameter('unanswerable', 'tz', query.tz, expected);
  }
  const [field, at] = (query.from ?? 0) % grainMs === 0 ? ['to', query.to!] : ['from', query.from!];
  const expected = `a multiple of ${minutes} minutes (UTC), the grain of rollup ${name}`;
  throw badParameter('off-grain', field, clock.format(at), expected);
}

function layOut(query: Query, choice: RollupChoice, bounds: PlanBounds, clock: LocalClock): Layout {
  const { grainMs } = choice;
  const asked = resolveRange(query, clock, bounds.nowMs, grainMs);
  const { from, to, end } = rangeOf(asked, grainMs, bounds, clock);
  const { window, tz, weekStart, compare } = query;
  const grid = window === undefined ? totalGrid(from, to) : gridOf(window, tz, from, to, weekStart);
  if (compare === undefined) return { ...choice, asked, from, to, grid, comparison: undefined };
  if (countWindows(grid, from, to) > maxGroups) throw tooManyRows();
  const present = { from, to: Math.max(Math.min(to, end), from), grid };
  return { ...choice, asked, from, to, grid, comparison: compareWith(query, asked, present, clock) };
}

/** Every instant at which a range or a window begins or ends. */
function edgesOf({ window }: Query, { asked, from, to, grid, comparison }: Layout): number[] {
  const relative = [asked.from ?? from, asked.to ?? to];
  const windows = window === undefined ? [] : [...grid.starts, grid.end];
  if (!comparison) return [...relative, ...windows];
  return [...relative, ...windows, ...comparison.grid.starts, ...comparison.grid.steps, comparison.from, comparison.to];
}

function rangeOf(asked: AskedRange, grain: number, { nowMs, newestMs, earliestMs }: PlanBounds, clock: LocalClock) {
  const earliest = Math.floor(earliestMs / grain) * grain;
  const now = Math.ceil((Math.max(nowMs, newestMs) + 1) / grain) * grain;
  const end = Math.min(now, asked.latest ?? now);
  if (asked.to === undefined && asked.from !== undefined && asked.from >= end) {
    throw badParameter(
      'reversed-range',
      'from',
      clock.format(asked.from),
      'an instant that is not in the future, or a later to',
    );
  }
  // Clamped to where valid events can lie, so that laying out windows is bounded; a range outside stays empty.
  const latest = end + Math.floor(aheadMs / grain) * grain;
  const from = Math.max(asked.from ?? earliest, Math.min(earliest, (asked.to ?? end) - grain));
  const to = Math.max(Math.min(asked.to ?? end, latest), from + grain);
  return { from, to, end };
}
