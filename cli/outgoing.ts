// Sources of events to send: our own events, and lines of somebody's file; with a pace where one is asked for.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CliError, exitCodes } from './errors.ts';
import type { EventInput, OutgoingEvent } from './event-input.ts';

export function* outgoing(events: Iterable<EventInput>): Generator<OutgoingEvent> {
  for (const event of events) yield { json: JSON.stringify(event) };
}

/** The lines of an NDJSON file as they are; ingest judges them. Blank lines are left out. */
export async function* readNdjson(file: string): AsyncGenerator<OutgoingEvent> {
  const input = createReadStream(file, 'utf8');
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity }))
      if (line.trim() !== '') yield { json: line };
  } catch (cause) {
    throw new CliError(`${file} cannot be read: ${(cause as Error).message}`, exitCodes.usage, { cause });
  }
}

/** Event n is due n/rate seconds after the start, so that a delay is caught up and not added. */
export async function* pace(
  events: AsyncIterable<OutgoingEvent> | Iterable<OutgoingEvent>,
  rate: number,
  startMs: number,
): AsyncGenerator<OutgoingEvent> {
  let index = 0;
  for await (const event of events) yield { ...event, dueMs: startMs + (index++ * 1_000) / rate };
}
