// Port: published runs, as serving looks for the one to stand on.
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { PinnedRun } from './live-view.ts';

export interface RunSource {
  /** The published run of the greatest id; undefined before run 0. */
  current(): Promise<BatchRun | undefined>;
  /** The run with those that are not its ancestors and the chunk versions that it sees; read are those newer than `known`'s. */
  pin(run: BatchRun, known: PinnedRun | undefined): Promise<PinnedRun>;
  /**
   * What the run's chain of chunk versions lacks of what was announced and counted, in words; undefined where it is whole.
   * A reader that checked the run `after` before need not check its versions again: they never change.
   */
  findBroken(pinned: PinnedRun, after: string): Promise<string | undefined>;
}
