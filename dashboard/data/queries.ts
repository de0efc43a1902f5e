// From a page's state to the queries behind it, and to words for what no query can answer. Pure.
import type { ClientQuery, Definitions } from '../../api/client.ts';
import { parametersOf } from '../../api/client-query.ts';
import type { WindowName } from '../../api/query-names.ts';
import { type Dimension, dimensions, type Extent, type PageState, type Range, rangeFields } from './page-state.ts';

interface Wanted {
  readonly measures: readonly string[];
  readonly by?: readonly string[];
  readonly with?: Pick<ClientQuery, 'window' | 'fill' | 'order' | 'limit' | 'other'>;
  /** Instead of the page's. */
  readonly range?: Range;
  readonly compare?: boolean;
  /** The dimension whose own filter is left aside, so that its other values can be seen. */
  readonly beside?: Dimension;
}

/** `extent`: what all data means. */
export function queryOf(state: PageState, wanted: Wanted, extent?: Extent): ClientQuery {
  const { measures, by = [], range = state.range, compare = false, beside } = wanted;
  const filters = dimensions.flatMap((name) => {
    const values = name === beside ? undefined : state.filters[name];
    return values ? [[name, values] as const] : [];
  });
  return {
    measures,
    ...(by.length > 0 && { by }),
    ...rangeFields(range, extent),
    tz: state.tz,
    ...(compare && state.compare !== 'none' && range.kind !== 'all' && { compare: state.compare }),
    ...wanted.with,
    ...(filters.length > 0 && { where: Object.fromEntries(filters) }),
  };
}

/** As GET /v1/query takes it; equal queries give equal texts. */
export function queryText(query: ClientQuery): string {
  return parametersOf(query).toString().replaceAll('%2C', ',').replaceAll('%2F', '/').replaceAll('%3A', ':');
}

export const queryPath = (query: ClientQuery): string => `/v1/query?${queryText(query)}`;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const lastUnitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: hourMs,
  d: dayMs,
  w: 7 * dayMs,
  mo: 30 * dayMs,
  y: 365 * dayMs,
};

/** About how long a range is. */
export function lengthMs(range: Range, extent: Extent | undefined, nowMs: number): number {
  switch (range.kind) {
    case 'named':
      return {
        today: dayMs,
        yesterday: dayMs,
        'week-to-date': 7 * dayMs,
        'month-to-date': 31 * dayMs,
        'quarter-to-date': 92 * dayMs,
        'year-to-date': 366 * dayMs,
      }[range.name];
    case 'last': {
      const [, number = '', unit = ''] = /^(\d+)([a-z]+)$/.exec(range.last) ?? [];
      return Number(number) * (lastUnitMs[unit] ?? 0);
    }
    case 'between':
      return Date.parse(range.to) - Date.parse(range.from);
    case 'all':
      return extent ? (extent.to === undefined ? nowMs : Date.parse(extent.to)) - Date.parse(extent.from) : dayMs;
    default:
      return range satisfies never;
  }
}

const windowMs: Readonly<Record<WindowName, number>> = {
  minute: 60_000,
  '15m': 15 * 60_000,
  hour: hourMs,
  day: dayMs,
  week: 7 * dayMs,
  month: 30 * dayMs,
  year: 365 * dayMs,
};

/** Windows of which a range has neither too few to see a course nor too many to draw. */
export function windowsFor(ms: number): WindowName[] {
  return (Object.keys(windowMs) as WindowName[]).filter(
    (name) => ms / windowMs[name] >= 2 && ms / windowMs[name] <= 750,
  );
}

/** The window that shows a range best: the shortest of which there are no more than about sixty. */
export function windowFor(ms: number): WindowName {
  return (Object.keys(windowMs) as WindowName[]).find((name) => ms / windowMs[name] <= 62) ?? 'year';
}

/** Whether some rollup holds all that is asked, and if not, which filters are in the way. */
export type Answerable =
  | { readonly kind: 'answerable' }
  | { readonly kind: 'filters'; readonly inTheWay: readonly Dimension[] }
  | { readonly kind: 'never' };

/** `measure`: a base measure. Where the definitions are not known yet, the server will say. */
export function answerableBy(
  definitions: Definitions | undefined,
  measure: string,
  by: Dimension,
  filters: readonly Dimension[],
): Answerable {
  if (!definitions) return { kind: 'answerable' };
  const missing = definitions.rollups
    .filter(({ attribution, measures }) => attribution === 'event' && measures.includes(measure))
    .filter(({ dimensions }) => dimensions.includes(by))
    .map(({ dimensions }) => filters.filter((name) => !dimensions.includes(name)))
    .toSorted((a, b) => a.length - b.length)[0];
  if (!missing) return { kind: 'never' };
  return missing.length === 0 ? { kind: 'answerable' } : { kind: 'filters', inTheWay: missing };
}

/** Dimensions of filters that hold something. */
export function filteredBy(state: PageState): Dimension[] {
  return Object.keys(state.filters) as Dimension[];
}
