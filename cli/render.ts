// Texts for a person: tables, numbers, money. Integers only; amounts stay in minor units unless the currency is known.
import Table from 'cli-table3';
import { sum } from '../schemas/offset-vector.ts';
import { currencyDigits } from '../schemas/order-event.ts';
import type { Cell, Compared, Provenance, QueryAnswer } from './api.ts';

/** 7254579312 → 7,254,579,312 */
export function grouped(value: number | bigint): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 4 });
}

/** 229720107, USD → 2,297,201.07 USD; digits as ISO 4217 has them, no float involved. */
export function money(minor: number | bigint, currency: string): string {
  const digits = currencyDigits[currency] ?? 0;
  const text = String(minor)
    .replace('-', '')
    .padStart(digits + 1, '0');
  const whole = grouped(BigInt(text.slice(0, text.length - digits)));
  const fraction = digits === 0 ? '' : `.${text.slice(-digits)}`;
  return `${minor < 0 ? '-' : ''}${whole}${fraction} ${currency}`;
}

/** grossMinor → "gross (minor units)", windowStart → "window start". */
export function headerOf(column: string): string {
  const words = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return column.endsWith('Minor') ? `${words(column.slice(0, -'Minor'.length))} (minor units)` : words(column);
}

export function table(headers: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = (column: number) => rows.some((row) => isNumeric(row[column]));
  const rendered = new Table({
    head: headers.map((header) => header),
    colAligns: headers.map((_, column) => (numeric(column) ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) rendered.push(row.map(cellText));
  return rendered.toString();
}

function isNumeric(cell: Cell | undefined): cell is number | bigint {
  return typeof cell === 'number' || typeof cell === 'bigint';
}

function cellText(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return '–';
  if (isNumeric(cell)) return grouped(cell);
  return typeof cell === 'boolean' ? (cell ? 'yes' : 'no') : cell;
}

/** Rows with one column for each field that any of them has; fields in order of appearance. */
export function records(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return table(
    columns.map(headerOf),
    rows.map((row) => columns.map((column) => row[column] ?? null)),
  );
}

export function answerText({ rows, provenance }: QueryAnswer): string {
  const shared = sharedWindow(rows);
  const flat = rows.map(flatRow);
  const shown = shared === undefined ? flat : flat.map(({ windowStart: _s, windowEnd: _e, open: _o, ...row }) => row);
  const body = rows.length === 0 ? 'no rows' : records(shown);
  return [...(shared === undefined ? [] : [shared]), body, provenanceText(provenance)].join('\n');
}

/** What a row is held against becomes columns: "orders then", "orders change". */
function flatRow({ compare, ...row }: QueryAnswer['rows'][number]): Readonly<Record<string, Cell>> {
  if (compare === undefined) return row as Readonly<Record<string, Cell>>;
  const { windowStart, windowEnd: _end, change = {}, ...then } = (compare ?? {}) as Compared;
  const suffixed = (cells: object, suffix: string) =>
    Object.entries(cells).map(([name, cell]): [string, Cell] => [`${name}${suffix}`, cell as Cell]);
  return {
    ...(row as Readonly<Record<string, Cell>>),
    'compared with': windowStart ?? null,
    ...Object.fromEntries([...suffixed(then, ' then'), ...suffixed(change, ' change')]),
  };
}

/** One line for the range where all rows have the same; undefined where they differ. */
function sharedWindow(rows: QueryAnswer['rows']): string | undefined {
  const [first] = rows;
  const { windowStart, windowEnd, open } = first ?? {};
  const same = rows.every((row) => row['windowStart'] === windowStart && row['windowEnd'] === windowEnd);
  if (!same || typeof windowStart !== 'string' || typeof windowEnd !== 'string') return undefined;
  return `from ${windowStart} to ${windowEnd}${open === true ? ', still open' : ''}`;
}

/** What the answer stands on, in one or two lines. What is unknown is said to be so. */
export function provenanceText(provenance: Provenance): string {
  const { run, lagRecords, liveShare, deferredRecords, deadLetters, audit, notes = [], newestEventAt } = provenance;
  const facts = [
    `run ${run || 'none'}`,
    `lag ${typeof lagRecords === 'number' ? `${grouped(lagRecords)} records` : 'unknown'}`,
    ...(typeof liveShare === 'number' ? [`live ${percent(liveShare)}`] : []),
    ...(deferredRecords ? [`deferred ${grouped(deferredRecords)} records, counted by the next batch run`] : []),
    ...(deadLetters ? [`dead letters ${grouped(deadLetters)}`] : []),
    ...(audit ? [`audit ${audit.state} (${grouped(audit.events)} events)`] : []),
    ...(newestEventAt ? [`newest event ${instant(newestEventAt)}`] : []),
  ];
  const cut = `V ${sumOf(provenance.tidemark)} counted by batch, W ${sumOf(provenance.vector)} with live · token ${provenance.token}`;
  return [facts.join(' · '), cut, ...notes.map((note) => `note: ${noteText(note)}`)].join('\n');
}

function sumOf(vector: readonly number[] = []): string {
  return `${grouped(sum(vector))} records`;
}

export function noteText(note: unknown): string {
  if (typeof note === 'string') return note;
  return JSON.stringify(note, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/** ISO 8601 of milliseconds or of an instant in text. */
export function instant(at: string | number): string {
  return typeof at === 'number' ? new Date(at).toISOString() : at;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 3 : 1)} %`;
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
