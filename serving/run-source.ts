// Port: published runs, as serving looks for the one to stand on.
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { PinnedRun } from './live-view.ts';

export interface BrokenChunk {
  readonly rollup: string;
  readonly chunk: number;
  readonly run: string;
  readonly announced: number;
  readonly present: number;
}

export interface RunSource {
  /** The published run of the greatest id; undefined before run 0. */
  current(): Promise<BatchRun | undefined>;
  /** The run with those that are not its ancestors, as published now. */
  pin(run: BatchRun): Promise<PinnedRun>;
  /**
   * One chunk version of the run's chain, newer than `after`, whose rows are not those announced; undefined where all are
   * whole. A reader that checked `after` before need not check it again: versions never change.
   */
  findBroken(pinned: PinnedRun, after: string): Promise<BrokenChunk | undefined>;
}
