// A cell: the sums of one rollup × window × dimension values. Cells merge by addition, so any split of the log merges.
// Text forms (as Redis holds them): key `windowIndex|3:abc|…` with each value's length before it, value `facts,m1,m2,…`.

/** [facts, then the rollup's measures in order]. `facts` counts what was folded in: it proves that a cell set is whole. */
export type Cell = number[];

/** Of one rollup: cells by key. */
export type RollupCells = Map<string, Cell>;

export function encodeCellKey(windowIndex: number, values: readonly string[]): string {
  let key = String(windowIndex);
  for (const value of values) key += encodeCellValue(value);
  return key;
}

/** What one value adds to a key. */
export function encodeCellValue(value: string): string {
  return `|${value.length}:${value}`;
}

/** The inverse of encodeCellKey; throws a RangeError on text that it did not make. */
export function decodeCellKey(key: string): { windowIndex: number; values: string[] } {
  let at = key.indexOf('|');
  if (at < 0) at = key.length;
  const windowIndex = Number(key.slice(0, at));
  const values: string[] = [];
  while (at < key.length) {
    const colon = key.indexOf(':', at);
    const length = Number(key.slice(at + 1, colon));
    const end = colon + 1 + length;
    if (colon < 0 || key[at] !== '|' || !Number.isSafeInteger(length) || end > key.length) throw badKey(key);
    values.push(key.slice(colon + 1, end));
    at = end;
  }
  if (!Number.isSafeInteger(windowIndex)) throw badKey(key);
  return { windowIndex, values };
}

/** A key without the values at some places (ascending), and those values: what is left is a key of the others. */
export function cutCellKey(
  key: string,
  places: readonly number[],
): { readonly key: string; readonly values: string[] } {
  const values: string[] = [];
  let rest = '';
  let kept = 0;
  let at = key.indexOf('|');
  for (let place = 0; values.length < places.length; place += 1) {
    const colon = key.indexOf(':', at);
    const end = colon + 1 + Number(key.slice(at + 1, colon));
    if (at < 0 || colon < 0 || !(end > colon && end <= key.length)) throw badKey(key);
    if (place === places[values.length]) {
      values.push(key.slice(colon + 1, end));
      rest += key.slice(kept, at);
      kept = end;
    }
    at = end;
  }
  return { key: rest + key.slice(kept), values };
}

function badKey(key: string): RangeError {
  return new RangeError(`"${key}" is not a cell key`);
}

export function encodeCell(cell: Cell): string {
  return cell.join(',');
}

/** The inverse of encodeCell; throws a RangeError on text that it did not make. */
export function decodeCell(text: string): Cell {
  const cell = text.split(',').map(Number);
  if (!cell.every(Number.isSafeInteger)) throw new RangeError(`"${text}" is not a cell`);
  return cell;
}

/** Adds `from` into `into`. */
export function mergeCells(into: RollupCells, from: ReadonlyMap<string, Cell>): void {
  for (const [key, cell] of from) {
    const present = into.get(key);
    if (present) for (let i = 0; i < cell.length; i += 1) present[i]! += cell[i]!;
    else into.set(key, [...cell]);
  }
}

export function countFacts(cells: ReadonlyMap<string, Cell>): number {
  let facts = 0;
  for (const cell of cells.values()) facts += cell[0]!;
  return facts;
}
