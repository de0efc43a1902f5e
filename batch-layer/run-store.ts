// The port to where runs are made and published: the archive's rows and ranges below V in, view rows and one row of
// batch_runs out. Whatever an attempt leaves behind is of no effect before its run is published.
import type { Rollup } from '../schemas/definition.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { IncrementRow } from './audit.ts';
import type { Increment } from './run-ledger.ts';

/** One attempt to make a run. Its id is its own: an insert with unknown outcome abandons the attempt. */
export interface Attempt {
  readonly run: string;
  readonly parent: BatchRun;
  /** V. */
  readonly tidemark: OffsetVector;
  /** Published runs up to the parent that are not its ancestors: their chunk versions are not read. */
  readonly offChain: readonly string[];
  /** Chunks to make again although nothing new falls into them. */
  readonly broken: readonly number[];
}

/** What a run adds to its parent. */
export interface Increments {
  readonly partitions: readonly Increment[];
  /** By partition the greatest record timestamp of a valid event in the range, −1 where there is none. */
  readonly maxTimestamps: readonly number[];
  readonly newestEventAt: number;
}

/** Faults are thrown; the outcome of a write is then unknown, and the attempt must be abandoned. */
export interface RunStore {
  /** The published run of the greatest id; undefined before run 0. */
  currentRun(): Promise<BatchRun | undefined>;
  /** Ids and parents of all published runs, newest first. */
  links(): Promise<{ readonly run: string; readonly parent: string }[]>;
  /** Chunks whose version in the chain of `parent` has not the rows that were announced. Scans the views. */
  brokenChunks(parent: string, offChain: readonly string[], limit: number): Promise<number[]>;
  /** Chunks that the attempt makes: of every archived range that meets [V_parent, V), and the broken ones. */
  dirtyChunks(attempt: Attempt): Promise<number[]>;
  /**
   * Makes the view rows of the dirty chunks from the archive below V, each identity once, and announces how many.
   * @throws BatchError archive-moved where a chunk was made that was not among `dirty`, views-lost where rows are gone again.
   */
  recompute(attempt: Attempt, dirty: readonly number[]): Promise<void>;
  increments(attempt: Attempt): Promise<Increments>;
  /**
   * The attempt's increment over its parent in one rollup, less deferred events and the partitions `apart`; call it after
   * `recompute`. Cells that did not change are left out.
   */
  incrementRows(attempt: Attempt, rollup: Rollup, apart: readonly number[]): Promise<IncrementRow[]>;
  /** One row, seen whole or not at all. */
  publish(run: BatchRun): Promise<void>;
}
