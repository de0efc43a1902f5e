// Names and layout of what the speed layer keeps in Redis, and of the messages between the layers.
//
// For each generation and partition, under one hash tag (one cluster slot):
//   P:state          hash   next, epoch (first offset of the open epoch), maxTimestamp (greatest record timestamp of a
//                           valid event, '' before the first; floor = maxTimestamp − horizon), leaderEpoch (of the
//                           record before next, '' where unknown), flushedAt (clock, a hint)
//   P:epochs         zset   closed epochs, member `from-to`, score from
//   P:<from>:ledger  hash   counted duplicate deferred rejected gap newest, and cells.<rollup>, facts.<rollup>
//   P:<from>:ids     string 8 bytes (big-endian) for each counted event
//   P:<from>:<rollup> hash  cell key → cell
import type { Generation } from './generation.ts';
import { sum } from './offset-vector.ts';

export interface PartitionKeys {
  readonly prefix: string;
  readonly state: string;
  readonly epochs: string;
  /** Keys of one epoch: ledger, ids, then one cells hash a rollup in the definition's order. */
  epoch(from: number): string[];
}

export function partitionKeys(redisPrefix: string, generation: Generation, partition: number): PartitionKeys {
  const prefix = `${redisPrefix}:{${generation.id}:${partition}}`;
  return {
    prefix,
    state: `${prefix}:state`,
    epochs: `${prefix}:epochs`,
    epoch: (from) => epochParts(generation).map((part) => `${prefix}:${from}:${part}`),
  };
}

/** What an epoch consists of, in key order; Lua scripts build the keys of an epoch as prefix:from:part. */
export function epochParts(generation: Generation): string[] {
  return ['ledger', 'ids', ...generation.definition.rollups.map((rollup) => rollup.name)];
}

export function channels(redisPrefix: string, generation: Generation) {
  const base = `${redisPrefix}:${generation.id}`;
  return {
    /** speed → serving: FlushMessage. */
    flush: `${base}:flush`,
    /** batch → speed: close the open epochs. No content. */
    cut: `${base}:cut`,
    /** batch → speed, serving: a run was published, look again. No content. */
    run: `${base}:run`,
  };
}

/** How the offsets of a range were spent; the sum is the number of offsets (conservation). */
export interface Ledger {
  counted: number;
  duplicate: number;
  deferred: number;
  rejected: number;
  gap: number;
}

export const emptyLedger = (): Ledger => ({ counted: 0, duplicate: 0, deferred: 0, rejected: 0, gap: 0 });

/** One ledger for several ranges. */
export function addLedgers(ledgers: readonly Ledger[]): Ledger {
  const total = emptyLedger();
  for (const ledger of ledgers) for (const fate of Object.keys(total) as (keyof Ledger)[]) total[fate] += ledger[fate];
  return total;
}

export function ledgerSum(ledger: Ledger): number {
  return ledger.counted + ledger.duplicate + ledger.deferred + ledger.rejected + ledger.gap;
}

/** The ledger of an epoch with what proves it whole: cells and facts of each rollup. `newest` is the greatest occurredAt, 0 for none. */
export interface EpochLedger extends Ledger {
  newest: number;
  cells: number[];
  facts: number[];
}

export function encodeEpochLedger(ledger: EpochLedger, rollups: readonly { name: string }[]): string[] {
  const { counted, duplicate, deferred, rejected, gap, newest } = ledger;
  const pairs = Object.entries({ counted, duplicate, deferred, rejected, gap, newest }).flatMap(([k, v]) => [
    k,
    String(v),
  ]);
  for (const [i, rollup] of rollups.entries()) {
    pairs.push(
      `cells.${rollup.name}`,
      String(ledger.cells[i] ?? 0),
      `facts.${rollup.name}`,
      String(ledger.facts[i] ?? 0),
    );
  }
  return pairs;
}

/** Reads a ledger from hash fields; undefined where a field is missing or no count. */
export function decodeEpochLedger(
  fields: ReadonlyMap<string, string>,
  rollups: readonly { name: string }[],
): EpochLedger | undefined {
  const read = (name: string) => Number(fields.get(name) ?? Number.NaN);
  const ledger: EpochLedger = {
    counted: read('counted'),
    duplicate: read('duplicate'),
    deferred: read('deferred'),
    rejected: read('rejected'),
    gap: read('gap'),
    newest: read('newest'),
    cells: rollups.map((rollup) => read(`cells.${rollup.name}`)),
    facts: rollups.map((rollup) => read(`facts.${rollup.name}`)),
  };
  const { counted, duplicate, deferred, rejected, gap, newest, cells, facts } = ledger;
  const counts = [counted, duplicate, deferred, rejected, gap, newest, ...cells, ...facts];
  return counts.every((count) => count >= 0) && Number.isSafeInteger(sum(counts)) ? ledger : undefined;
}

/**
 * Published by each flush. Cells are the absolute values, within this epoch, of those touched since `from`, so that a
 * reader that stands at (`epoch`, `from`) may apply it by overwriting. `closed`: the epoch ended at `next`.
 */
export interface FlushMessage {
  readonly partition: number;
  readonly epoch: number;
  readonly from: number;
  readonly next: number;
  readonly closed: boolean;
  /** Hash fields of the epoch's ledger, flat: name, value, …; empty where `from` is `next` (nothing but closing). */
  readonly ledger: readonly string[];
  /** For each rollup in the definition's order, flat: key, value, … */
  readonly cells: readonly (readonly string[])[];
}

/** Parses `from-to` of the epochs set; undefined where it is not one. */
export function parseEpochMember(member: string): { from: number; to: number } | undefined {
  const match = /^(\d+)-(\d+)$/.exec(member);
  return match ? { from: Number(match[1]), to: Number(match[2]) } : undefined;
}
