// Offset vectors: for each partition the next offset to read, compared component by component, never as a count.

export type OffsetVector = readonly number[];

/** True where no component of `a` is below its one of `b`. */
export function covers(a: OffsetVector, b: OffsetVector): boolean {
  return b.every((offset, partition) => (a[partition] ?? 0) >= offset);
}

/** The sum of a list by partition: records, offsets, counts. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** How many offsets lie in [from, to), all partitions together; partitions where `to` is behind count nothing. */
export function countBetween(from: OffsetVector, to: OffsetVector): number {
  return to.reduce((sum, offset, partition) => sum + Math.max(0, offset - (from[partition] ?? 0)), 0);
}
