// An epoch as a reader holds it, and the proof that it is whole: its ledger sums to its offsets, its cells to its ledger.
import { countFacts, type RollupCells } from '../schemas/cells.ts';
import type { Definition, Rollup } from '../schemas/definition.ts';
import { emptyCells } from '../schemas/fold.ts';
import { type EpochLedger, emptyLedger, ledgerSum } from '../schemas/layout-redis.ts';

/** What speed counted of the offsets [from, to) of one partition: a pure function of them, whoever wrote it and when. */
export interface Epoch {
  readonly from: number;
  readonly to: number;
  readonly ledger: EpochLedger;
  /** One map a rollup, in the definition's order. */
  readonly cells: readonly RollupCells[];
}

export function emptyEpoch(definition: Definition, at: number): Epoch {
  const zeros = definition.rollups.map(() => 0);
  const ledger = { ...emptyLedger(), newest: 0, cells: zeros, facts: [...zeros] };
  return { from: at, to: at, ledger, cells: emptyCells(definition) };
}

/** What the cells of each rollup amount to: how many, and the facts in them. */
export interface CellTally {
  readonly cells: readonly number[];
  readonly facts: readonly number[];
}

export function tallyOf(cells: readonly RollupCells[]): CellTally {
  return { cells: cells.map((map) => map.size), facts: cells.map(countFacts) };
}

/** Whether a ledger belongs to the range, and the tally to the ledger. An epoch that fails this is never used. */
export function isWhole(
  range: { readonly from: number; readonly to: number },
  ledger: EpochLedger,
  tally: CellTally,
  rollups: readonly Rollup[],
): boolean {
  return (
    range.to >= range.from &&
    ledgerSum(ledger) === range.to - range.from &&
    rollups.every(
      (rollup, i) =>
        tally.cells[i] === ledger.cells[i] &&
        tally.facts[i] === ledger.facts[i] &&
        (!countsEveryEvent(rollup) || tally.facts[i] === ledger.counted),
    )
  );
}

/** One fact for each counted event: then facts must equal `counted`. */
function countsEveryEvent(rollup: Rollup): boolean {
  return rollup.grain === 'order' && rollup.eventTypes === undefined;
}
