// First compiler of the definition: event → what it adds to which cells, in TypeScript. sql.ts is the second.
import { type Cell, encodeCellValue, type RollupCells } from './cells.ts';
import { type Addend, baseMeasure, type Definition, type Grain, type Rollup } from './definition.ts';
import type { Generation } from './generation.ts';
import type { HashKey } from './identity.ts';
import type { OrderEvent } from './order-event.ts';
import { pseudonymOf } from './pseudonym.ts';

type Fact = Readonly<Record<string, unknown>>;

export interface Fold {
  /**
   * Adds one event to `cells` (one map a rollup, in the definition's order). `touch` hears of each cell that changed.
   * Returns the greatest absolute value of any sum now in a touched cell, so that a caller can stay exact (below 2^53).
   */
  add(event: OrderEvent, cells: readonly RollupCells[], touch?: (rollupIndex: number, key: string) => void): number;
}

export function compileFold({ definition, identityKey }: Pick<Generation, 'definition' | 'identityKey'>): Fold {
  const readers = compileReaders(definition, identityKey);
  const rollups = definition.rollups.map((rollup) => compileRollup(definition, rollup, readers));
  return {
    add(event, cells, touch) {
      let greatest = 0;
      for (const [index, fold] of rollups.entries()) {
        if (fold.eventTypes && !fold.eventTypes.includes(event.type)) continue;
        const windowIndex = Math.floor(timeOf(event, fold.time) / fold.windowMs);
        const facts = fold.grain === 'order' ? [undefined] : event.items;
        for (const item of facts) {
          const key = fold.keyOf(windowIndex, event, item);
          greatest = Math.max(greatest, addTo(cells[index]!, key, fold, event, item));
          touch?.(index, key);
        }
      }
      return greatest;
    },
  };
}

export function emptyCells(definition: Definition): RollupCells[] {
  return definition.rollups.map(() => new Map());
}

function timeOf(event: OrderEvent, time: Rollup['time']): number {
  return time === 'occurredAt' ? event.occurredAt : (event.placedAt ?? event.occurredAt);
}

type Item = OrderEvent['items'][number] | undefined;
type ReadAddend = (event: OrderEvent, item: Item) => number;
type ReadValue = (event: OrderEvent, item: Item) => string;

/** By dimension what its value adds to a cell's key. An order's is read once an event, for all of its items and rollups. */
function compileReaders({ dimensions }: Definition, key: HashKey): ReadonlyMap<string, ReadValue> {
  return new Map(
    Object.entries(dimensions).map(([name, { field, grain, form }]) => {
      const textOf = (fact: unknown) => {
        const value = (fact as Fact)[field];
        return encodeCellValue(form === 'hash' ? pseudonymOf(value as string | null, key) : (value as string));
      };
      if (grain === 'item') return [name, (_event, item) => textOf(item)];
      let last: OrderEvent | undefined;
      let text = '';
      const read: ReadValue = (event) => {
        if (event !== last) [last, text] = [event, textOf(event)];
        return text;
      };
      return [name, read];
    }),
  );
}

function compileRollup(definition: Definition, rollup: Rollup, readers: ReadonlyMap<string, ReadValue>) {
  const dimensions = rollup.dimensions.map((name) => {
    const read = readers.get(name);
    if (!read) throw new Error(`definition: rollup ${rollup.name} names no dimension ${name}`);
    return read;
  });
  const keyOf = (windowIndex: number, event: OrderEvent, item: Item) => {
    let key = String(windowIndex);
    for (const read of dimensions) key += read(event, item);
    return key;
  };
  const measures = rollup.measures.map((name): ReadAddend => {
    const measure = baseMeasure(definition, name);
    const read = readAddend(measure.at[rollup.grain], rollup.grain, `${rollup.name}.${name}`);
    return (event, item) => (event.type === measure.eventType ? read(event, item) : 0);
  });
  return { ...rollup, keyOf, measures, zeros: [0, ...measures.map(() => 0)] };
}

function readAddend(addend: Addend | undefined, grain: Grain, at: string): ReadAddend {
  if (!addend) throw new Error(`definition: ${at} has no addend at ${grain} grain`);
  if (addend.kind === 'one') return () => 1;
  const [head, tail] = addend.field.split('.');
  if (grain === 'item') return (_event, item) => (item as unknown as Fact)[head!] as number;
  if (tail === undefined) return (event) => (event as unknown as Fact)[head!] as number;
  return (event) => {
    let sum = 0;
    for (const part of (event as unknown as Fact)[head!] as readonly Fact[]) sum += part[tail] as number;
    return sum;
  };
}

function addTo(
  cells: RollupCells,
  key: string,
  { measures, zeros }: { readonly measures: readonly ReadAddend[]; readonly zeros: Cell },
  event: OrderEvent,
  item: Item,
): number {
  let cell: Cell | undefined = cells.get(key);
  if (!cell) {
    cell = zeros.slice();
    cells.set(key, cell);
  }
  cell[0]! += 1;
  let greatest = 0;
  for (let i = 0; i < measures.length; i += 1) {
    const sum = cell[i + 1]! + measures[i]!(event, item);
    cell[i + 1] = sum;
    greatest = Math.max(greatest, Math.abs(sum));
  }
  return greatest;
}
