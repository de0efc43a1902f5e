// What the ranges of archive_log say of one partition: which offset is missing first, and how many events each stretch must
// hold. Pure.

export interface ArchivedRange {
  readonly from: number;
  readonly to: number;
  /** Offsets that were rejected. */
  readonly rejected: readonly number[];
  readonly gaps: readonly (readonly [from: number, to: number])[];
}

/** A stretch of offsets without overlap, and the events in it. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly events: number;
}

/** Stretches in order; ranges may come in any order, overlap and repeat. Between stretches that do not meet is a hole. */
export function stretchesOf(ranges: readonly ArchivedRange[]): Stretch[] {
  const stretches: Stretch[] = [];
  let at = Number.NEGATIVE_INFINITY;
  for (const range of ranges.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const from = Math.max(range.from, at);
    if (range.to <= from) continue;
    const rejected = new Set(range.rejected.filter((offset) => offset >= from)).size;
    const inGaps = range.gaps.reduce((sum, [begin, end]) => sum + Math.max(0, end - Math.max(begin, from)), 0);
    stretches.push({ from, to: range.to, events: range.to - from - rejected - inGaps });
    at = range.to;
  }
  return stretches;
}

/** The first offset from `start` on that lies in no stretch. */
export function firstMissing(stretches: readonly Pick<Stretch, 'from' | 'to'>[], start: number): number {
  let at = start;
  for (const { from, to } of stretches) {
    if (from > at) break;
    at = Math.max(at, to);
  }
  return at;
}
