// Which partitions are left alone for the moment: one that fails must neither be asked in a spin nor slow the others down.

export interface PartitionRest {
  /** Rests the partition for a step that doubles with each failure in a row, with jitter. */
  failed(partition: number): void;
  recovered(partition: number): void;
  /** Milliseconds until it may be asked again; 0 if it may now. */
  remainingMs(partition: number): number;
}

export function createPartitionRest({ firstMs = 100, maxMs = 5_000 } = {}): PartitionRest {
  const rests = new Map<number, { untilMs: number; stepMs: number }>();
  return {
    failed(partition) {
      const stepMs = Math.min((rests.get(partition)?.stepMs ?? firstMs / 2) * 2, maxMs);
      rests.set(partition, { untilMs: performance.now() + stepMs * (0.5 + Math.random() / 2), stepMs });
    },
    recovered(partition) {
      rests.delete(partition);
    },
    remainingMs(partition) {
      return Math.max(0, (rests.get(partition)?.untilMs ?? 0) - performance.now());
    },
  };
}
