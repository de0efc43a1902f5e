// Port: what Redis holds of a partition.
import type { Epoch } from './epoch.ts';
import type { PartitionSnapshot, Stand } from './partition-view.ts';

interface SnapshotRequest {
  readonly partition: number;
  /** Epochs that begin below it are of no use and not read; undefined before the first run. */
  readonly v: number | undefined;
  /** A closed epoch that is remembered already: it never changes, so it is not read again. */
  readonly find: (from: number, to: number) => Epoch | undefined;
}

export interface TakenSnapshot extends PartitionSnapshot {
  /** Epochs that were listed but are not whole: ledger and cells do not add up, or they vanished meanwhile. */
  readonly notWhole: readonly { readonly from: number; readonly to: number }[];
}

export interface StoredStand extends Stand {
  /** Of the record before `next`; undefined where it is not known. */
  readonly leaderEpoch?: number | undefined;
}

export interface SnapshotSource {
  /** State, list and open epoch of one moment; closed epochs in pages afterwards. Rejects while Redis is away. */
  take(request: SnapshotRequest): Promise<TakenSnapshot>;
  /** Where each partition's writer stands, undefined where Redis has no state; one round trip. Rejects while Redis is away. */
  stands(): Promise<(StoredStand | undefined)[]>;
}
