// The live part of an answer: the cells of the tilings, filtered and grouped as the batch part is.
import { decodeCellKey } from '../schemas/cells.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Epoch } from './epoch.ts';
import { type GroupMap, groupFor } from './groups.ts';
import type { RangeRead } from './query-plan.ts';
import { windowStartOf } from './windows.ts';

/** Adds what the epochs hold into `groups`. Must run before the next await: the open epochs go on growing. */
export function addLivePart(groups: GroupMap, tilings: readonly (readonly Epoch[])[], plan: RangeRead): void {
  const { rollup, rollupIndex, grid } = plan;
  const accepts = compileFilter(plan);
  const groupAt = plan.groupBy.map((name) => rollup.dimensions.indexOf(name));
  const sumAt = plan.bases.map((name) => rollup.measures.indexOf(name) + 1);
  const firstWindow = plan.from / rollup.windowMs;
  const endWindow = plan.to / rollup.windowMs;
  for (const epoch of tilings.flat()) {
    for (const [key, cell] of epoch.cells[rollupIndex]!) {
      const { windowIndex, values } = decodeCellKey(key);
      if (windowIndex < firstWindow || windowIndex >= endWindow || !accepts(values)) continue;
      const at = windowIndex * rollup.windowMs;
      const group = groupFor(
        groups,
        windowStartOf(grid, at),
        groupAt.map((i) => values[i]!),
        sumAt.length,
      );
      group.facts += BigInt(cell[0]!);
      for (const [i, position] of sumAt.entries()) group.sums[i]! += BigInt(cell[position]!);
      group.earliest = Math.min(group.earliest, at);
    }
  }
}

function compileFilter({ rollup, query }: RangeRead): (values: readonly string[]) => boolean {
  const at = (name: string, { dimensions }: Rollup) => dimensions.indexOf(name);
  const wanted = Object.entries(query.where).map(([name, values]) => [at(name, rollup), new Set(values)] as const);
  const unwanted = Object.entries(query.not).map(([name, values]) => [at(name, rollup), new Set(values)] as const);
  return (values) =>
    wanted.every(([i, set]) => set.has(values[i]!)) && unwanted.every(([i, set]) => !set.has(values[i]!));
}
