// For tests: a reader of one connection to /v1/stream, whose every event is held to its schema; rows as the client keeps them.
import { type ClientStreamQuery, createStreamedAnswer, type StreamedAnswer, type StreamEvent } from '../api/client.ts';
import { createEventHold } from './test-answers.ts';

interface StreamedEvent {
  readonly name: string;
  readonly id: string;
  /** As the server sends it. */
  readonly data: ReturnType<typeof JSON.parse>;
}

export interface StreamReader {
  readonly status: number;
  readonly headers: Headers;
  readonly events: StreamedEvent[];
  readonly answer: StreamedAnswer<ClientStreamQuery>;
  /** Comments and fields that belong to no event. */
  readonly other: string[];
  /** The rows as of the last event, sorted by window and dimensions as a query's are. */
  rows(): Record<string, unknown>[];
  lastId(): string;
  ended(): boolean;
  /** Resolves after the next bytes, or at the end. */
  next(): Promise<void>;
  /** Resolves once the condition holds; throws at the end of the stream. */
  until(condition: () => boolean): Promise<void>;
  close(): void;
}

const hold = createEventHold();

export async function openStreamReader(url: string, lastId?: string, from?: StreamReader): Promise<StreamReader> {
  const leaving = new AbortController();
  const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
  const response = await fetch(url, { headers, signal: leaving.signal });
  const body = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const events: StreamedEvent[] = [];
  const other: string[] = [];
  const answer = from?.answer ?? createStreamedAnswer<ClientStreamQuery>();
  let text = '';
  let ended = false;

  function take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    const name = fields.get('event');
    if (name === undefined) return void other.push(block);
    const data = JSON.parse(fields.get('data')!);
    events.push({ name, id: fields.get('id') ?? '', data });
    hold(name, data);
    answer.take({ name, data } as StreamEvent);
  }

  const reader: StreamReader = {
    status: response.status,
    headers: response.headers,
    events,
    other,
    lastId: () => events.findLast(({ id }) => id !== '')?.id ?? '',
    ended: () => ended,
    answer,
    rows: () => answer.rows(),
    async next() {
      const { value, done } = await body.read().catch(() => ({ value: undefined, done: true }));
      ended = done;
      text += value ?? '';
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) take(block);
    },
    async until(condition) {
      while (!condition()) {
        if (ended) throw new Error(`the stream ended after ${events.length} events: ${JSON.stringify(events.at(-1))}`);
        await reader.next();
      }
    },
    close: () => leaving.abort(),
  };
  return reader;
}
