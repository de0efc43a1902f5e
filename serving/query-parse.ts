// From what a client sent to a query: held to the schema (api/query-schema.ts), then judged by what a schema cannot say.
// Every refusal names the parameter, its value and what was expected.
import { type QueryInput, querySchema, streamSchema } from '../api/query-schema.ts';
import { badParameter } from '../runtime/problem.ts';
import type { Definition } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import { decodeToken, type Token } from '../schemas/token.ts';
import { createInputCheck } from './input-check.ts';
import { instantOf, isTimeZone, startOfLocalDate } from './local-time.ts';
import { type OrderKey, type Query, windowStartKey } from './query.ts';
import { boundFilters, parseFilter } from './query-filter.ts';
import { inputOfParameters, type Parameters } from './query-input.ts';
import { parseLast } from './relative-range.ts';

export type { Parameters } from './query-input.ts';

/** Each throws a 400 problem for whatever is wrong. */
export interface QueryParser {
  /** Of GET. */
  ofParameters(parameters: Parameters): Query;
  /** Of POST: a body that was read as JSON. */
  ofBody(body: unknown): Query;
  ofStream(parameters: Parameters): { readonly query: Query; readonly minIntervalMs: number | undefined };
}

const parsers = new WeakMap<Generation, QueryParser>();

/** One for all who parse queries of a generation: compiling the schemas takes milliseconds. */
export function queryParserOf(generation: Generation): QueryParser {
  const parser = parsers.get(generation) ?? createQueryParser(generation.definition, generation.partitions);
  parsers.set(generation, parser);
  return parser;
}

/** `partitions` is the length that a token's vector must have. */
export function createQueryParser(definition: Definition, partitions: number): QueryParser {
  const query = createInputCheck(querySchema(definition));
  const stream = createInputCheck(streamSchema(definition));
  const expectedOf = (field: 'from' | 'last' | 'tz' | 'atLeast') =>
    (query.schema.properties[field] as { readonly description?: string }).description!;
  const expected = {
    instant: expectedOf('from'),
    last: expectedOf('last'),
    tz: expectedOf('tz'),
    token: expectedOf('atLeast'),
  };
  const parse = (input: QueryInput) => parseInput(input, { partitions, expected });
  return {
    ofParameters: (parameters) => parse(query.accept(inputOfParameters(parameters, query.schema))),
    ofBody: (body) => parse(query.accept(body)),
    ofStream(parameters) {
      const { minIntervalMs, ...input } = stream.accept(inputOfParameters(parameters, stream.schema));
      return { query: parse(input), minIntervalMs };
    },
  };
}

interface Rules {
  readonly partitions: number;
  /** What was expected, as the schema describes it. */
  readonly expected: Readonly<Record<'instant' | 'last' | 'tz' | 'token', string>>;
}

function parseInput(input: QueryInput, rules: Rules): Query {
  const { measures, by = [] } = input;
  const where = parseFilter('where', input.where);
  const not = parseFilter('not', input.not);
  boundFilters(where, not);
  const query: Query = {
    measures,
    by,
    window: input.window,
    weekStart: input.weekStart ?? 'monday',
    ...parseRange(input, rules),
    where,
    not,
    attribution: input.attribution ?? 'event',
    order: parseOrder(input.order ?? [], [...measures, ...by]),
    limit: input.limit,
    other: input.other ?? false,
    compare: input.compare,
    fill: input.fill ?? false,
    atLeast: parseToken(input.atLeast, rules),
    provenance: input.provenance ?? 'short',
    format: input.format ?? 'json',
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

function parseRange(input: QueryInput, rules: Rules): Pick<Query, 'from' | 'to' | 'last' | 'range' | 'tz'> {
  const { tz = 'UTC', last: lastText, range } = input;
  if (!isTimeZone(tz)) throw badParameter('unknown-time-zone', 'tz', tz, rules.expected.tz);
  const instantIn = (field: 'from' | 'to') => parseInstant(field, input[field], tz, rules);
  const [from, to] = [instantIn('from'), instantIn('to')];
  for (const [field, value, rivals] of [
    ['last', lastText, { range, from, to }],
    ['range', range, { from, to }],
  ] as const) {
    const rival = Object.entries(rivals).find(([, given]) => given !== undefined)?.[0];
    if (value === undefined || rival === undefined) continue;
    throw badCombination(field, value, `one of from and to, last, range; ${rival} is given too`);
  }
  if (from !== undefined && to !== undefined && from >= to) {
    throw badParameter('reversed-range', 'to', input.to, `an instant after from (${input.from})`);
  }
  const last = lastText === undefined ? undefined : parseLast(lastText);
  if (lastText !== undefined && last === undefined)
    throw badParameter('bad-value', 'last', lastText, rules.expected.last);
  return { from, to, last, range, tz };
}

function parseInstant(field: string, text: string | undefined, tz: string, rules: Rules): number | undefined {
  if (text === undefined) return undefined;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  // A plus sign that was not escaped arrives as a space.
  const isInstant = /^\d{4}-\d\d-\d\dT\S+?( ?\d\d:?\d\d|\S)$/.test(text);
  const at = isDate ? startOfLocalDate(text, tz) : isInstant ? instantOf(text.replace(' ', '+')) : undefined;
  if (at === undefined) throw badParameter('bad-instant', field, text, rules.expected.instant);
  if (at < 0) throw badParameter('bad-instant', field, text, 'an instant or a date from 1970-01-01T00:00:00Z on');
  return at;
}

/** `-name` is descending. windowStart puts windows before groups (first) or says which way they run (last). */
function parseOrder(texts: readonly string[], columns: readonly string[]): OrderKey[] {
  const known = [...columns, windowStartKey];
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

function parseToken(text: string | undefined, { partitions, expected }: Rules): Token | undefined {
  if (text === undefined) return undefined;
  const token = decodeToken(text);
  if (token && token.vector.length === partitions) return token;
  throw badParameter('bad-token', 'atLeast', text, expected.token);
}
