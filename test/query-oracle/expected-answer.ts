// What the API must answer to a query, by plain loops over the events: the whole body but for provenance and the name of
// the rollup, or why the query must be refused. Pure, and without the definition and the code of serving.
import type { OrderEvent } from '../../schemas/order-event.ts';
import type { AskedQuery } from './asked-query.ts';
import {
  asksMoney,
  type Choice,
  dimensions,
  type Fact,
  type Fraction,
  type Grain,
  holdingsFor,
  measures,
} from './measures.ts';
import { type AskedRange, compareSpan, rangeOf } from './ranges.ts';
import { type Cell, chooseGroups, type Series } from './series.ts';
import { minuteMs, type Stretch } from './spans.ts';
import { wallClock } from './wall-clock.ts';
import { compareWindows, type Comparison, windowsOver } from './windows.ts';

export type Expected =
  /** Each is code and field; one of them must be told. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  | { readonly kind: 'answered'; readonly rows: readonly object[]; readonly told: object };

const digits: Readonly<Record<string, number>> = { USD: 2, EUR: 2, JPY: 0, KWD: 3 };

/** `events`: each identity once. */
export function expectedAnswer(asked: AskedQuery, events: readonly OrderEvent[], nowMs: number): Expected {
  const misfits = misfitsOf(asked, nowMs);
  const holdings = holdingsFor(asked);
  if (typeof holdings === 'string') return { kind: 'refused', reasons: [...misfits, holdings] };
  if (misfits.length > 0) return { kind: 'refused', reasons: misfits };
  const layouts = holdings.map((holding) => layOut(asked, holding, events, nowMs));
  const layout = layouts.find((one) => typeof one !== 'string');
  // Of two that do not fit the finer one is told.
  return layout ? answer(asked, layout, nowMs) : { kind: 'refused', reasons: layouts as string[] };
}

function misfitsOf(asked: AskedQuery, nowMs: number): string[] {
  const { from, to, last, range, limit, other, fill, window, compare } = asked;
  const misfits = [];
  const settled = rangeOf(asked, nowMs, minuteMs);
  if (from && to && settled.from! >= settled.to!) misfits.push('reversed-range to');
  if (other && limit === undefined) misfits.push('bad-combination other');
  if (fill && window === undefined) misfits.push('bad-combination fill');
  if (compare && !from && !last && !range) misfits.push('bad-combination compare');
  if (last && (range ?? from ?? to)) misfits.push('bad-combination last');
  if (range && (from ?? to)) misfits.push('bad-combination range');
  return misfits;
}

interface Layout {
  readonly range: AskedRange;
  readonly from: number;
  readonly to: number;
  readonly windows: readonly Stretch[];
  readonly comparison: Comparison | undefined;
  /** Of the present and of the past, that the query selects. */
  readonly facts: readonly Fact[];
  readonly past: readonly Fact[];
  readonly timeOf: (fact: Fact) => number;
}

/** Or why that holding cannot answer: code and field. */
function layOut(
  asked: AskedQuery,
  { grains, minutes }: Choice,
  events: readonly OrderEvent[],
  nowMs: number,
): Layout | string {
  const grainMs = minutes * minuteMs;
  const range = rangeOf(asked, nowMs, grainMs);
  const offGrain = (at: number | undefined) => at !== undefined && at % grainMs !== 0;
  if (offGrain(range.from)) return 'off-grain from';
  if (offGrain(range.to)) return 'off-grain to';
  const newest = events.reduce((most, { occurredAt }) => Math.max(most, occurredAt), nowMs);
  const end = Math.min(Math.ceil((newest + 1) / grainMs) * grainMs, range.latest ?? Number.POSITIVE_INFINITY);
  if (range.to === undefined && range.from !== undefined && range.from >= end) return 'reversed-range from';

  const selected = factsOf(asked, events, grains);
  const timeOf = ({ event }: Fact) =>
    asked.attribution === 'order' ? (event.placedAt ?? event.occurredAt) : event.occurredAt;
  const within = (span: Stretch) =>
    selected.filter((fact) => {
      const at = timeOf(fact);
      return at >= span.from && at < span.to;
    });
  const to = range.to ?? end;
  const facts = within({ from: range.from ?? 0, to });
  const first = facts.reduce((least, fact) => Math.min(least, timeOf(fact)), to);
  const from = range.from ?? first - (first % grainMs);
  const { window } = asked;
  const windows = window === undefined ? [{ from, to }] : windowsOver({ ...asked, window }, { from, to });
  if (asked.compare === undefined) return { range, from, to, windows, facts, past: [], timeOf, comparison: undefined };
  const present = { from, to: Math.max(from, Math.min(to, end)) };
  const comparison = compareWindows(asked, present, windows, compareSpan(asked, range, from, present.to));
  const edges = [comparison.whole, ...comparison.windows].flatMap((span) => (span ? [span.from, span.to] : []));
  if (edges.some(offGrain)) return 'unanswerable tz';
  return { range, from, to, windows, facts, past: within(comparison.whole), timeOf, comparison };
}

function factsOf(
  { where = {}, not = {} }: AskedQuery,
  events: readonly OrderEvent[],
  grains: readonly Grain[],
): Fact[] {
  // Events hold the orders placed already.
  const apart = grains.includes('order') ? grains.filter((grain) => grain !== 'placed') : grains;
  const wanted = Object.entries(where).map(([name, values]) => [dimensions[name]!, values] as const);
  const unwanted = Object.entries(not).map(([name, values]) => [dimensions[name]!, values] as const);
  return apart
    .flatMap((grain) => allFacts(events, grain))
    .filter(
      (fact) =>
        wanted.every(([read, values]) => values.includes(read(fact))) &&
        unwanted.every(([read, values]) => !values.includes(read(fact))),
    );
}

const known = new WeakMap<readonly OrderEvent[], Readonly<Record<Grain, readonly Fact[]>>>();

function allFacts(events: readonly OrderEvent[], grain: Grain): readonly Fact[] {
  let facts = known.get(events);
  if (!facts) {
    const placed = events.filter(({ type }) => type === 'OrderPlaced');
    facts = {
      order: events.map((event) => ({ event, line: undefined })),
      placed: placed.map((event) => ({ event, line: undefined })),
      item: placed.flatMap((event) => event.items.map((line) => ({ event, line }))),
    };
    known.set(events, facts);
  }
  return facts[grain];
}

function answer(asked: AskedQuery, layout: Layout, nowMs: number): Expected {
  const { by = [], tz = 'UTC', fill, window, compare, where = {} } = asked;
  const { range, from, to, windows, facts, past, comparison } = layout;
  const splits = asksMoney(asked) && !by.includes('currency');
  const currencies = new Set([facts, past].flatMap((some) => some.map(({ event }) => event.currency)));
  if (splits && currencies.size > 1) return { kind: 'refused', reasons: ['mixed-currencies by'] };
  const only = where['currency']?.length === 1 ? where['currency'][0] : undefined;
  const currency = splits ? ([...currencies][0] ?? only) : undefined;

  const chosen = chooseGroups(asked, cellsOf(layout, asked));
  if (typeof chosen === 'string') return { kind: 'refused', reasons: [chosen] };
  const { format } = wallClock(tz);
  const isos = ({ from: first, to: next }: Stretch) => ({ from: format(first), to: format(next) });
  const rowOf = ({ values, isOther, cells }: Series, index: number) => {
    const span = windows[index]!;
    const start = Math.max(span.from, range.from ?? span.from);
    const end = window === undefined ? to : Math.min(span.to, range.to ?? range.latest ?? span.to);
    const cell = cells.get(index);
    const then = comparison?.windows[index];
    return {
      windowStart: format(start),
      windowEnd: format(end),
      ...(end > nowMs ? { open: true } : {}),
      ...(isOther ? { other: true } : {}),
      ...Object.fromEntries(by.map((name, i) => [name, values[i]])),
      ...valuesOf(asked, cell?.present ?? []),
      ...(comparison ? { compare: then ? comparedWith(asked, isos(then), cell) : null } : {}),
    };
  };
  const key = asked.order?.find((name) => name.endsWith('windowStart'));
  const sign = key?.startsWith('-') ? -1 : 1;
  const rows = chosen.flatMap((series) => {
    const indexes = fill ? windows.keys() : series.cells.keys();
    return [...indexes].toSorted((a, b) => sign * (a - b)).map((index) => ({ series, index }));
  });
  if (!asked.order?.length || asked.order[0] === key) rows.sort((a, b) => sign * (a.index - b.index));
  const column = by.includes('currency') ? chosen.map(({ values }) => values[by.indexOf('currency')]) : [];
  const shown = [currency, ...(where['currency'] ?? []), ...column].filter((name) => Object.hasOwn(digits, name ?? ''));
  return {
    kind: 'answered',
    rows: rows.map(({ series, index }) => rowOf(series, index)),
    told: {
      ...(currency === undefined ? {} : { currency }),
      currencies: Object.fromEntries(shown.map((name) => [name, digits[name!]])),
      from: format(from),
      to: format(to),
      ...(comparison
        ? {
            compare: {
              with: compare,
              ...isos(comparison.whole),
              ...(comparison.leftOut.length > 0 ? { leftOut: comparison.leftOut.map(isos) } : {}),
            },
          }
        : {}),
    },
  };
}

/** Facts of the present and of the past by group and window; the past under the window that it is held against. */
function cellsOf({ windows, comparison, facts, past, timeOf }: Layout, asked: AskedQuery): Series[] {
  const series = new Map<string, Series>();
  const by = (asked.by ?? []).map((name) => dimensions[name]!);
  const cellOf = (fact: Fact, index: number) => {
    const values = by.map((read) => read(fact));
    const key = JSON.stringify(values);
    let one = series.get(key);
    if (!one) series.set(key, (one = { values, isOther: false, cells: new Map() }));
    let cell = one.cells.get(index);
    if (!cell) one.cells.set(index, (cell = { present: [], past: [] }));
    return cell;
  };
  for (const fact of facts) cellOf(fact, indexOf(windows, timeOf(fact))).present.push(fact);
  const then = (comparison?.windows ?? []).flatMap((span, index) => (span ? [{ ...span, index }] : []));
  for (const fact of past) {
    const span = then[indexOf(then, timeOf(fact))];
    if (span && timeOf(fact) >= span.from && timeOf(fact) < span.to) cellOf(fact, span.index).past.push(fact);
  }
  // A total of nothing is a row of zeros, and so are windows of nothing that are filled.
  if (series.size === 0 && !asked.by?.length && (asked.window === undefined || (asked.fill && knowsFrom(asked)))) {
    const cells = new Map(asked.window === undefined ? [[0, { present: [], past: [] }]] : []);
    series.set('', { values: [], isOther: false, cells });
  }
  return [...series.values()];
}

const knowsFrom = ({ from, last, range }: AskedQuery) => (from ?? last ?? range) !== undefined;

function indexOf(windows: readonly Stretch[], at: number): number {
  let [low, high] = [0, windows.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (windows[middle]!.from <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

function valuesOf(asked: AskedQuery, facts: readonly Fact[]) {
  return Object.fromEntries(asked.measures.map((name) => [name, told(measures[name]!.value(facts))]));
}

function comparedWith(asked: AskedQuery, then: { from: string; to: string }, cell: Cell | undefined) {
  const change = asked.measures.map((name) => {
    const [[a, b], [c, d]] = [measures[name]!.value(cell?.present ?? []), measures[name]!.value(cell?.past ?? [])];
    return [name, b === 0 || d === 0 ? null : ratio(a * d - c * b, b * Math.abs(c))] as const;
  });
  return {
    windowStart: then.from,
    windowEnd: then.to,
    ...valuesOf(asked, cell?.past ?? []),
    change: Object.fromEntries(change),
  };
}

const told = ([of, by]: Fraction) => (by === 1 ? of : ratio(of, by));

/** Rounded to 4 decimals, halves away from zero, from integers; null for nothing divided. */
function ratio(of: number, by: number): number | null {
  if (by === 0) return null;
  const [a, b] = [BigInt(Math.abs(of)), BigInt(Math.abs(by))];
  const scaled = Number((2n * a * 10_000n + b) / (2n * b)) / 10_000;
  return scaled === 0 ? 0 : Math.sign(of) * Math.sign(by) * scaled;
}
