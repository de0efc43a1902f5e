// `tidemark status`: the state of the pipeline, as GET /v1/status gives it.
import type { Api, Cell, Status } from './api.ts';
import type { CliIo } from './io.ts';
import { type OutputOptions, print } from './output.ts';
import { instant, noteText, records } from './render.ts';

export async function runStatus(io: CliIo, api: Api, options: OutputOptions): Promise<void> {
  const status = await api.status();
  print(io, options, status, () => statusText(status));
}

function statusText(status: Status): string {
  const { generation, run, partitions, totals, extent, deadLetters, runs = [], notes = [] } = status;
  const sections = [`generation ${generation}\n${records([flat({ ...run })])}`, records([flat({ ...totals })])];
  if (extent?.from && extent.to) sections.push(`events from ${instant(extent.from)} to ${instant(extent.to)}`);
  if (partitions.length > 0) sections.push(records(partitions.map(flat)));
  if (runs.length > 0) sections.push(`runs, newest first\n${records(runs.slice(0, 10).map(flat))}`);
  if (deadLetters && deadLetters.total > 0) {
    sections.push(`dead letters\n${records([flat({ total: deadLetters.total, ...deadLetters.byReason })])}`);
  }
  return [...sections, ...notes.map((note) => `note: ${noteText(note)}`)].join('\n\n');
}

/** Fields of nested objects become columns too; lists become their text. */
function flat(value: Readonly<Record<string, unknown>>): Record<string, Cell> {
  const row: Record<string, Cell> = {};
  for (const [name, field] of Object.entries(value)) {
    if (field === null || ['string', 'number', 'boolean'].includes(typeof field)) row[name] = field as Cell;
    else if (Array.isArray(field)) row[name] = field.join(' ');
    else if (typeof field === 'object') {
      Object.assign(row, flat({ ...field }));
    }
  }
  return row;
}
