// Adding up what rows hold. Pure; integers stay exact. Amounts of different currencies are never added: callers add counts.
import type { Cell, Compared, Integer, Row } from './answer.ts';

export function isInteger(
  cell: Cell | Compared | undefined | Readonly<Record<string, number | null>>,
): cell is Integer {
  return typeof cell === 'number' || typeof cell === 'bigint';
}

export function add(a: Integer, b: Integer): Integer {
  const sum = BigInt(a) + BigInt(b);
  return sum <= BigInt(Number.MAX_SAFE_INTEGER) && sum >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(sum) : sum;
}

export interface Figure {
  readonly now: Integer | null;
  /** undefined: nothing to hold it against. */
  readonly past: Integer | null | undefined;
  /** (now − past) / |past|; null where that is undefined. */
  readonly change: number | null;
}

/** A count over all rows, and over what they are held against. */
export function summed(rows: readonly Row[], measure: string): Figure {
  let now: Integer = 0;
  let past: Integer | undefined;
  for (const { [measure]: value, compare } of rows) {
    if (isInteger(value)) now = add(now, value);
    const before = compare?.[measure];
    if (isInteger(before)) past = add(past ?? 0, before);
  }
  const change =
    past === undefined || Number(past) === 0 ? null : (Number(now) - Number(past)) / Math.abs(Number(past));
  return { now, past, change };
}

/** Of one row, as the server compared it. */
export function figureOf(row: Row | undefined, measure: string): Figure {
  const value = row?.[measure];
  const past = row?.compare?.[measure];
  return {
    now: isInteger(value) ? value : null,
    past: row?.compare ? (isInteger(past) ? past : null) : undefined,
    change: row?.compare?.change[measure] ?? null,
  };
}
