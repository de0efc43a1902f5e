// From groups to the rows of an answer: currencies, series, empty windows, order, derived measures, windows as instants. Pure.

import { badParameter } from '../runtime/problem.ts';
import { type Definition, distinctOf } from '../schemas/definition.ts';
import { currencyDigits } from '../schemas/order-event.ts';
import { maxGroups } from './batch-views.ts';
import { tooManyRows } from './clickhouse-batch-views.ts';
import { exactUpTo, standardError } from './distinct.ts';
import type { GroupMap } from './groups.ts';
import { addTotals } from './groups.ts';
import { moneyDimension } from './measures.ts';
import type { QueryPlan } from './query-plan.ts';
import { windowStartKey } from './query.ts';
import { createRowForm, type Row } from './row-form.ts';
import { type Entry, entryAt, rankSeries, type Series } from './series.ts';
import { countWindows, windowsIn } from './windows.ts';

export interface AnswerBody {
  readonly rows: readonly Row[];
  /** The currency of all amounts, where it is no column. */
  readonly currency?: string;
  /** Minor digits (ISO 4217) of the currencies in the rows or in the filter. */
  readonly currencies: Readonly<Record<string, number>>;
  /** Of measures that count different values: up to where they are exact, and beyond it their error, relative. */
  readonly estimates?: Readonly<Record<string, Estimate>>;
  /** The query as understood. */
  readonly query: Readonly<Record<string, unknown>>;
}

interface Estimate {
  readonly exactUpTo: number;
  readonly standardError: number;
}

/** The groups of the present, and of what it is compared with. */
export interface Found {
  readonly present: GroupMap;
  readonly past: GroupMap;
}

/** Throws a 400 problem where amounts of different currencies would have to be added, or rows are too many. */
export function formAnswer(definition: Definition, plan: QueryPlan, found: Found, nowMs: number): AnswerBody {
  const { query, asked } = plan;
  const currency = impliedCurrency(plan, found);
  const first = found.present
    .values()
    .reduce((least, group) => Math.min(least, group.earliest), Number.POSITIVE_INFINITY);
  const earliest = Math.floor(first / plan.grainMs) * plan.grainMs;
  const to = asked.to ?? plan.to;
  const from = asked.from ?? Math.min(earliest, to);
  const all = seriesOf(plan, found);
  const wantsZeros = query.window === undefined || (query.fill && asked.from !== undefined);
  if (all.length === 0 && query.by.length === 0 && wantsZeros) {
    all.push({ values: [], isOther: false, entries: new Map() });
    if (query.window === undefined) entryAt(all[0]!, plan.grid.starts[0]!, plan);
  }
  const ranked = rankSeries({ definition, query, counted: plan }, all);
  if (query.fill) fill(plan, ranked, Math.max(plan.from, from));
  const form = createRowForm({ definition, plan, from, to, nowMs });
  const rows = inOrder(plan, ranked).map(({ series, entry }) => form(series, entry));
  return {
    rows,
    ...(currency === undefined ? {} : { currency }),
    currencies: digitsOf(plan, currency, ranked),
    ...estimatesOf(definition, plan),
    query: understood(plan, from, to),
  };
}

function estimatesOf(definition: Definition, { query }: QueryPlan): Pick<AnswerBody, 'estimates'> {
  const names = query.measures.filter((name) => distinctOf(definition, name) !== undefined);
  return names.length === 0
    ? {}
    : { estimates: Object.fromEntries(names.map((name) => [name, { exactUpTo, standardError }])) };
}

/** Where amounts were asked without the currency: the one that all of them are in. */
function impliedCurrency(plan: QueryPlan, { present, past }: Found): string | undefined {
  const { query, groupBy } = plan;
  const at = query.by.length;
  if (groupBy.length === at) return undefined;
  const currencies = new Set([...present.values(), ...past.values()].map((group) => group.values[at]!));
  if (currencies.size > 1) {
    const expected = `${moneyDimension} in by, or where.${moneyDimension}= with one of them: amounts of different currencies are never added`;
    throw badParameter('mixed-currencies', 'by', [...currencies].toSorted().join(', '), expected);
  }
  const filter = query.where[moneyDimension] ?? [];
  return [...currencies][0] ?? (filter.length === 1 ? filter[0] : undefined);
}

function digitsOf({ query }: QueryPlan, implied: string | undefined, ranked: readonly Series[]) {
  const at = query.by.indexOf(moneyDimension);
  const column = at < 0 ? [] : ranked.map(({ values }) => values[at]);
  const names = new Set([implied, ...(query.where[moneyDimension] ?? []), ...column]);
  const known = [...names].filter((name) => typeof name === 'string' && Object.hasOwn(currencyDigits, name));
  return Object.fromEntries((known as string[]).toSorted().map((name) => [name, currencyDigits[name]!]));
}

/** Groups of both periods by dimension values, the past windows under those that they are held against. */
function seriesOf(plan: QueryPlan, { present, past }: Found): Series[] {
  const { query, comparison } = plan;
  const series = new Map<string, Series>();
  const entryOf = (windowStart: number, all: readonly string[]): Entry => {
    const values = all.slice(0, query.by.length);
    const key = JSON.stringify(values);
    let one = series.get(key);
    if (!one) series.set(key, (one = { values, isOther: false, entries: new Map() }));
    return entryAt(one, windowStart, plan);
  };
  for (const group of present.values()) addTotals(entryOf(group.windowStart, group.values).present, group);
  for (const group of past.values()) {
    const windowStart = comparison?.presentOf.get(group.windowStart);
    if (windowStart !== undefined) addTotals(entryOf(windowStart, group.values).past, group);
  }
  return [...series.values()];
}

/** Zeros for the windows in which a series has nothing. */
function fill(plan: QueryPlan, ranked: readonly Series[], from: number): void {
  const { grid, to } = plan;
  if (from >= to || ranked.length === 0) return;
  if (countWindows(grid, from, to) * ranked.length > maxGroups) throw tooManyRows();
  const starts = [...windowsIn(grid, from, to)].map(({ start }) => start);
  for (const series of ranked) for (const start of starts) entryAt(series, start, plan);
}

/** By rank, then by window; by window first where nothing is ranked or windowStart comes first. */
function inOrder({ query }: QueryPlan, ranked: readonly Series[]) {
  const key = query.order.find(({ name }) => name === windowStartKey);
  const sign = key?.descending ? -1 : 1;
  const byWindow = (a: { entry: Entry }, b: { entry: Entry }) => sign * (a.entry.windowStart - b.entry.windowStart);
  const rows = ranked.flatMap((series) =>
    [...series.entries.values()].map((entry) => ({ series, entry })).toSorted(byWindow),
  );
  if (rows.length > maxGroups) throw tooManyRows();
  return query.order.length === 0 || query.order[0] === key ? rows.toSorted(byWindow) : rows;
}

function understood(plan: QueryPlan, from: number, to: number): AnswerBody['query'] {
  const { query, clock, comparison } = plan;
  const rollups = plan.reads.map(({ rollup }) => rollup.name);
  const { measures, by, window = null, tz, where, not, attribution } = query;
  const { order, limit, other, fill, weekStart, last, range, compare } = query;
  const isos = (span: { start: number; end: number }) => ({
    from: clock.format(span.start),
    to: clock.format(span.end),
  });
  return {
    measures,
    by,
    window,
    ...(window === 'week' || range === 'week-to-date' ? { weekStart } : {}),
    from: clock.format(from),
    to: clock.format(to),
    ...(last ? { last: last.text } : {}),
    ...(range ? { range } : {}),
    tz,
    where,
    not,
    attribution,
    ...(order.length > 0 ? { order: order.map(({ name, descending }) => (descending ? `-${name}` : name)) } : {}),
    ...(limit === undefined ? {} : { limit, other }),
    ...(fill ? { fill } : {}),
    ...(comparison
      ? {
          compare: {
            with: compare,
            ...isos({ start: comparison.from, end: comparison.to }),
            ...(comparison.leftOut.length > 0 ? { leftOut: comparison.leftOut.map(isos) } : {}),
          },
        }
      : {}),
    ...(rollups.length === 1 ? { rollup: rollups[0]! } : { rollups }),
  };
}
