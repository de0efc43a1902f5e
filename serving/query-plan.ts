// From a query to what is read: which rollup, which range, which windows. Pure: now and the end of the data are given.

import { badParameter } from '../runtime/problem.ts';
import { basesOf, type Definition, type Rollup } from '../schemas/definition.ts';
import { maxGroups } from './batch-views.ts';
import { tooManyRows } from './clickhouse-batch-views.ts';
import { type Comparison, compareWith } from './comparison.ts';
import { createLocalClock, type LocalClock } from './local-time.ts';
import type { Query } from './query.ts';
import { type AskedRange, resolveRange } from './relative-range.ts';
import { countWindows, type Grid, gridOf, totalGrid } from './windows.ts';

/** The dimension whose values no amount is added across. */
export const moneyDimension = 'currency';

export interface QueryPlan {
  readonly query: Query;
  /** The range that was asked for, settled by now. */
  readonly asked: AskedRange;
  /** Of the query's zone. */
  readonly clock: LocalClock;
  readonly rollup: Rollup;
  readonly rollupIndex: number;
  /** Range to read; `from` is the earliest possible instant where the query leaves it open. */
  readonly from: number;
  readonly to: number;
  readonly grid: Grid;
  /** What rows are grouped by: `by`, and the currency where amounts are asked without it. */
  readonly groupBy: readonly string[];
  /** Base measures to sum, in the rollup's order. */
  readonly bases: readonly string[];
  /** What the range is held against, where the query asks for it. */
  readonly comparison: Comparison | undefined;
}

/** What is read of a range: the present, or that which it is compared with. */
export type RangeRead = Pick<
  QueryPlan,
  'query' | 'rollup' | 'rollupIndex' | 'from' | 'to' | 'grid' | 'groupBy' | 'bases'
>;

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
  const bases = [...new Set(query.measures.flatMap((name) => basesOf(definition, name)))];
  const candidates = candidatesFor(query, definition, bases);
  const clock = createLocalClock(query.tz);
  const layout = layOutFirst(query, candidates, bounds, clock);
  const { rollup } = layout;
  const split =
    asksMoney(definition, query) && !query.by.includes(moneyDimension) && rollup.dimensions.includes(moneyDimension);
  return {
    ...layout,
    query,
    clock,
    rollupIndex: definition.rollups.indexOf(rollup),
    groupBy: split ? [...query.by, moneyDimension] : query.by,
    bases: rollup.measures.filter((name) => bases.includes(name)),
  };
}

export function asksMoney(definition: Definition, { measures }: Query): boolean {
  return measures.some((name) => definition.measures[name]!.unit === 'minor');
}

/** The range, and the past one where the query compares and anything valid can lie there. */
export function rangesOf(
  plan: QueryPlan,
  earliestMs: number,
): { readonly present: RangeRead; readonly past: RangeRead | undefined } {
  const { comparison } = plan;
  if (!comparison || comparison.to <= Math.max(comparison.from, earliestMs)) return { present: plan, past: undefined };
  const { from, to, grid } = comparison;
  return { present: plan, past: { ...plan, from: Math.max(from, earliestMs), to, grid } };
}

const fixedMs = { minute: 60_000, '15m': 900_000 };

/** Rollups that hold all that is asked, the smallest first: fewer dimensions, then orders before items, then wider windows. */
function candidatesFor(query: Query, definition: Definition, bases: readonly string[]): Rollup[] {
  const used = new Set([...query.by, ...Object.keys(query.where), ...Object.keys(query.not)]);
  const time = query.attribution === 'event' ? 'occurredAt' : 'placedAt';
  const window = query.window;
  const widest = window === 'minute' || window === '15m' ? fixedMs[window] : Number.POSITIVE_INFINITY;
  const holding = definition.rollups.filter(
    (rollup) =>
      bases.every((name) => rollup.measures.includes(name)) && [...used].every((d) => rollup.dimensions.includes(d)),
  );
  const candidates = holding.filter((rollup) => rollup.time === time && rollup.windowMs <= widest);
  if (candidates.length === 0) throw unanswerable(query, holding, bases, [...used], time);
  const grains = ['order', 'item'];
  return candidates.toSorted(
    (a, b) =>
      a.dimensions.length - b.dimensions.length ||
      grains.indexOf(a.grain) - grains.indexOf(b.grain) ||
      b.windowMs - a.windowMs,
  );
}

function unanswerable(
  query: Query,
  holding: readonly Rollup[],
  bases: readonly string[],
  used: string[],
  time: string,
) {
  const needed = `a rollup by ${time} of [${used.join(', ')}] with ${bases.join(', ')}`;
  if (holding.length === 0) {
    return badParameter(
      'unanswerable',
      'measures',
      query.measures.join(','),
      `what a rollup holds; it would take ${needed}`,
    );
  }
  const timed = holding.filter((rollup) => rollup.time === time);
  if (timed.length === 0) {
    return badParameter(
      'unanswerable',
      'attribution',
      query.attribution,
      `the other attribution; it would take ${needed}`,
    );
  }
  const least = Math.min(...timed.map((rollup) => rollup.windowMs)) / 60_000;
  return badParameter(
    'unanswerable',
    'window',
    query.window,
    `windows of at least ${least} minutes, or ${needed} by ${query.window}`,
  );
}

type Layout = Pick<QueryPlan, 'rollup' | 'asked' | 'from' | 'to' | 'grid' | 'comparison'>;

/** Range and windows on the first candidate on whose grain all their edges lie. */
function layOutFirst(query: Query, candidates: readonly Rollup[], bounds: PlanBounds, clock: LocalClock): Layout {
  const onGrain = (rollup: Rollup) => [query.from, query.to].every((at) => (at ?? 0) % rollup.windowMs === 0);
  const fitting = candidates.filter(onGrain);
  for (const rollup of fitting) {
    const layout = layOut(query, rollup, bounds, clock);
    if (edgesOf(query, layout).every((at) => at % rollup.windowMs === 0)) return layout;
  }
  const finest = candidates.toSorted((a, b) => a.windowMs - b.windowMs)[0]!;
  const minutes = finest.windowMs / 60_000;
  if (fitting.length > 0) {
    const expected = `a zone whose windows begin on multiples of ${minutes} minutes (UTC), the grain of rollup ${finest.name}`;
    throw badParameter('unanswerable', 'tz', query.tz, expected);
  }
  const [field, at] = (query.from ?? 0) % finest.windowMs === 0 ? ['to', query.to!] : ['from', query.from!];
  const expected = `a multiple of ${minutes} minutes (UTC), the grain of rollup ${finest.name}`;
  throw badParameter('off-grain', field, clock.format(at), expected);
}

function layOut(query: Query, rollup: Rollup, bounds: PlanBounds, clock: LocalClock): Layout {
  const asked = resolveRange(query, clock, bounds.nowMs, rollup.windowMs);
  const { from, to, end } = rangeOf(asked, rollup, bounds, clock);
  const { window, tz, weekStart, compare } = query;
  const grid = window === undefined ? totalGrid(from, to) : gridOf(window, tz, from, to, weekStart);
  if (compare === undefined) return { rollup, asked, from, to, grid, comparison: undefined };
  if (countWindows(grid, from, to) > maxGroups) throw tooManyRows();
  const present = { from, to: Math.max(Math.min(to, end), from), grid };
  return { rollup, asked, from, to, grid, comparison: compareWith(query, asked, present, clock) };
}

/** Every instant at which a range or a window begins or ends. */
function edgesOf({ window }: Query, { asked, from, to, grid, comparison }: Layout): number[] {
  const relative = [asked.from ?? from, asked.to ?? to];
  const windows = window === undefined ? [] : [...grid.starts, grid.end];
  if (!comparison) return [...relative, ...windows];
  return [...relative, ...windows, ...comparison.grid.starts, ...comparison.grid.steps, comparison.from, comparison.to];
}

function rangeOf(asked: AskedRange, rollup: Rollup, { nowMs, newestMs, earliestMs }: PlanBounds, clock: LocalClock) {
  const grain = rollup.windowMs;
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
