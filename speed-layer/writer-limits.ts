// Bounds of a partition's writer: what it may hold in memory, how large a flush and an epoch may get.

export interface WriterLimits {
  readonly maxTouchedCells: number;
  readonly maxEpochRecords: number;
  readonly maxEpochCells: number;
  readonly maxEpochAgeMs: number;
  /** After a flush a writer rests twice as long as the flush took, at most so long: a busy store is asked less often. */
  readonly maxRestMs: number;
  /** With more than this counted and not yet flushed, fetching of the partition pauses. */
  readonly maxPendingRecords: number;
  /** With more identities than this in all partitions of the process, fetching pauses. */
  readonly maxIdentities: number;
  /** Pause before the next take-over; doubles up to eight times as long. */
  readonly retryMs: number;
  /** A writer that has nothing to flush asks so often whether the store stands where it left it. */
  readonly checkMs: number;
  /** Bound of the final flush. */
  readonly closeMs: number;
}

export const writerLimits: WriterLimits = {
  maxTouchedCells: 20_000,
  maxEpochRecords: 500_000,
  maxEpochCells: 400_000,
  maxEpochAgeMs: 60_000,
  maxRestMs: 100,
  maxPendingRecords: 50_000,
  maxIdentities: 50_000_000,
  retryMs: 500,
  checkMs: 1_000,
  closeMs: 3_000,
};
