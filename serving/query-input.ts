// The parameters of an address as the document that a body would be, so that both are judged by the same code
// (query-parse.ts): comma lists become lists, digits a number, true and false what they are. What does not fit stays text.
import { badParameter } from '../runtime/problem.ts';

/** Fields of a query, not judged yet; `where` and `not` hold lists by dimension. */
export type QueryInput = Readonly<Record<string, unknown>>;

export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;

type FieldKind = 'text' | 'list' | 'number' | 'flag' | 'filter';

/** Every field of a query. */
export const queryFields: Readonly<Record<string, FieldKind>> = {
  measures: 'list',
  by: 'list',
  window: 'text',
  weekStart: 'text',
  from: 'text',
  to: 'text',
  last: 'text',
  range: 'text',
  tz: 'text',
  attribution: 'text',
  order: 'list',
  limit: 'number',
  other: 'flag',
  compare: 'text',
  fill: 'flag',
  atLeast: 'text',
  provenance: 'text',
  format: 'text',
  where: 'filter',
  not: 'filter',
};

/** Throws a 400 problem for parameters that there are not, and for one that is given twice. */
export function inputOfParameters(parameters: Parameters, dimensions: readonly string[]): QueryInput {
  const input: Record<string, unknown> = {};
  const filters: Record<string, Record<string, readonly string[]>> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    const dot = name.indexOf('.');
    const kind = dot < 0 ? name : name.slice(0, dot);
    if (dot >= 0 && (kind === 'where' || kind === 'not')) {
      const dimension = name.slice(dot + 1);
      if (!dimensions.includes(dimension)) {
        throw badParameter('unknown-dimension', name, value, `${kind}. and one of ${dimensions.join(', ')}`);
      }
      (filters[kind] ??= {})[dimension] = typeof value === 'string' ? [value] : value;
    } else {
      const fieldKind = Object.hasOwn(queryFields, name) ? queryFields[name]! : 'filter';
      if (fieldKind === 'filter') throw unknownField(name, value, dimensions);
      if (typeof value !== 'string') throw badParameter('duplicate-parameter', name, value, 'to be given once');
      input[name] = readText(fieldKind, value);
    }
  }
  return { ...input, ...filters };
}

function unknownField(name: string, value: unknown, dimensions: readonly string[]) {
  const plain = Object.keys(queryFields).filter((field) => queryFields[field] !== 'filter');
  const known = [...plain, ...dimensions.flatMap((dimension) => [`where.${dimension}`, `not.${dimension}`])];
  return badParameter('unknown-parameter', name, value, `one of ${known.join(', ')}`);
}

function readText(kind: Exclude<FieldKind, 'filter'>, text: string): unknown {
  switch (kind) {
    case 'text':
      return text;
    case 'list':
      return text === '' ? [] : text.split(',');
    case 'number':
      return /^\d{1,15}$/.test(text) ? Number(text) : text;
    case 'flag':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return kind satisfies never;
  }
}
