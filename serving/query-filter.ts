// The filters of a query: `where` and `not`, values by dimension.
import { badParameter } from '../runtime/problem.ts';
import { limits } from '../schemas/order-event.ts';
import type { Filter } from './query.ts';
import type { QueryInput } from './query-input.ts';
import { listOf } from './query-values.ts';

/** Of filter values. Bound parameters travel in an address: together they must stay small. */
const queryBounds = { filterValues: 100, filterBytes: 4_000 };

export function parseFilter(input: QueryInput, kind: 'where' | 'not', dimensions: readonly string[]): Filter {
  const given = input[kind] === undefined ? {} : input[kind];
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw badParameter('wrong-type', kind, given, 'an object of lists such as {"store": ["west"]}');
  }
  for (const [name, value] of Object.entries(given)) {
    if (dimensions.includes(name)) continue;
    throw badParameter('unknown-dimension', `${kind}.${name}`, value, `${kind}. and one of ${dimensions.join(', ')}`);
  }
  const fields = given as QueryInput;
  const filter: Record<string, readonly string[]> = {};
  for (const dimension of dimensions) {
    if (!Object.hasOwn(fields, dimension)) continue;
    filter[dimension] = parseValues(`${kind}.${dimension}`, fields[dimension]);
  }
  return filter;
}

function parseValues(field: string, given: unknown): readonly string[] {
  const values = listOf({ [field]: given }, field) ?? [];
  if (values.length === 0) throw badParameter('bad-value', field, given, 'one or more values');
  const expected = `1 to ${limits.dimensionBytes} bytes of text without control characters`;
  for (const value of values) {
    const fits = value !== '' && Buffer.byteLength(value) <= limits.dimensionBytes;
    if (!fits || !value.isWellFormed() || /\p{Cc}/u.test(value))
      throw badParameter('bad-value', field, value, expected);
  }
  return [...new Set(values)].toSorted();
}

export function boundFilters(...filters: Filter[]): void {
  const values = filters.flatMap((filter) => Object.values(filter)).flat();
  const bytes = values.reduce((sum, value) => sum + encodeURIComponent(value).length, 0);
  if (values.length <= queryBounds.filterValues && bytes <= queryBounds.filterBytes) return;
  const expected = `at most ${queryBounds.filterValues} values and ${queryBounds.filterBytes} escaped bytes in all`;
  throw badParameter('too-many-values', 'where', `${values.length} values, ${bytes} bytes`, expected);
}
