// Which V a run takes. Pure.
import type { OffsetVector } from '../schemas/offset-vector.ts';

/** What speed has stored of one partition. */
export interface SpeedPosition {
  readonly next: number;
  /** First offset of the open epoch; like the ends of closed epochs, a boundary. */
  readonly epoch: number;
  readonly boundaries: readonly number[];
  /** Clock of its last write, milliseconds: a hint of whether anyone lives there. */
  readonly flushedAt: number;
}

export interface ChooseInput {
  readonly parent: OffsetVector;
  readonly archived: OffsetVector;
  readonly speed: readonly (SpeedPosition | undefined)[];
  /** A writer that had something to do and wrote nothing since then is taken for dead. */
  readonly deadSince: number;
  /** A writer this far behind the archive is passed over; it then resets to the tidemark. */
  readonly farBehindRecords: number;
}

/**
 * For each partition the newest epoch boundary that is archived, or all that is archived where speed is dead or far
 * behind; never below the parent's.
 */
export function chooseTidemark({ parent, archived, speed, deadSince, farBehindRecords }: ChooseInput): number[] {
  return parent.map((floor, partition) => {
    const end = archived[partition] ?? floor;
    const position = speed[partition];
    if (!position || isPassedOver(position, end, deadSince, farBehindRecords)) return Math.max(floor, end);
    const usable = [position.epoch, ...position.boundaries].filter((boundary) => boundary <= end);
    return Math.max(floor, ...usable);
  });
}

function isPassedOver(position: SpeedPosition, archived: number, deadSince: number, farBehindRecords: number): boolean {
  if (archived - position.next > farBehindRecords) return true;
  const hadWork = position.next < archived || position.epoch < position.next;
  return hadWork && position.flushedAt < deadSince;
}
