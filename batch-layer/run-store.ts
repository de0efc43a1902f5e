// The port to where runs are made and published: the archive's rows and ranges below V in, view rows and one row of
// batch_runs out. Whatever an attempt leaves behind is of no effect before its run is published.
import type { Rollup } from '../schemas/definition.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { IncrementRow } from './audit.ts';
import type { Increment } from './run-ledger.ts';

/** A published run with what its readers need to know of its ancestors. */
export interface Chain {
  readonly run: string;
  /** Its `base`: nobody reads below. */
  readonly base: string;
  /** Published runs from the base up to it that are not its ancestors: their chunk versions are not read. */
  readonly offChain: readonly string[];
}

/** One attempt to make a run. Its id is its own: an insert with unknown outcome abandons the attempt. */
export interface Attempt {
  readonly run: string;
  readonly parent: BatchRun;
  /** V. */
  readonly tidemark: OffsetVector;
  /** The attempt's own id where it is to announce every chunk, so that its descendants need not look below; else the parent's. */
  readonly base: string;
  /** As the parent's chain has it. */
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
  /** Ids and parents of the published runs from `base` on, newest first. */
  links(base: string): Promise<{ readonly run: string; readonly parent: string }[]>;
  /**
   * Events in the chunk versions of the chain, as announced; with `attempt`, of the chain that it will end. Less than the
   * run says to have counted: announcements were lost, or the archive lost rows of what the attempt made again.
   */
  announcedFacts(chain: Chain, attempt?: string): Promise<number>;
  /** Chunks whose version in the chain has not the rows that were announced, and its events. Scans the views. */
  brokenChunks(chain: Chain, limit: number): Promise<{ readonly chunk: number; readonly events: number }[]>;
  /** Chunks that the attempt makes: of every archived range that meets [V_parent, V), and the broken ones. */
  dirtyChunks(attempt: Attempt): Promise<number[]>;
  /**
   * Makes the view rows of the dirty chunks from the archive below V, each identity once, and announces how many; of a
   * base also what its chain announces of the other chunks.
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
