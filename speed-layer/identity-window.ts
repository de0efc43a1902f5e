// The identities that a partition's writer must know: those of events at or above the floor. Below it an event is
// deferred before anyone asks whether it is a duplicate, so tables of older event time are dropped whole.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Identity } from '../schemas/identity.ts';
import { createIdentityTable, type IdentityTable } from './identity-table.ts';

export interface IdentityWindow {
  readonly size: number;
  has(identity: Identity, occurredAt: number): boolean;
  add(identity: Identity, occurredAt: number): void;
  /** Identities read back from the stores; their event time is only known to be at most `latestOccurredAt`. */
  restore(identities: Iterable<Identity>, latestOccurredAt: number): Promise<void>;
  dropBelow(floor: number): void;
}

/** Some 10 ms of work; in between, heartbeats and other partitions have their turn. */
const addedPerTurn = 20_000;

export function createIdentityWindow(bucketMs: number): IdentityWindow {
  const buckets = new Map<number, IdentityTable>();
  let restored: { readonly table: IdentityTable; readonly latestOccurredAt: number } | undefined;
  let oldest = Number.NEGATIVE_INFINITY;
  return {
    get size() {
      return [...buckets.values()].reduce((sum, table) => sum + table.size, restored?.table.size ?? 0);
    },
    has(identity, occurredAt) {
      return (
        restored?.table.has(identity) === true || buckets.get(Math.floor(occurredAt / bucketMs))?.has(identity) === true
      );
    },
    add(identity, occurredAt) {
      const bucket = Math.floor(occurredAt / bucketMs);
      let table = buckets.get(bucket);
      if (!table) {
        table = createIdentityTable();
        buckets.set(bucket, table);
      }
      table.add(identity);
    },
    async restore(identities, latestOccurredAt) {
      const table = createIdentityTable();
      restored = { table, latestOccurredAt };
      let added = 0;
      for (const identity of identities) {
        table.add(identity);
        added += 1;
        if (added % addedPerTurn === 0) await nextTurn();
      }
    },
    dropBelow(floor) {
      const bucket = Math.floor(floor / bucketMs);
      if (bucket <= oldest) return;
      oldest = bucket;
      for (const key of buckets.keys()) if (key < bucket) buckets.delete(key);
      if (restored && restored.latestOccurredAt < floor) restored = undefined;
    },
  };
}
