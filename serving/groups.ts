// Groups by window and dimension values, in which batch part and live part meet by addition.
import { encodeCellKey } from '../schemas/cells.ts';
import type { Group } from './batch-views.ts';

export type GroupMap = Map<string, Group>;

/** The group of that window and those values; made empty where there is none. */
export function groupFor(groups: GroupMap, windowStart: number, values: readonly string[], width: number): Group {
  const key = encodeCellKey(windowStart, values);
  let group = groups.get(key);
  if (!group) {
    const sums = Array.from({ length: width }, () => 0n);
    group = { windowStart, values, facts: 0n, sums, earliest: Number.POSITIVE_INFINITY };
    groups.set(key, group);
  }
  return group;
}

/** Adds `from` into `into`, under `values` where they differ from its own. */
export function addGroup(into: GroupMap, from: Group, values: readonly string[] = from.values): void {
  const group = groupFor(into, from.windowStart, values, from.sums.length);
  group.facts += from.facts;
  addSums(group.sums, from.sums);
  group.earliest = Math.min(group.earliest, from.earliest);
}

/** Groups of several reads as one: there where any read has them, the sums of each read after those of the one before. */
export function joinGroups(reads: readonly { readonly groups: GroupMap; readonly width: number }[]): GroupMap {
  if (reads.length <= 1) return reads[0]?.groups ?? new Map();
  const joined: GroupMap = new Map();
  const width = reads.reduce((sum, read) => sum + read.width, 0);
  let at = 0;
  for (const [i, read] of reads.entries()) {
    for (const { windowStart, values, facts, sums, earliest } of read.groups.values()) {
      const group = groupFor(joined, windowStart, values, width);
      if (i === 0) group.facts = facts;
      for (const [j, sum] of sums.entries()) group.sums[at + j] = sum;
      group.earliest = Math.min(group.earliest, earliest);
    }
    at += read.width;
  }
  return joined;
}

/** Adds `from` into `into`: the one place where what was counted meets. */
export function addSums(into: bigint[], from: readonly bigint[]): void {
  for (const [i, sum] of from.entries()) into[i]! += sum;
}

export function countGroupFacts(groups: GroupMap): bigint {
  return groups.values().reduce((sum, group) => sum + group.facts, 0n);
}
