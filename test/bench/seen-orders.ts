// When was an order seen? Not when a count reached its number: orders of several partitions overtake each other. Each 202
// tells the vector that covers what it accepted, and each event of a stream the vector W up to which it counts (in its id).
// An order is seen with the first event whose W covers its vector: events that fall together lose nothing. Pure.
import { covers, type OffsetVector } from '../../schemas/offset-vector.ts';

/** Orders that were sent and accepted together. */
export interface SentBatch {
  /** When it was due, on the clock of the events. */
  readonly dueMs: number;
  readonly orders: number;
  /** Next offsets after it; 0 where it wrote nothing. */
  readonly vector: OffsetVector;
}

export interface SeenEvent {
  readonly atMs: number;
  /** W. Never falls from event to event. */
  readonly vector: OffsetVector;
}

/** A latency for each order; throws where one was never seen. */
export function freshnessOf(batches: readonly SentBatch[], events: readonly SeenEvent[]): number[] {
  return batches.flatMap((batch) => {
    const seen = events[firstCovering(events, batch.vector)];
    if (!seen) throw new Error(`the stream ended before it covered ${batch.vector.join(',')}`);
    return Array.from({ length: batch.orders }, () => seen.atMs - batch.dueMs);
  });
}

/** By halves: once covered, always covered. */
function firstCovering(events: readonly SeenEvent[], vector: OffsetVector): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (covers(events[middle]!.vector, vector)) high = middle;
    else low = middle + 1;
  }
  return low;
}
