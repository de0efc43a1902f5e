// The live part of an answer: the cells of the tilings, filtered and grouped as the batch part is. Partitions and epochs
// share most keys, so a key is read once; what falls into one group is added as numbers while they are exact.
import { type Cell, decodeCellKey, encodeCellKey } from '../schemas/cells.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Epoch } from './epoch.ts';
import { type GroupMap, groupFor } from './groups.ts';
import type { RangeRead } from './query-plan.ts';
import { windowStartOf } from './windows.ts';

/** What was added of one group and is not in it yet. */
interface Tally {
  readonly windowStart: number;
  readonly values: readonly string[];
  earliest: number;
  /** Facts, then the measures asked. */
  readonly sums: Cell;
}

/** Adds what the epochs hold into `groups`. Must run before the next await: the open epochs go on growing. */
export function addLivePart(groups: GroupMap, tilings: readonly (readonly Epoch[])[], plan: RangeRead): void {
  const { rollup, rollupIndex, grid } = plan;
  const accepts = compileFilter(plan);
  const groupAt = plan.groupBy.map((name) => rollup.dimensions.indexOf(name));
  const cellAt = [0, ...plan.bases.map((name) => rollup.measures.indexOf(name) + 1)];
  const firstWindow = plan.from / rollup.windowMs;
  const endWindow = plan.to / rollup.windowMs;
  const tallies = new Map<string, Tally>();
  const byCellKey = new Map<string, Tally | 'not asked'>();

  function tallyFor(cellKey: string): Tally | 'not asked' {
    const { windowIndex, values } = decodeCellKey(cellKey);
    if (windowIndex < firstWindow || windowIndex >= endWindow || !accepts(values)) return 'not asked';
    const at = windowIndex * rollup.windowMs;
    const windowStart = windowStartOf(grid, at);
    const grouped = groupAt.map((i) => values[i]!);
    const key = encodeCellKey(windowStart, grouped);
    let tally = tallies.get(key);
    if (!tally) tallies.set(key, (tally = { windowStart, values: grouped, earliest: at, sums: cellAt.map(() => 0) }));
    tally.earliest = Math.min(tally.earliest, at);
    return tally;
  }

  function empty({ windowStart, values, earliest, sums }: Tally): void {
    const group = groupFor(groups, windowStart, values, sums.length - 1);
    group.facts += BigInt(sums[0]!);
    for (let i = 1; i < sums.length; i += 1) group.sums[i - 1]! += BigInt(sums[i]!);
    group.earliest = Math.min(group.earliest, earliest);
    sums.fill(0);
  }

  for (const epoch of tilings.flat()) {
    for (const [key, cell] of epoch.cells[rollupIndex]!) {
      let tally = byCellKey.get(key);
      if (tally === undefined) byCellKey.set(key, (tally = tallyFor(key)));
      if (tally === 'not asked') continue;
      if (!staysExact(tally.sums, cell, cellAt)) empty(tally);
      for (let i = 0; i < cellAt.length; i += 1) tally.sums[i]! += cell[cellAt[i]!]!;
    }
  }
  for (const tally of tallies.values()) empty(tally);
}

function staysExact(sums: Cell, cell: Cell, cellAt: readonly number[]): boolean {
  for (let i = 0; i < cellAt.length; i += 1) {
    if (!Number.isSafeInteger(sums[i]! + cell[cellAt[i]!]!)) return false;
  }
  return true;
}

function compileFilter({ rollup, query }: RangeRead): (values: readonly string[]) => boolean {
  const at = (name: string, { dimensions }: Rollup) => dimensions.indexOf(name);
  const wanted = Object.entries(query.where).map(([name, values]) => [at(name, rollup), new Set(values)] as const);
  const unwanted = Object.entries(query.not).map(([name, values]) => [at(name, rollup), new Set(values)] as const);
  return (values) =>
    wanted.every(([i, set]) => set.has(values[i]!)) && unwanted.every(([i, set]) => !set.has(values[i]!));
}
