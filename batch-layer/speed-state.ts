// The port to what speed has stored, as batch reads it: boundaries to choose from, counters to audit against, and the
// two messages. Batch writes nothing to speed's keys.
import type { RollupCells } from '../schemas/cells.ts';
import type { EpochLedger } from '../schemas/layout-redis.ts';
import type { SpeedPosition } from './choose-tidemark.ts';

export interface AbsorbedEpoch {
  readonly from: number;
  readonly to: number;
  readonly ledger: EpochLedger;
  /** One map a rollup, in the definition's order. */
  readonly cells: readonly RollupCells[];
}

export interface SpeedState {
  positions(): Promise<(SpeedPosition | undefined)[]>;
  /** The closed, whole epochs of a partition that tile [from, to) exactly; undefined where they do not. */
  epochs(partition: number, from: number, to: number): Promise<AbsorbedEpoch[] | undefined>;
  /** Asks the writers to close their open epochs; nobody answers. */
  askForCut(): Promise<void>;
  /** Tells whoever listens that a run was published. */
  announceRun(): Promise<void>;
}
