// The open epoch as it grows by flush messages. A message is checked against what the epoch would become before
// anything is overwritten: one that would leave it not whole changes nothing.
import { type Cell, decodeCell, type RollupCells } from '../schemas/cells.ts';
import type { Definition } from '../schemas/definition.ts';
import { decodeEpochLedger, type EpochLedger, type FlushMessage } from '../schemas/layout-redis.ts';
import { type Epoch, isWhole, tallyOf } from './epoch.ts';

export interface GrowingEpoch extends Epoch {
  to: number;
  ledger: EpochLedger;
  /** Overwrites the touched cells and moves on to the message's next; false (and no change) if that would not be whole. */
  grow(message: FlushMessage): boolean;
  /** A copy that grows no more. */
  freeze(): Epoch;
}

/** Takes over the maps of `start`: nobody else may hold them. */
export function createGrowingEpoch(definition: Definition, start: Epoch): GrowingEpoch {
  const { rollups } = definition;
  const tally = tallyOf(start.cells);
  let counts = tally.cells;
  let facts = tally.facts;
  return {
    ...start,
    grow(message) {
      const touched = message.cells.map((list, i) => readCells(list, (rollups[i]?.measures.length ?? -1) + 1));
      const ledger =
        message.next === this.to && message.ledger.length === 0
          ? this.ledger
          : decodeEpochLedger(new Map(pairsOf(message.ledger)), rollups);
      if (!ledger || touched.length !== rollups.length || touched.includes(undefined)) return false;
      const after = { cells: [...counts], facts: [...facts] };
      for (const [i, cells] of touched.entries()) {
        for (const [key, cell] of cells!) {
          const before = this.cells[i]!.get(key);
          if (!before) after.cells[i]! += 1;
          after.facts[i]! += cell[0]! - (before?.[0] ?? 0);
        }
      }
      if (!isWhole({ from: this.from, to: message.next }, ledger, after, rollups)) return false;
      for (const [i, cells] of touched.entries()) for (const [key, cell] of cells!) this.cells[i]!.set(key, cell);
      counts = after.cells;
      facts = after.facts;
      this.to = message.next;
      this.ledger = ledger;
      return true;
    },
    freeze() {
      return { from: this.from, to: this.to, ledger: this.ledger, cells: this.cells.map((map) => new Map(map)) };
    },
  };
}

/** Cells from a flat key/value list; undefined where one is no cell of `width` numbers. */
export function readCells(list: readonly string[], width: number): RollupCells | undefined {
  const cells: RollupCells = new Map();
  for (const [key, text] of pairsOf(list)) {
    let cell: Cell;
    try {
      cell = decodeCell(text);
    } catch {
      return undefined;
    }
    if (cell.length !== width) return undefined;
    cells.set(key, cell);
  }
  return cells;
}

export function* pairsOf(list: readonly string[]): Generator<[string, string]> {
  for (let i = 0; i + 1 < list.length; i += 2) yield [list[i]!, list[i + 1]!];
}
