// The port to the archive (the master dataset), as the archiver writes it.
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { ArchiveBlock } from './archive-block.ts';

/** Offsets [from, to) that hold fewer events than were archived. */
export interface LostRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly present: number;
}

export interface ArchiveStore {
  /** For each partition where the archive's ranges end; from log rows only. Undefined where there is none yet. */
  archivedVector(): Promise<(number | undefined)[]>;
  /** By partition the leader epoch of the record before the vector's offset; undefined where it is not known. */
  epochsBefore(vector: OffsetVector): Promise<(number | undefined)[]>;
  /** For each partition where the archive begins. Undefined where there is nothing yet. */
  archivedStarts(): Promise<(number | undefined)[]>;
  /** For each partition the first offset from `starts` on that no range covers: where the archiver goes on. */
  firstMissing(starts: readonly number[]): Promise<number[]>;
  /**
   * Ranges whose events are not all there any more. Looks for them only in partitions that hold fewer rows than were
   * announced; `everywhere` costs a scan, and finds what rows written twice would hide.
   */
  lostRanges(everywhere: boolean): Promise<LostRange[]>;
  /** Takes back that these ranges are archived, so that they are archived again. */
  retract(ranges: readonly LostRange[]): Promise<void>;
  /**
   * Inserts the rows, then the log rows that make them count. Throws where the outcome is unknown: read the vector
   * again and go on from there; rows that are written twice collapse in the recomputation.
   */
  insert(block: ArchiveBlock): Promise<void>;
}
