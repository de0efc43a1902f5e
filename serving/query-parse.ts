// From query parameters to a query. Every refusal names the parameter, its value and what was expected.

import { badParameter } from '../runtime/problem.ts';
import type { Definition } from '../schemas/definition.ts';
import { limits } from '../schemas/order-event.ts';
import { decodeToken, type Token } from '../schemas/token.ts';
import type { Query } from './query.ts';
import { instantOf, isTimeZone, startOfLocalDate, type WindowName, windowNames } from './windows.ts';

export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Of filter values. Bound parameters travel in an address: together they must stay small. */
const queryBounds = { filterValues: 100, filterBytes: 4_000 };

const single = ['measures', 'by', 'window', 'from', 'to', 'tz', 'attribution', 'atLeast'];

/** Throws a 400 problem for whatever is wrong. `partitions` is the length that a token's vector must have. */
export function parseQuery(parameters: Parameters, definition: Definition, partitions: number): Query {
  const dimensions = Object.keys(definition.dimensions);
  const known = [...single, ...dimensions.flatMap((name) => [`where.${name}`, `not.${name}`])];
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    const [kind, dimension] = split(name);
    if ((kind === 'where' || kind === 'not') && dimension !== undefined) {
      if (dimensions.includes(dimension)) continue;
      throw badParameter('unknown-dimension', name, value, `${kind}. and one of ${dimensions.join(', ')}`);
    }
    if (!known.includes(name)) throw badParameter('unknown-parameter', name, value, `one of ${known.join(', ')}`);
    if (typeof value !== 'string') throw badParameter('duplicate-parameter', name, value, 'to be given once');
  }
  const text = (name: string) => parameters[name] as string | undefined;
  const tz = parseZone(text('tz') ?? 'UTC');
  const from = parseInstant('from', text('from'), tz);
  const to = parseInstant('to', text('to'), tz);
  if (from !== undefined && to !== undefined && from >= to) {
    throw badParameter('reversed-range', 'to', text('to'), `an instant after from (${text('from')})`);
  }
  const where = parseFilter('where', parameters, dimensions);
  const not = parseFilter('not', parameters, dimensions);
  boundFilters(where, not);
  return {
    measures: parseMeasures(text('measures'), definition),
    by: parseList('by', text('by') ?? '', 'unknown-dimension', dimensions),
    window: parseWindow(text('window')),
    from,
    to,
    tz,
    where,
    not,
    attribution: parseAttribution(text('attribution')),
    atLeast: parseToken(text('atLeast'), partitions),
  };
}

function split(name: string): [string, string | undefined] {
  const dot = name.indexOf('.');
  return dot < 0 ? [name, undefined] : [name.slice(0, dot), name.slice(dot + 1)];
}

function parseMeasures(text: string | undefined, definition: Definition): string[] {
  const names = Object.keys(definition.measures);
  if (text === undefined || text === '') {
    throw badParameter('missing-parameter', 'measures', text, `one or more of ${names.join(', ')}`);
  }
  return parseList('measures', text, 'unknown-measure', names);
}

function parseList(field: string, text: string, code: string, known: readonly string[]): string[] {
  const names = text === '' ? [] : text.split(',');
  for (const [i, name] of names.entries()) {
    if (!known.includes(name)) throw badParameter(code, field, name, `one of ${known.join(', ')}`);
    if (names.indexOf(name) < i) throw badParameter('duplicate-value', field, name, 'each name once');
  }
  return names;
}

function parseWindow(text: string | undefined): WindowName | undefined {
  if (text === undefined) return undefined;
  const window = windowNames.find((name) => name === text);
  if (!window) throw badParameter('unknown-window', 'window', text, `one of ${windowNames.join(', ')}`);
  return window;
}

function parseAttribution(text = 'event'): 'event' | 'order' {
  if (text === 'event' || text === 'order') return text;
  throw badParameter('unknown-attribution', 'attribution', text, 'event or order');
}

function parseZone(text: string): string {
  if (isTimeZone(text)) return text;
  throw badParameter('unknown-time-zone', 'tz', text, 'an IANA time zone such as Europe/Berlin');
}

function parseInstant(field: string, text: string | undefined, tz: string): number | undefined {
  if (text === undefined) return undefined;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  // A plus sign that was not escaped arrives as a space.
  const isInstant = /^\d{4}-\d\d-\d\dT\S+?( ?\d\d:?\d\d|\S)$/.test(text);
  const at = isDate ? startOfLocalDate(text, tz) : isInstant ? instantOf(text.replace(' ', '+')) : undefined;
  if (at !== undefined && at >= 0) return at;
  const expected =
    'an ISO 8601 instant such as 2024-03-10T06:00:00Z (a plus sign as %2B), or a date such as 2024-03-10';
  throw badParameter('bad-instant', field, text, expected);
}

function parseFilter(kind: string, parameters: Parameters, dimensions: readonly string[]) {
  const filter: Record<string, readonly string[]> = {};
  for (const dimension of dimensions) {
    const field = `${kind}.${dimension}`;
    const given = parameters[field];
    if (given === undefined) continue;
    const values = typeof given === 'string' ? [given] : given;
    for (const value of values) {
      if (value !== '' && Buffer.byteLength(value) <= limits.dimensionBytes && !/\p{Cc}/u.test(value)) continue;
      const expected = `1 to ${limits.dimensionBytes} bytes of text without control characters`;
      throw badParameter('bad-value', field, value, expected);
    }
    filter[dimension] = [...new Set(values)].toSorted();
  }
  return filter;
}

function boundFilters(...filters: Record<string, readonly string[]>[]): void {
  const values = filters.flatMap((filter) => Object.values(filter)).flat();
  const bytes = values.reduce((sum, value) => sum + encodeURIComponent(value).length, 0);
  if (values.length <= queryBounds.filterValues && bytes <= queryBounds.filterBytes) return;
  const expected = `at most ${queryBounds.filterValues} values and ${queryBounds.filterBytes} escaped bytes in all`;
  throw badParameter('too-many-values', 'where', `${values.length} values, ${bytes} bytes`, expected);
}

function parseToken(text: string | undefined, partitions: number): Token | undefined {
  if (text === undefined) return undefined;
  const token = decodeToken(text);
  if (token && token.vector.length === partitions) return token;
  throw badParameter('bad-token', 'atLeast', text, 'a token from an answer of this API or from ingest');
}
