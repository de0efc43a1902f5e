// The port to where live counters are kept. Every write is checked against what is stored first, so that any writer,
// however late, can only write what is right for the range that it names, or be refused.
import type { EpochLedger } from '../schemas/layout-redis.ts';

/**
 * One step of a partition's open epoch: offsets [from, next) with what they add, and whether the epoch ends there. One
 * that neither adds nor closes writes nothing and tells nobody: it asks whether the store still holds what it should.
 */
export interface Flush {
  readonly epoch: number;
  readonly from: number;
  readonly next: number;
  readonly close: boolean;
  /** Greatest record timestamp of a valid event below next; undefined before the first. */
  readonly maxTimestamp: number | undefined;
  /** Leader epoch of the record before next; undefined where it is not known. */
  readonly leaderEpoch?: number | undefined;
  /** Absolute, within the epoch, at next. */
  readonly ledger: EpochLedger;
  /**
   * What the store must hold of the epoch at `from`; else something was lost. `cells` is empty where nobody knows: who
   * takes over closes what another one left open.
   */
  readonly before: { readonly idsBytes: number; readonly cells: readonly number[] };
  /** 8 bytes, big-endian, for each event counted in [from, next). */
  readonly ids: Buffer;
  /** Of each rollup, the cells touched: key, value, … with absolute values within the epoch. */
  readonly cells: readonly (readonly string[])[];
}

export interface StoredEpoch {
  readonly from: number;
  readonly to: number;
  /** Ledger, identities and cell counts agree with the offsets. */
  readonly whole: boolean;
  readonly ids: Buffer;
}

export interface StoredPartition {
  readonly next: number;
  readonly epoch: number;
  readonly maxTimestamp: number | undefined;
  /** Of the record before next; undefined where it is not known. */
  readonly leaderEpoch?: number | undefined;
  /** Those that reach above the tidemark asked for, the open one included. */
  readonly epochs: readonly StoredEpoch[];
}

/** Somebody else wrote, or what was stored is damaged. */
export const refusalReasons = [
  'moved',
  'state-type',
  'epochs-type',
  'ledger-type',
  'ledger-lost',
  'ids-lost',
  'cells-lost',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export type WriteOutcome = { readonly kind: 'done' } | { readonly kind: 'refused'; readonly why: RefusalReason };

/** Faults are thrown as SpeedError: the outcome of a write may be unknown (`store-away`) and the state must be read again. */
export interface CounterStore {
  /** State and identities together, in one atomic read; undefined where there is no readable state. */
  restore(partition: number, tidemark: number): Promise<StoredPartition | undefined>;
  /** Refused unless the stored next and open epoch are the flush's `from` and `epoch`, and the epoch is there undamaged. */
  flush(partition: number, flush: Flush): Promise<WriteOutcome>;
  /** Sets next = epoch = `to` and forgets all epochs. Refused unless the stored state is still `expected`. */
  reset(
    partition: number,
    expected: { readonly next: number; readonly epoch: number } | undefined,
    to: number,
    maxTimestamp: number | undefined,
    leaderEpoch?: number,
  ): Promise<WriteOutcome>;
  /** Forgets closed epochs that end at or below `mark`; returns how many. */
  collect(partition: number, mark: number): Promise<number>;
}
