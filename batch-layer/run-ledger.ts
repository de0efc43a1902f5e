// The ledger of [0, V): how every offset was spent. Pure.
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import { BatchError } from './errors.ts';

/** Counts of one partition in [V_parent, V). */
export interface Increment {
  readonly events: number;
  readonly counted: number;
  readonly rejected: number;
  readonly gap: number;
}

export type LedgerArrays = Pick<BatchRun, 'counted' | 'duplicate' | 'rejected' | 'gap'>;

/**
 * Adds the increments to the parent's ledger.
 * @throws BatchError archive-incomplete where they do not account for every offset of the range.
 */
export function addToLedger(parent: BatchRun, tidemark: OffsetVector, increments: readonly Increment[]): LedgerArrays {
  for (const [partition, { events, rejected, gap }] of increments.entries()) {
    const from = parent.tidemark[partition]!;
    const to = tidemark[partition]!;
    if (events + rejected + gap === to - from) continue;
    const found = `${events} events, ${rejected} rejected, ${gap} in gaps`;
    throw new BatchError(
      'archive-incomplete',
      `partition ${partition}: the archive holds ${found} of the offsets ${from} to ${to}`,
    );
  }
  const add = (before: readonly number[], of: (increment: Increment) => number) =>
    before.map((count, partition) => count + of(increments[partition]!));
  return {
    counted: add(parent.counted, (i) => i.counted),
    duplicate: add(parent.duplicate, (i) => i.events - i.counted),
    rejected: add(parent.rejected, (i) => i.rejected),
    gap: add(parent.gap, (i) => i.gap),
  };
}

/** How many offsets of [from, to) the ranges cover; ranges come in order of their begin and may overlap. */
export function coveredOffsets(ranges: readonly { from: number; to: number }[], from: number, to: number): number {
  let covered = 0;
  let at = from;
  for (const range of ranges) {
    const begin = Math.max(range.from, at);
    const end = Math.min(range.to, to);
    if (end > begin) {
      covered += end - begin;
      at = end;
    }
  }
  return covered;
}
