// An answer's rows as the lines of CSV that they must be.
import type { AskedQuery } from './asked-query.ts';

type Row = Readonly<Record<string, unknown>>;

export function csvLinesOf({ measures, by = [], other, compare }: AskedQuery, rows: readonly Row[]): string[][] {
  const own = ['windowStart', 'windowEnd', 'open', ...(other ? ['other'] : []), ...by, ...measures];
  const then = compare === undefined ? [] : ['windowStart', 'windowEnd', ...measures];
  const changes = compare === undefined ? [] : measures;
  const lineOf = (row: Row) => {
    const past = (row['compare'] ?? {}) as Row;
    const change = (past['change'] ?? {}) as Row;
    return [...own.map((name) => row[name]), ...then.map((name) => past[name]), ...changes.map((name) => change[name])];
  };
  const head = [...own, ...then.map((name) => `compare.${name}`), ...changes.map((name) => `change.${name}`)];
  return [head, ...rows.map((row) => lineOf(row).map((value, i) => textOf(value, head[i]!)))];
}

/** Empty for what is absent or has no value; what is divided has four decimals; no text is a formula. */
function textOf(value: unknown, column: string): string {
  const isRatio = column.startsWith('change.') || column.endsWith('averageOrderMinor');
  if (typeof value === 'number') return isRatio ? value.toFixed(4) : `${value}`;
  if (typeof value === 'string') return value.startsWith('=') ? `'${value}` : value;
  return value === true ? 'true' : '';
}
