// What a page shows, as its address says it, in the words of the query API. The address holds all of it: a link shows the
// same to everybody, so the zone is always written. Pure.
import type { ClientQuery } from '../../api/client.ts';
import { compareNames, type RangeName, rangeNames, type WindowName, windowNames } from '../../api/query-names.ts';

export const pages = ['today', 'pipeline', 'reports'] as const;
export type Page = (typeof pages)[number];

export const comparisons = ['none', ...compareNames] as const;
export const shownMeasures = ['orders', 'netMinor', 'units'] as const;
export const dimensions = ['store', 'channel', 'country', 'currency', 'category', 'sku'] as const;

export type Comparison = (typeof comparisons)[number];
type ShownMeasure = (typeof shownMeasures)[number];
export type Dimension = (typeof dimensions)[number];
export type Filters = Readonly<Partial<Record<Dimension, readonly string[]>>>;

export type Range =
  | { readonly kind: 'named'; readonly name: RangeName }
  /** As the query API has it: 60m, 24h, 12mo. */
  | { readonly kind: 'last'; readonly last: string }
  /** Local dates, the second one not included; or instants. */
  | { readonly kind: 'between'; readonly from: string; readonly to: string }
  /** All that there is. */
  | { readonly kind: 'all' };

export interface PageState {
  readonly page: Page;
  readonly range: Range;
  readonly tz: string;
  readonly compare: Comparison;
  readonly measure: ShownMeasure;
  /** undefined: what suits the range. */
  readonly window: WindowName | undefined;
  readonly filters: Filters;
  /** The report that is opened on the page of reports. */
  readonly report?: string | undefined;
}

export interface ReadState {
  readonly state: PageState;
  /** The address names no range: the page may choose one that has data. */
  readonly isRangeOpen: boolean;
  /** Parts of the address that say nothing known. */
  readonly ignored: readonly string[];
}

export const today: Range = { kind: 'named', name: 'today' };

/** With what a range is compared where nothing else is said. */
export function usualComparison(range: Range): Comparison {
  if (range.kind === 'all') return 'none';
  const isDay = range.kind === 'named' && (range.name === 'today' || range.name === 'yesterday');
  return isDay ? 'week-ago' : 'previous';
}

export function readState(path: string, search: string, zone: string): ReadState {
  const parameters = new URLSearchParams(search);
  const ignored: string[] = [];
  const oneOf = <T extends string>(name: string, known: readonly T[]): T | undefined => {
    const text = parameters.get(name);
    if (text === null) return undefined;
    const found = known.find((one) => one === text);
    if (found === undefined) ignored.push(`${name}=${text}`);
    return found;
  };
  const name = path.replace(/^\//, '') || 'today';
  const range = readRange(parameters, ignored);
  const tz = parameters.get('tz');
  const isZone = tz !== null && isTimeZone(tz);
  if (tz !== null && !isZone) ignored.push(`tz=${tz}`);
  const compare = oneOf('compare', comparisons);
  const settled = range ?? today;
  const page = pages.find((page) => page === name) ?? 'today';
  return {
    state: {
      page,
      range: settled,
      tz: isZone ? tz : zone,
      compare: settled.kind === 'all' ? 'none' : (compare ?? usualComparison(settled)),
      measure: oneOf('measure', shownMeasures) ?? 'orders',
      window: oneOf('window', windowNames),
      filters: readFilters(parameters),
      report: (page === 'reports' && parameters.get('report')) || undefined,
    },
    isRangeOpen: range === undefined,
    ignored,
  };
}

function readRange(parameters: URLSearchParams, ignored: string[]): Range | undefined {
  const [name, last, from, to] = ['range', 'last', 'from', 'to'].map((key) => parameters.get(key));
  if (name === 'all') return { kind: 'all' };
  if (name) {
    const known = rangeNames.find((one) => one === name);
    if (known) return { kind: 'named', name: known };
    ignored.push(`range=${name}`);
  }
  if (last) {
    if (/^[1-9]\d{0,6}(m|h|d|w|mo|y)$/.test(last)) return { kind: 'last', last };
    ignored.push(`last=${last}`);
  }
  if (from && to && isTime(from) && isTime(to) && from < to) return { kind: 'between', from, to };
  if (from) ignored.push(`from=${from}`);
  if (to) ignored.push(`to=${to}`);
  return undefined;
}

const isTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) && !Number.isNaN(Date.parse(text));

function readFilters(parameters: URLSearchParams): Filters {
  const entries = dimensions.map((name) => [name, [...new Set(parameters.getAll(`where.${name}`))]] as const);
  return Object.fromEntries(entries.filter(([, values]) => values.length > 0));
}

function isTimeZone(tz: string): boolean {
  try {
    // Browsers take offsets too, the API names alone.
    return /^[A-Za-z]/.test(tz) && Boolean(new Intl.DateTimeFormat('en', { timeZone: tz }));
  } catch {
    return false;
  }
}

/** The address of a state: the same state always has the same one. */
export function addressOf(state: PageState): string {
  const { page, range, tz, compare, measure, window, filters, report } = state;
  const parameters = new URLSearchParams({ ...rangeFields(range) });
  if (range.kind === 'all') parameters.set('range', 'all');
  parameters.set('tz', tz);
  if (compare !== usualComparison(range)) parameters.set('compare', compare);
  if (measure !== 'orders') parameters.set('measure', measure);
  if (window !== undefined) parameters.set('window', window);
  // In the order of `dimensions`, so that equal filters give equal addresses.
  for (const name of dimensions) for (const value of filters[name] ?? []) parameters.append(`where.${name}`, value);
  if (page === 'reports' && report !== undefined) parameters.set('report', report);
  const path = page === 'today' ? '/' : `/${page}`;
  return `${path}?${parameters.toString().replaceAll('%2F', '/').replaceAll('%3A', ':')}`;
}

/** Of all data: local dates, the second not included; without it the range is open. */
export interface Extent {
  readonly from: string;
  readonly to?: string;
}

/** As the query API takes them. */
export function rangeFields(range: Range, extent?: Extent): Pick<ClientQuery, 'range' | 'last' | 'from' | 'to'> {
  switch (range.kind) {
    case 'named':
      return { range: range.name };
    case 'last':
      return { last: range.last };
    case 'between':
      return { from: range.from, to: range.to };
    case 'all':
      return { ...extent };
    default:
      return range satisfies never;
  }
}

/** The filters with that value in, or out if it was in. */
export function toggled(filters: Filters, dimension: Dimension, value: string): Filters {
  const had = filters[dimension] ?? [];
  const values = had.includes(value) ? had.filter((one) => one !== value) : [...had, value];
  const { [dimension]: _, ...others } = filters;
  return values.length === 0 ? others : { ...others, [dimension]: values };
}
