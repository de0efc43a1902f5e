// Sources of events to send: our own events, and lines of somebody's file; with a pace where one is asked for.
import { createReadStream } from 'node:fs';
import { CliError, exitCodes } from './errors.ts';
import type { EventInput, OutgoingEvent } from './event-input.ts';

const lineFeed = 0x0a;
/** Larger than any body that ingest takes. */
const longestLineBytes = 8 * 1024 * 1024;

export function* outgoing(events: Iterable<EventInput>): Generator<OutgoingEvent> {
  for (const event of events) yield { json: JSON.stringify(event) };
}

/** The lines of an NDJSON file, byte for byte as they are; ingest judges them. Blank lines are left out. */
export async function* readNdjson(file: string): AsyncGenerator<OutgoingEvent> {
  let number = 0;
  try {
    for await (const line of splitLines(createReadStream(file))) {
      number += 1;
      if (!isBlank(line)) yield { json: line, line: number };
    }
  } catch (cause) {
    const where = cause instanceof RangeError ? `line ${number + 1} of ${file}` : file;
    throw new CliError(`${where} cannot be read: ${(cause as Error).message}`, exitCodes.usage, { cause });
  }
}

/** Only a line feed ends a line: JSON may hold every other kind of line break, and bytes that are no UTF-8 stay wrong. */
async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const keep = (part: Buffer): void => {
    parts.push(part);
    bytes += part.length;
    if (bytes > longestLineBytes) throw new RangeError(`it is longer than ${longestLineBytes} bytes`);
  };
  const take = (): Buffer => {
    const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    parts = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, from)) {
      keep(chunk.subarray(from, at));
      yield take();
      from = at + 1;
    }
    if (from < chunk.length) keep(chunk.subarray(from));
  }
  if (bytes > 0) yield take();
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
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
