// From rows of an answer to what parts show: groups of a breakdown, windows of a chart, hours of a week. Pure.
import type { Answer, Cell, Integer, Row } from './answer.ts';
import { localDate, localDateTime, localParts, localText, monthNames } from './format.ts';
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

/** An hour of the week: what it had together, and in how many hours. */
export interface WeekHour {
  readonly sum: Integer;
  readonly hours: number;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly tz: string;
}

const hourMs = 3_600_000;

/** By weekday from Monday and by hour of the local clock: whole hours, beginning with that of `fromMs`. */
export function hoursOfWeek(rows: readonly Row[], measure: string, { fromMs, toMs, tz }: Span): WeekHour[][] {
  const week = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => ({ sum: 0 as Integer, hours: 0 })));
  const cellAt = (local: string) => {
    const { weekDay, hour } = localParts(local);
    return week[(weekDay + 6) % 7]![hour]!;
  };
  const text = localText(tz);
  const hourOf = (ms: number) => ms - (ms % 60_000) - localParts(text(ms)).minute * 60_000;
  const [first, end] = [hourOf(fromMs), hourOf(toMs)];
  for (let ms = first; ms < end; ms += hourMs) cellAt(text(ms)).hours += 1;
  for (const row of rows) {
    const ms = Date.parse(row.windowStart);
    const value = row[measure];
    const cell = cellAt(row.windowStart);
    if (isInteger(value) && ms >= first && ms < end) cell.sum = add(cell.sum, value);
  }
  return week;
}

/** 9 days since 13 Nov */
export function daysSince({ fromMs, toMs, tz }: Span): string {
  const [first, last] = [localDate(fromMs, tz), localDate(toMs - 1, tz)];
  const days = (Date.parse(last) - Date.parse(first)) / (24 * hourMs) + 1;
  const { day, month, year } = localParts(first);
  const since = `${day} ${monthNames[month - 1]}${last.startsWith(String(year)) ? '' : ` ${year}`}`;
  return `${days} ${days === 1 ? 'day' : 'days'} since ${since}`;
}

/**
 * Against a time before the data begin nothing can be told: the answer without it, and why in words. `dataFrom`: the instant
 * of the first record.
 */
export function comparable(answer: Answer | undefined, dataFrom: string | undefined) {
  const then = answer?.query.compare;
  if (!answer || !then || dataFrom === undefined) return { answer, note: '' };
  const first = localDate(Date.parse(dataFrom), answer.query.tz);
  if (answer.rows.length === 0 || then.from.slice(0, 10) >= first) return { answer, note: '' };
  const rows = answer.rows.map((row): Row => ({ ...row, compare: null }));
  return { answer: { ...answer, rows }, note: `not comparable: data since ${localDateTime(`${first}T00:00`)}` };
}
