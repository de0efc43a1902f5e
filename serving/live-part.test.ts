// The live part adds cells of many epochs; that it equals the oracle is tested with the live view. Here: where numbers end.
import { expect, test } from 'vitest';
import { encodeCellKey } from '../schemas/cells.ts';
import { definition } from '../schemas/definition.ts';
import { emptyEpoch } from './epoch.ts';
import type { GroupMap } from './groups.ts';
import { addLivePart } from './live-part.ts';
import { createQueryParser } from './query-parse.ts';
import { planQuery, rangesOf } from './query-plan.ts';

test('sums beyond the exact integers of a number stay exact, over partitions, epochs and keys', () => {
  const most = Number.MAX_SAFE_INTEGER;
  const at = Date.UTC(2024, 0, 1) / 60_000;
  const epochs = [0, 1, 2].map((i) => {
    const epoch = emptyEpoch(definition, 0);
    const add = (store: string, country: string, grossMinor: number) =>
      epoch.cells[0]!.set(encodeCellKey(at + i, [store, 'web', country, 'USD']), [1, 1, grossMinor, 0, 0, 0, 0, 0, 0]);
    add('west', 'US', most - i);
    add('west', 'DE', most);
    add('east', 'US', 7);
    return epoch;
  });
  const query = createQueryParser(definition, 1).ofParameters({ measures: 'orders,grossMinor', by: 'store' });
  const plan = planQuery(query, definition, { nowMs: (at + 5) * 60_000, newestMs: 0, earliestMs: 0 });
  const groups: GroupMap = new Map();
  addLivePart(groups, [[epochs[0]!, epochs[1]!], [epochs[2]!]], rangesOf(plan, 0).present[0]!);
  const sums = Object.fromEntries(groups.values().map((group) => [group.values[0]!, [group.facts, ...group.sums]]));
  expect(sums).toEqual({ west: [6n, 6n, 6n * BigInt(most) - 3n], east: [3n, 3n, 21n] });
  expect(
    groups
      .values()
      .map(({ earliest }) => earliest)
      .toArray(),
  ).toEqual([at * 60_000, at * 60_000]);
});
