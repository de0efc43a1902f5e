// What of the filters of a query their schema cannot say: bytes, not characters, and bounds on all of them together.
import { badParameter } from '../runtime/problem.ts';
import { limits } from '../schemas/order-event.ts';
import type { Filter } from './query.ts';

/** Of filter values. Bound parameters travel in an address: together they must stay small. */
const queryBounds = { filterValues: 100, filterBytes: 4_000 };

/** As the schema of a query has passed it. */
type GivenFilter = Readonly<Record<string, readonly string[] | undefined>>;

export function parseFilter(kind: 'where' | 'not', given: GivenFilter = {}): Filter {
  const filter: Record<string, readonly string[]> = {};
  for (const dimension of Object.keys(given).toSorted()) {
    const values = given[dimension]!;
    for (const value of values) {
      if (Buffer.byteLength(value) <= limits.dimensionBytes && value.isWellFormed()) continue;
      const expected = `1 to ${limits.dimensionBytes} bytes of text without control characters`;
      throw badParameter('bad-value', `${kind}.${dimension}`, value, expected);
    }
    filter[dimension] = [...new Set(values)].toSorted();
  }
  return filter;
}

export function boundFilters(...filters: Filter[]): void {
  const values = filters.flatMap((filter) => Object.values(filter)).flat();
  const bytes = values.reduce((sum, value) => sum + encodeURIComponent(value).length, 0);
  if (values.length <= queryBounds.filterValues && bytes <= queryBounds.filterBytes) return;
  const expected = `at most ${queryBounds.filterValues} values and ${queryBounds.filterBytes} escaped bytes in all`;
  throw badParameter('too-many-values', 'where', `${values.length} values, ${bytes} bytes`, expected);
}
