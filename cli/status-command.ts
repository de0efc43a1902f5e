// `tidemark status`: the state of the pipeline, as GET /v1/status gives it.
import type { Status } from '../api/client.ts';
import type { Api } from './api.ts';
import type { CliIo } from './io.ts';
import { type OutputOptions, printAnswer } from './output.ts';
import { grouped, instant, noteText, records } from './render.ts';

export async function runStatus(io: CliIo, api: Api, options: OutputOptions): Promise<void> {
  const { body: status, json } = await api.status();
  printAnswer(io, options, json, () => statusText(status));
}

const shownRuns = 10;
const shownNote = 60;

function statusText(status: Status): string {
  const { generation, run, partitions, totals, extent, deadLetters, runs, notes } = status;
  const { records: all, counted, duplicate, deferred, rejected, gap, liveCounted } = totals;
  const lag = status.lag.records;
  const spent = { counted, duplicate, deferred, rejected, gap };
  const sum = Object.entries(spent).map(([fate, offsets]) => `${grouped(offsets)} ${fate}`);
  const summary = [
    `run ${run.id} of generation ${generation}, published ${run.publishedAt}`,
    `audit ${run.audit} (${grouped(run.auditedEvents)} live events)${run.auditNote === '' ? '' : `: ${run.auditNote}`}`,
    `${grouped(all)} records = ${sum.join(' + ')}`,
    `${grouped(liveCounted)} of them live, ${typeof lag === 'number' ? `${grouped(lag)} not counted yet` : 'lag unknown'}`,
  ];
  if (extent) summary.push(`events from ${instant(extent.from)} to ${instant(extent.to)}`);
  if (deadLetters && deadLetters.total > 0) {
    const reasons = Object.entries(deadLetters.byReason).map(([reason, count]) => `${grouped(count)} ${reason}`);
    summary.push(`${grouped(deadLetters.total)} dead letters: ${reasons.join(', ')}`);
  }
  const rows = partitions.map(({ partition, tidemark, vector, end, lagRecords, ledger }) => {
    const { counted, duplicate, deferred, rejected, gap } = ledger;
    return { p: partition, tidemark, vector, end, lag: lagRecords, counted, duplicate, deferred, rejected, gap };
  });
  const sections = [summary.join('\n'), records(rows)];
  if (runs.length > 0) sections.push(`runs, newest first\n${records(runs.slice(0, shownRuns).map(runRow))}`);
  return [...sections, ...notes.map((note) => `note: ${noteText(note)}`)].join('\n\n');
}

function runRow({ id, publishedAt, audit, auditedEvents, auditNote }: Status['runs'][number]) {
  const note = auditNote.length > shownNote ? `${auditNote.slice(0, shownNote)}…` : auditNote;
  return { id, published: publishedAt, audit, events: auditedEvents, note };
}
