// Port: the batch views of a pinned run. What a run's views say never changes, so answers may be kept for ever.
import type { Totals } from './groups.ts';
import type { PinnedRun } from './live-view.ts';
import type { Filter } from './query.ts';
import type { Grid } from './windows.ts';

/** A read of one rollup; equal reads of one run give equal groups. */
export interface BatchRead {
  readonly rollup: string;
  readonly from: number;
  readonly to: number;
  readonly starts: Grid['starts'];
  readonly steps: Grid['steps'];
  readonly groupBy: readonly string[];
  readonly bases: readonly string[];
  /** Hidden dimensions whose values are counted; absent: none. */
  readonly distinct?: readonly string[];
  readonly where: Filter;
  readonly not: Filter;
}

/** What was counted of one window and one set of dimension values; `sums` and `sets` as the read asks. */
export interface Group extends Totals {
  readonly windowStart: number;
  /** In the order of `groupBy`. */
  readonly values: readonly string[];
  facts: bigint;
  /** First window of the rollup's own grain that is in it. */
  earliest: number;
}

export interface BatchViews {
  /**
   * Asked once an answer. Rejects with a Problem: `too-many-rows`, `too-many-distinct`, `run-unreadable` (the store does not hold that run any
   * more), `batch-views-away` (no answer in time).
   */
  read(pinned: PinnedRun, read: BatchRead): Promise<readonly Group[]>;
  /** Times that the run's events occurred in; undefined where it has none. Rejects as `read` does. */
  extent(pinned: PinnedRun): Promise<Extent | undefined>;
}

/** The most groups that an answer holds. */
export const maxGroups = 100_000;

/** The most that the sets of an answer weigh: 8 bytes a hash, 16 KiB at most each. */
export const maxHashBytes = 64 * 1024 * 1024;

/** Times that the data covers, half-open, on the grain of the finest rollup by occurredAt. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}
