// The port to the archive (the master dataset), as the archiver writes it.
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { ArchiveBlock } from './archive-block.ts';

export interface ArchiveStore {
  /** For each partition where the archive's ranges end; from log rows only. Undefined where there is none yet. */
  archivedVector(): Promise<(number | undefined)[]>;
  /** By partition the leader epoch of the record before the vector's offset; undefined where it is not known. */
  epochsBefore(vector: OffsetVector): Promise<(number | undefined)[]>;
  /** For each partition where the archive begins. Undefined where there is nothing yet. */
  archivedStarts(): Promise<(number | undefined)[]>;
  /**
   * Inserts the rows, then the log rows that make them count. Throws where the outcome is unknown: read the vector
   * again and go on from there; rows that are written twice collapse in the recomputation.
   */
  insert(block: ArchiveBlock): Promise<void>;
}
