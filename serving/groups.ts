// Groups by window and dimension values, in which batch part and live part meet: sums by addition, sets by union.
import { encodeCellKey } from '../schemas/cells.ts';
import type { Group } from './batch-views.ts';
import { DistinctSet } from './distinct.ts';

export type GroupMap = Map<string, Group>;

/** What was counted. */
export interface Totals {
  /** Of base measures. */
  readonly sums: bigint[];
  /** Of the hidden dimensions that are counted. */
  readonly sets: DistinctSet[];
}

/** How much of each there is. */
interface Widths {
  readonly sums: number;
  readonly sets: number;
}

export function emptyTotals({ sums, sets }: Widths): Totals {
  return {
    sums: Array.from({ length: sums }, () => 0n),
    sets: Array.from({ length: sets }, () => new DistinctSet()),
  };
}

/** The group of that window and those values; made empty where there is none. */
export function groupFor(groups: GroupMap, windowStart: number, values: readonly string[], widths: Widths): Group {
  const key = encodeCellKey(windowStart, values);
  let group = groups.get(key);
  if (!group) {
    group = { windowStart, values, facts: 0n, ...emptyTotals(widths), earliest: Number.POSITIVE_INFINITY };
    groups.set(key, group);
  }
  return group;
}

/** Adds `from` into `into`, under `values` where they differ from its own. */
export function addGroup(into: GroupMap, from: Group, values: readonly string[] = from.values): void {
  const widths = { sums: from.sums.length, sets: from.sets.length };
  const group = groupFor(into, from.windowStart, values, widths);
  group.facts += from.facts;
  addTotals(group, from);
  group.earliest = Math.min(group.earliest, from.earliest);
}

/** What one read found. */
interface ReadGroups {
  readonly groups: GroupMap;
  readonly widths: Widths;
}

/** Groups of several reads as one: there where any read has them, what each read counted after that of the one before. */
export function joinGroups(reads: readonly ReadGroups[]): GroupMap {
  if (reads.length <= 1) return reads[0]?.groups ?? new Map();
  const joined: GroupMap = new Map();
  const total = (of: (widths: Widths) => number) => reads.reduce((sum, { widths }) => sum + of(widths), 0);
  const widths = { sums: total(({ sums }) => sums), sets: total(({ sets }) => sets) };
  const at = { sums: 0, sets: 0 };
  for (const [i, read] of reads.entries()) {
    for (const { windowStart, values, facts, sums, sets, earliest } of read.groups.values()) {
      const group = groupFor(joined, windowStart, values, widths);
      if (i === 0) group.facts = facts;
      for (const [j, sum] of sums.entries()) group.sums[at.sums + j] = sum;
      for (const [j, set] of sets.entries()) group.sets[at.sets + j] = set;
      group.earliest = Math.min(group.earliest, earliest);
    }
    at.sums += read.widths.sums;
    at.sets += read.widths.sets;
  }
  return joined;
}

/** Adds `from` into `into`, of the sets those that `into` has: the one place where what was counted meets. */
export function addTotals(into: Totals, from: Totals): void {
  for (const [i, sum] of from.sums.entries()) into.sums[i]! += sum;
  for (const [i, set] of into.sets.entries()) set.addAll(from.sets[i]!);
}

export function countGroupFacts(groups: GroupMap): bigint {
  return groups.values().reduce((sum, group) => sum + group.facts, 0n);
}

/** What the sets of all groups weigh. */
export function hashBytesOf(groups: Iterable<Totals>): number {
  let bytes = 0;
  for (const { sets } of groups) for (const set of sets) bytes += set.bytes();
  return bytes;
}
