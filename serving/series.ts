// From groups to series: all windows of one set of dimension values, ranked, cut to the limit, the rest as one more. Pure.
import { badParameter } from '../runtime/problem.ts';
import { type Definition, distinctOf } from '../schemas/definition.ts';
import { addTotals, emptyTotals, type Totals } from './groups.ts';
import {
  asksMoney,
  compareFractions,
  countsOf,
  type Counted,
  type Fraction,
  measureFraction,
  moneyDimension,
} from './measures.ts';
import { type OrderKey, type Query, windowStartKey } from './query.ts';

/** What was counted in one window, and in the past one where the query compares. */
export interface Entry {
  readonly windowStart: number;
  readonly present: Totals;
  readonly past: Totals;
}

export interface Series {
  /** By dimension of the query; null in the rest beyond the limit. */
  readonly values: readonly (string | null)[];
  readonly isOther: boolean;
  /** By window start, in no order. */
  readonly entries: Map<number, Entry>;
}

/** Zeros for all that is counted where there is none yet. */
export function entryAt(series: Series, windowStart: number, counted: Counted): Entry {
  let entry = series.entries.get(windowStart);
  if (!entry) {
    const zeros = () => emptyTotals({ sums: counted.bases.length, sets: counted.distinct.length });
    entry = { windowStart, present: zeros(), past: zeros() };
    series.entries.set(windowStart, entry);
  }
  return entry;
}

export interface Ranking {
  readonly definition: Definition;
  readonly query: Query;
  /** In the order in which an entry holds it. */
  readonly counted: Counted;
}

/** Ranked by the whole present range, ties by dimension values; those beyond the limit are left out or added up. */
export function rankSeries(ranking: Ranking, series: readonly Series[]): Series[] {
  const { query } = ranking;
  const keys = query.order.filter(({ name }) => name !== windowStartKey);
  refuseMoneyAcross(ranking, keys, series);
  const ranked = series
    .map((one) => ({ one, ranks: rankValues(ranking, keys, one) }))
    .toSorted((a, b) => compareRanks(keys, a.ranks, b.ranks) || compareTexts(a.one.values, b.one.values))
    .map(({ one }) => one);
  const limit = query.limit ?? ranked.length;
  return [...ranked.slice(0, limit), ...(query.other ? addUp(ranking, ranked.slice(limit)) : [])];
}

type RankValue = string | Fraction | undefined;

function rankValues({ definition, query, counted }: Ranking, keys: readonly OrderKey[], series: Series): RankValue[] {
  if (keys.length === 0) return [];
  // A union over all windows costs more than a sum: only where it ranks.
  const byCount = keys.some(({ name }) => distinctOf(definition, name) !== undefined);
  const ranked = { bases: counted.bases, distinct: byCount ? counted.distinct : [] };
  const total = emptyTotals({ sums: ranked.bases.length, sets: ranked.distinct.length });
  for (const { present } of series.entries.values()) addTotals(total, present);
  const counts = countsOf(ranked, total);
  return keys.map(({ name }) => {
    const dimension = query.by.indexOf(name);
    return dimension < 0 ? measureFraction(definition, name, counts) : series.values[dimension]!;
  });
}

/** What has no value comes last either way. */
function compareRanks(keys: readonly OrderKey[], a: readonly RankValue[], b: readonly RankValue[]): number {
  for (const [i, { descending }] of keys.entries()) {
    const [left, right] = [a[i], b[i]];
    if (left === undefined || right === undefined) {
      if (left !== right) return left === undefined ? 1 : -1;
      continue;
    }
    const order =
      typeof left === 'string' ? compareText(left, right as string) : compareFractions(left, right as Fraction);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

function compareTexts(a: Series['values'], b: Series['values']): number {
  for (const [i, text] of a.entries()) {
    const order = compareText(text ?? '', b[i] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Amounts of different currencies have no order either, unless the currency comes before them. */
function refuseMoneyAcross({ definition, query }: Ranking, keys: readonly OrderKey[], series: readonly Series[]): void {
  const at = query.by.indexOf(moneyDimension);
  const money = keys.findIndex(({ name }) => definition.measures[name]?.unit === 'minor');
  const before = keys.findIndex(({ name }) => name === moneyDimension);
  if (at < 0 || money < 0 || (before >= 0 && before < money)) return;
  const currencies = new Set(series.map(({ values }) => values[at] ?? ''));
  if (currencies.size < 2) return;
  const expected = `${moneyDimension} before it, or where.${moneyDimension}= with one of them: amounts of different currencies are never compared`;
  throw badParameter('mixed-currencies', 'order', [...currencies].toSorted().join(', '), expected);
}

/** The rest as one series; where amounts are asked, as one for each currency. */
function addUp({ definition, query, counted }: Ranking, rest: readonly Series[]): Series[] {
  const at = asksMoney(definition, query) ? query.by.indexOf(moneyDimension) : -1;
  const others = new Map<string, Series>();
  for (const { values, entries } of rest) {
    const currency = values[at] ?? '';
    let other = others.get(currency);
    if (!other) {
      other = { values: values.map((value, i) => (i === at ? value : null)), isOther: true, entries: new Map() };
      others.set(currency, other);
    }
    for (const { windowStart, present, past } of entries.values()) {
      const entry = entryAt(other, windowStart, counted);
      addTotals(entry.present, present);
      addTotals(entry.past, past);
    }
  }
  return [...others].toSorted(([a], [b]) => compareText(a, b)).map(([, other]) => other);
}
