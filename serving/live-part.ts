// The live part of an answer: the cells of the tilings, filtered and grouped as the batch part is. Partitions and epochs
// share most keys (but for the hidden values in them), so a key is read once; what falls into one group is added as numbers
// while they are exact.
import { type Cell, cutCellKey, decodeCellKey, encodeCellKey } from '../schemas/cells.ts';
import { DistinctSet } from './distinct.ts';
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
  readonly sets: readonly DistinctSet[];
}

/** Adds what the epochs hold into `groups`. Must run before the next await: the open epochs go on growing. */
export function addLivePart(groups: GroupMap, tilings: readonly (readonly Epoch[])[], plan: RangeRead): void {
  const { rollup, rollupIndex, grid, distinct } = plan;
  // In the rollup's order. Counted values are many, and no group or filter names them: a key is read without them.
  const countedAt = distinct.map((name) => rollup.dimensions.indexOf(name));
  const known = rollup.dimensions.filter((name) => !distinct.includes(name));
  const accepts = compileFilter(plan, known);
  const groupAt = plan.groupBy.map((name) => known.indexOf(name));
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
    if (!tally) {
      const sets = distinct.map(() => new DistinctSet());
      tallies.set(key, (tally = { windowStart, values: grouped, earliest: at, sums: cellAt.map(() => 0), sets }));
    }
    tally.earliest = Math.min(tally.earliest, at);
    return tally;
  }

  function empty({ windowStart, values, earliest, sums, sets }: Tally): void {
    const group = groupFor(groups, windowStart, values, { sums: sums.length - 1, sets: sets.length });
    group.facts += BigInt(sums[0]!);
    for (let i = 1; i < sums.length; i += 1) group.sums[i - 1]! += BigInt(sums[i]!);
    for (const [i, set] of sets.entries()) group.sets[i]!.addAll(set);
    group.earliest = Math.min(group.earliest, earliest);
    sums.fill(0);
  }

  for (const epoch of tilings.flat()) {
    for (const [whole, cell] of epoch.cells[rollupIndex]!) {
      const { key, values } = countedAt.length === 0 ? { key: whole, values: [] } : cutCellKey(whole, countedAt);
      let tally = byCellKey.get(key);
      if (tally === undefined) byCellKey.set(key, (tally = tallyFor(key)));
      if (tally === 'not asked') continue;
      if (!staysExact(tally.sums, cell, cellAt)) empty(tally);
      for (let i = 0; i < cellAt.length; i += 1) tally.sums[i]! += cell[cellAt[i]!]!;
      for (let i = 0; i < values.length; i += 1) if (values[i] !== '') tally.sets[i]!.addHex(values[i]!);
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

function compileFilter({ query }: RangeRead, dimensions: readonly string[]): (values: readonly string[]) => boolean {
  const read = ([name, values]: [string, readonly string[]]) => [dimensions.indexOf(name), new Set(values)] as const;
  const wanted = Object.entries(query.where).map(read);
  const unwanted = Object.entries(query.not).map(read);
  return (values) =>
    wanted.every(([i, set]) => set.has(values[i]!)) && unwanted.every(([i, set]) => !set.has(values[i]!));
}
