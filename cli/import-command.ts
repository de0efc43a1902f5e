// `tidemark import`: sends a file or the real orders, then says how much of it waits for the next batch run.
import { existsSync } from 'node:fs';
import type { Api } from './api.ts';
import { CliError, exitCodes } from './errors.ts';
import type { OutgoingEvent } from './event-input.ts';
import { importEvents, type ImportResult, type Retry } from './import-events.ts';
import type { CliIo } from './io.ts';
import { outgoing, pace, readNdjson } from './outgoing.ts';
import { type OutputOptions, print } from './output.ts';
import { openProgress } from './progress.ts';
import { grouped } from './render.ts';
import { readSuperstore, superstoreEvents } from './superstore.ts';

export interface ImportCommandOptions extends OutputOptions {
  readonly rate?: number;
}

interface Seen {
  readonly deferredRecords: number | undefined;
  /** Why it is not known; undefined where it is. */
  readonly unknown?: string;
}

export async function runImport(io: CliIo, api: Api, source: string, options: ImportCommandOptions): Promise<void> {
  const { events, total } = openSource(source);
  const paced = options.rate === undefined ? events : pace(events, options.rate, io.now());
  const result = await sendWithProgress(io, api.ingestUrl, `import ${source}`, paced, total);
  const seen = await lookAtDeferred(api, result.token);
  print(io, options, { ...result, deferredRecords: seen.deferredRecords ?? null }, () => importText(result, seen));
  requireNoneRejected(result);
}

/** After the result has been printed: some of it did not arrive, which a script must be able to see. */
export function requireNoneRejected({ rejectedCount }: Pick<ImportResult, 'rejectedCount'>): void {
  if (rejectedCount > 0) throw new CliError(`${grouped(rejectedCount)} events were rejected`, exitCodes.fault);
}

function openSource(source: string): {
  events: AsyncIterable<OutgoingEvent> | Iterable<OutgoingEvent>;
  total?: number;
} {
  if (source === 'superstore') return { events: outgoing(readSuperstore()), total: superstoreEvents };
  if (!existsSync(source)) {
    throw new CliError(
      `${source} is neither "superstore" nor a file of events (one JSON object a line)`,
      exitCodes.usage,
    );
  }
  return { events: readNdjson(source) };
}

export async function sendWithProgress(
  io: CliIo,
  ingestUrl: string,
  what: string,
  events: AsyncIterable<OutgoingEvent> | Iterable<OutgoingEvent>,
  total: number | undefined,
): Promise<ImportResult> {
  const progress = openProgress(io, what, total);
  const onRetry = ({ why, attempt, giveUpAtMs }: Retry): void => {
    if (attempt > 0) return;
    progress.say(`${what}: ${why}; trying again until ${new Date(giveUpAtMs).toISOString().slice(11, 19)} UTC`);
  };
  try {
    return await importEvents({ ingestUrl, events, signal: io.signal, now: io.now, onProgress: progress.at, onRetry });
  } finally {
    progress.stop();
  }
}

/** Asks serving for an answer that covers the token, which tells how many records wait for batch. */
async function lookAtDeferred(api: Api, token: string | undefined): Promise<Seen> {
  if (token === undefined) return { deferredRecords: 0 };
  try {
    const { provenance } = (await api.query({ measures: ['orders'], atLeast: token })).body;
    return { deferredRecords: provenance.deferredRecords };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { deferredRecords: undefined, unknown: error.message };
  }
}

function importText(result: ImportResult, seen: Seen): string {
  const { accepted, rejectedCount, rejected, retries } = result;
  const lines = [
    `accepted ${grouped(accepted)} events, rejected ${grouped(rejectedCount)}${retries > 0 ? `, ${retries} requests sent again` : ''}`,
    ...rejected.slice(0, 10).map(({ index, line, code, message }) => {
      const where = line === undefined ? `event ${index + 1}` : `line ${line}`;
      return `  ${where}: ${message} (${code})`;
    }),
  ];
  if (rejectedCount > 10) lines.push(`  … and ${grouped(rejectedCount - 10)} more`);
  if (seen.unknown !== undefined) lines.push(`how many are deferred is not known: ${seen.unknown}`);
  else if (seen.deferredRecords === 0) lines.push('all of them are counted already');
  else if (seen.deferredRecords !== undefined) {
    lines.push(
      `${grouped(seen.deferredRecords)} records are deferred: counted by the next batch run, at most 60 s away`,
    );
  }
  return lines.join('\n');
}
