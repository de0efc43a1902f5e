// From rows of an answer to what parts show: groups of a breakdown, windows of a chart, hours of a week. Pure.
import type { Answer, Cell, Integer, Row } from './answer.ts';
import { localParts } from './format.ts';
import { add, type Figure, figureOf, isInteger } from './sums.ts';

/** The value of a dimension. */
export function textIn(row: Row, dimension: string): string {
  const value = row[dimension];
  return typeof value === 'string' ? value : '';
}

export function groupsOf(answer: Answer, dimension: string, measure: string): { value: Cell; figure: Figure }[] {
  return answer.rows.map((row) => ({
    value: row.other ? null : (row[dimension] as Cell),
    figure: figureOf(row, measure),
  }));
}

/** Windows in their order, each once. */
export function windowsOf(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => Date.parse(a.windowStart) - Date.parse(b.windowStart));
}

/** What the hours of the week have together, by weekday from Monday and by hour of the local clock. */
export function hoursOfWeek(rows: readonly Row[], measure: string): Integer[][] {
  const sums: Integer[][] = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0));
  for (const row of rows) {
    const { weekDay, hour } = localParts(row.windowStart);
    const value = row[measure];
    const day = sums[(weekDay + 6) % 7]!;
    if (isInteger(value)) day[hour] = add(day[hour]!, value);
  }
  return sums;
}
