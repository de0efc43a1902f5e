// A smaller V, so that one run's work stays bounded: after a large import it would hold more than a statement may take.
// Pure.
import { countBetween, type OffsetVector } from '../schemas/offset-vector.ts';
import type { SpeedPosition } from './choose-tidemark.ts';

export interface BoundInput {
  readonly parent: OffsetVector;
  /** The V that the run could take. */
  readonly chosen: OffsetVector;
  readonly speed: readonly (SpeedPosition | undefined)[];
  /** How many new records the run should hold at most; one epoch more than that where epochs are coarser. */
  readonly maxRecords: number;
}

/**
 * `chosen`, or less where that is too much: a fair share of each partition, cut where speed has a boundary. What speed has
 * stored is never cut between boundaries, for nothing could tile on from there; above its next, or without it, any offset
 * will do. A partition with something new always moves.
 */
export function boundTidemark({ parent, chosen, speed, maxRecords }: BoundInput): number[] {
  if (countBetween(parent, chosen) <= maxRecords) return [...chosen];
  const share = fairShare(
    chosen.map((to, partition) => to - parent[partition]!),
    maxRecords,
  );
  return chosen.map((most, partition) => {
    const floor = parent[partition]!;
    const limit = floor + share;
    if (most <= limit) return most;
    const position = speed[partition];
    if (!position || position.next <= limit) return limit;
    const cuts = [position.epoch, ...position.boundaries, most].filter((cut) => cut > floor && cut <= most);
    const within = cuts.filter((cut) => cut <= limit);
    return within.length > 0 ? Math.max(...within) : Math.min(...cuts);
  });
}

/** The largest share with which all together take at most `most`; at least 1. Small wants leave more to the others. */
function fairShare(wants: readonly number[], most: number): number {
  let left = most;
  const sorted = wants.filter((want) => want > 0).toSorted((a, b) => a - b);
  for (const [i, want] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - i));
    if (want > share) return Math.max(1, share);
    left -= want;
  }
  return most;
}
