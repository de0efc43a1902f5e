// From what a client sent to a query. Every refusal names the parameter, its value and what was expected.

import { badParameter } from '../runtime/problem.ts';
import { type Definition, distinctOf, queryDimensions } from '../schemas/definition.ts';
import { decodeToken, type Token } from '../schemas/token.ts';
import { compareNames } from './comparison.ts';
import { instantOf, isTimeZone, startOfLocalDate } from './local-time.ts';
import { type OrderKey, type Query, windowStartKey } from './query.ts';
import { boundFilters, parseFilter } from './query-filter.ts';
import { inputOfParameters, type Parameters, type QueryInput, queryFields } from './query-input.ts';
import { flag, listOf, namesOf, oneOf, textOf, whole } from './query-values.ts';
import { lastExpected, parseLast, rangeNames } from './relative-range.ts';
import { weekDays, windowNames } from './windows.ts';

export type { Parameters } from './query-input.ts';

/** The most groups that `limit` can ask for. */
const maxLimit = 10_000;

/** Of GET. Throws a 400 problem for whatever is wrong. `partitions` is the length that a token's vector must have. */
export function parseQuery(parameters: Parameters, definition: Definition, partitions: number): Query {
  return parseInput(inputOfParameters(parameters, queryDimensions(definition)), definition, partitions);
}

/** Of POST: a body that was read as JSON. */
export function parseQueryBody(body: unknown, definition: Definition, partitions: number): Query {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badParameter('bad-body', '(body)', body, 'an object such as {"measures": ["orders"], "by": ["store"]}');
  }
  for (const [name, value] of Object.entries(body)) {
    if (Object.hasOwn(queryFields, name)) continue;
    throw badParameter('unknown-parameter', name, value, `one of ${Object.keys(queryFields).join(', ')}`);
  }
  return parseInput(body as QueryInput, definition, partitions);
}

function parseInput(input: QueryInput, definition: Definition, partitions: number): Query {
  const dimensions = queryDimensions(definition);
  const measures = parseMeasures(input, definition);
  const by = namesOf(input, 'by', 'unknown-dimension', dimensions);
  const window = oneOf(input, 'window', windowNames, 'unknown-window');
  const where = parseFilter(input, 'where', dimensions);
  const not = parseFilter(input, 'not', dimensions);
  boundFilters(where, not);
  const query: Query = {
    measures,
    by,
    window,
    weekStart: oneOf(input, 'weekStart', weekDays) ?? 'monday',
    ...parseRange(input),
    where,
    not,
    attribution: oneOf(input, 'attribution', ['event', 'order'], 'unknown-attribution') ?? 'event',
    order: parseOrder(input, [...measures, ...by]),
    limit: whole(input, 'limit', 1, maxLimit),
    other: flag(input, 'other') ?? false,
    compare: oneOf(input, 'compare', compareNames),
    fill: flag(input, 'fill') ?? false,
    atLeast: parseToken(textOf(input, 'atLeast'), partitions),
    provenance: oneOf(input, 'provenance', ['short', 'full']) ?? 'short',
    format: oneOf(input, 'format', ['json', 'csv']) ?? 'json',
  };
  requireTogether(query);
  return query;
}

/** What one field needs of another. */
function requireTogether(query: Query): void {
  const { compare, range, last, from, window, fill, other, limit } = query;
  if (other && limit === undefined)
    throw badCombination('other', other, 'limit as well: without it nothing is left over');
  if (fill && window === undefined) throw badCombination('fill', fill, 'window as well: a total has nothing to fill');
  if (compare !== undefined && range === undefined && last === undefined && from === undefined) {
    throw badCombination('compare', compare, 'from, last or range as well: where the range begins must be known');
  }
}

function badCombination(field: string, value: unknown, expected: string) {
  return badParameter('bad-combination', field, value, expected);
}

function parseMeasures(input: QueryInput, definition: Definition): string[] {
  const known = Object.keys(definition.measures).filter((name) => distinctOf(definition, name) === undefined);
  const measures = namesOf(input, 'measures', 'unknown-measure', known);
  if (measures.length > 0) return measures;
  throw badParameter('missing-parameter', 'measures', input['measures'], `one or more of ${known.join(', ')}`);
}

function parseRange(input: QueryInput): Pick<Query, 'from' | 'to' | 'last' | 'range' | 'tz'> {
  const tz = textOf(input, 'tz') ?? 'UTC';
  if (!isTimeZone(tz)) throw badParameter('unknown-time-zone', 'tz', tz, 'an IANA time zone such as Europe/Berlin');
  const from = parseInstant(input, 'from', tz);
  const to = parseInstant(input, 'to', tz);
  const lastText = textOf(input, 'last');
  const range = oneOf(input, 'range', rangeNames);
  for (const [field, value, rivals] of [
    ['last', lastText, { range, from, to }],
    ['range', range, { from, to }],
  ] as const) {
    const rival = Object.entries(rivals).find(([, given]) => given !== undefined)?.[0];
    if (value === undefined || rival === undefined) continue;
    throw badCombination(field, value, `one of from and to, last, range; ${rival} is given too`);
  }
  if (from !== undefined && to !== undefined && from >= to) {
    throw badParameter('reversed-range', 'to', input['to'], `an instant after from (${String(input['from'])})`);
  }
  const last = lastText === undefined ? undefined : parseLast(lastText);
  if (lastText !== undefined && last === undefined) throw badParameter('bad-value', 'last', lastText, lastExpected);
  return { from, to, last, range, tz };
}

function parseInstant(input: QueryInput, field: string, tz: string): number | undefined {
  const text = textOf(input, field);
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

/** `-name` is descending. windowStart puts windows before groups (first) or says which way they run (last). */
function parseOrder(input: QueryInput, columns: readonly string[]): OrderKey[] {
  const known = [...columns, windowStartKey];
  const texts = listOf(input, 'order') ?? [];
  const keys = texts.map((text): OrderKey => {
    const descending = text.startsWith('-');
    const name = descending ? text.slice(1) : text;
    if (known.includes(name)) return { name, descending };
    throw badParameter('unknown-value', 'order', text, `one of ${known.join(', ')}, with - before it for descending`);
  });
  for (const [i, { name }] of keys.entries()) {
    if (keys.findIndex((key) => key.name === name) < i)
      throw badParameter('duplicate-value', 'order', name, 'each name once');
    if (name !== windowStartKey || i === 0 || i === keys.length - 1) continue;
    throw badCombination('order', texts.join(','), `${windowStartKey} as the first or the last`);
  }
  return keys;
}

function parseToken(text: string | undefined, partitions: number): Token | undefined {
  if (text === undefined) return undefined;
  const token = decodeToken(text);
  if (token && token.vector.length === partitions) return token;
  throw badParameter('bad-token', 'atLeast', text, 'a token from an answer of this API or from ingest');
}
