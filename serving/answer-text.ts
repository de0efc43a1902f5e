// An answer as text, in pieces of some rows each, so that a long one is written as fast as it is read. JSON is written by
// hand because integers beyond 2^53 and decimals are exact in it (JSON.rawJSON). Pure.
import type { Answer } from './answer-query.ts';
import { tellProvenance } from './provenance.ts';
import type { Query } from './query.ts';
import type { Row } from './row-form.ts';

const rowsPerPiece = 500;

function* piecesOf(rows: readonly Row[], text: (row: Row, index: number) => string): Generator<string> {
  for (let at = 0; at < rows.length; at += rowsPerPiece) {
    yield rows
      .slice(at, at + rowsPerPiece)
      .map((row, i) => text(row, at + i))
      .join('');
  }
}

export function* jsonPieces({ rows, provenance, ...rest }: Answer, query: Query): Generator<string> {
  yield '{"rows":[';
  yield* piecesOf(rows, (row, i) => (i === 0 ? '' : ',') + JSON.stringify(row));
  const told = JSON.stringify({ ...rest, provenance: tellProvenance(provenance, query.provenance) });
  yield `],${told.slice(1)}`;
}

/** RFC 4180 with a header row. What is held against a row follows it: compare.windowStart …, change.orders …. */
export function* csvPieces({ rows }: Answer, query: Query): Generator<string> {
  const columns = csvColumns(query);
  yield csvLine(columns.map(({ name }) => name));
  yield* piecesOf(rows, (row) => csvLine(columns.map(({ of }) => csvField(of(row)))));
}

interface CsvColumn {
  readonly name: string;
  readonly of: (row: Row) => unknown;
}

function csvColumns(query: Query): CsvColumn[] {
  const own = ['windowStart', 'windowEnd', 'open', ...(query.other ? ['other'] : []), ...query.by, ...query.measures];
  const column = (name: string): CsvColumn => ({ name, of: (row) => row[name] });
  if (query.compare === undefined) return own.map(column);
  const then = (row: Row) => (row['compare'] ?? {}) as Row;
  return [
    ...own.map(column),
    ...['windowStart', 'windowEnd', ...query.measures].map((name) => ({
      name: `compare.${name}`,
      of: (row: Row) => then(row)[name],
    })),
    ...query.measures.map((name) => ({
      name: `change.${name}`,
      of: (row: Row) => ((then(row)['change'] ?? {}) as Row)[name],
    })),
  ];
}

/**
 * Empty for what is null or absent; numbers digit by digit as in JSON. A text that a spreadsheet would take for a formula
 * gets an apostrophe before it: names of stores and products come from outside (OWASP, CSV injection).
 */
function csvField(field: unknown): string {
  if (field === null || field === undefined) return '';
  if (typeof field !== 'string') return JSON.stringify(field);
  const value = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function csvLine(fields: readonly string[]): string {
  return `${fields.join(',')}\r\n`;
}
