// Bounds of a partition's writer: what it may hold in memory, how large a flush and an epoch may get.

export interface WriterLimits {
  readonly maxTouchedCells: number;
  readonly maxEpochRecords: number;
  readonly maxEpochAgeMs: number;
  /** With more than this counted and not yet flushed, fetching of the partition pauses. */
  readonly maxPendingRecords: number;
  readonly retryMs: number;
}

export const writerLimits: WriterLimits = {
  maxTouchedCells: 20_000,
  maxEpochRecords: 500_000,
  maxEpochAgeMs: 60_000,
  maxPendingRecords: 50_000,
  retryMs: 500,
};
