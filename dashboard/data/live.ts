// The one stream of a page. It keeps the page's main answer up to date, tells how true it is, and its token tells all other
// queries when there is something new. Other queries follow it (polled.ts), so that a page takes one connection.
//
// connecting → live → away → live …; refused where the query itself is wrong. Away keeps the last answer.
import { effect, signal, untracked } from '@preact/signals';
import { type Answer, ApiError, openEventStream, type ProblemDocument } from './api.ts';
import { backOffMs } from './back-off.ts';
import type { Connection } from './connection.ts';
import { createEventParser, type StreamEvent } from './event-stream.ts';
import { applyChange, type Change } from './live-answer.ts';
import { parseExactly } from './exact-json.ts';
import { isWatched } from './visibility.ts';

export interface LiveQuery {
  /** As GET /v1/query takes it. */
  readonly query: string;
  readonly by: readonly string[];
}

export const connection = signal<Connection>({ kind: 'connecting' });
/** Of the query that `answerOf` names; kept while another is on its way. */
export const liveAnswer = signal<Answer | undefined>(undefined);
export const answeredQuery = signal<string | undefined>(undefined);
/** A fault that the server told of, beside the numbers that stay as they were. */
export const serverFault = signal<ProblemDocument | undefined>(undefined);
const asked = signal<LiveQuery | undefined>(undefined);

/** Everything that is younger than this is live; a heartbeat comes each 15 s. */
const silentMs = 20_000;
const minIntervalMs = 200;

/** What the page streams. The same query again changes nothing. */
export function streamQuery(query: LiveQuery): void {
  if (untracked(() => asked.value?.query) !== query.query) asked.value = query;
}

let wake: (() => void) | undefined;

/** Ends the wait for the next attempt. */
export function tryNow(): void {
  wake?.();
}

/** Runs for as long as the page is open. */
export function keepLive(): void {
  followWorld();
  effect(() => {
    const query = asked.value;
    if (!query) return undefined;
    if (!isWatched.value) {
      connection.value = { kind: 'resting', sinceMs: Date.now() };
      return undefined;
    }
    const ending = new AbortController();
    void untracked(() => keepStream(query, ending.signal));
    return () => ending.abort();
  });
}

function followWorld(): void {
  addEventListener('online', tryNow);
}

async function keepStream(query: LiveQuery, ending: AbortSignal): Promise<void> {
  if (answeredQuery.value !== query.query && connection.value.kind !== 'away')
    connection.value = { kind: 'connecting' };
  let lastEventId: string | undefined;
  for (let failures = 0; !ending.aborted; ) {
    try {
      await readStream(query, lastEventId, ending, (event) => {
        failures = 0;
        lastEventId = event.id ?? lastEventId;
      });
      // A server that closes ends its streams.
      throw new ApiError({ code: 'ended', status: 0, title: 'The server ended the stream' });
    } catch (error) {
      if (ending.aborted) return;
      const problem = problemOf(error);
      if (error instanceof ApiError && !error.passing) {
        connection.value = { kind: 'refused', problem };
        return;
      }
      failures += 1;
      const waitMs = backOffMs(failures, Math.random());
      connection.value = { kind: 'away', sinceMs: lastHeardMs(), nextAtMs: Date.now() + waitMs, problem };
      await untilWoken(waitMs, ending);
    }
  }
}

function problemOf(error: unknown): ProblemDocument {
  if (error instanceof ApiError) return error.problem;
  return { code: 'away', status: 0, title: error instanceof Error ? error.message : String(error) };
}

let heardAtMs = 0;
const lastHeardMs = (): number => heardAtMs;

async function readStream(
  query: LiveQuery,
  lastEventId: string | undefined,
  ending: AbortSignal,
  onEvent: (event: StreamEvent) => void,
): Promise<void> {
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  ending.addEventListener('abort', abort, { once: true });
  let silence: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(abort, silentMs);
  };
  try {
    heard();
    const response = await openEventStream(query.query, { minIntervalMs, lastEventId, signal: attempt.signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const parse = createEventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      for (const event of parse(value)) {
        onEvent(event);
        take(query, event);
      }
      heardAtMs = Date.now();
      if (answeredQuery.value === query.query) connection.value = { kind: 'live', heardAtMs };
    }
  } finally {
    clearTimeout(silence);
    ending.removeEventListener('abort', abort);
    attempt.abort();
  }
}

function take(query: LiveQuery, { event, data }: StreamEvent): void {
  const body: unknown = parseExactly(data);
  if (event === 'error') {
    serverFault.value = body as ProblemDocument;
    return;
  }
  serverFault.value = undefined;
  if (event === 'state') {
    liveAnswer.value = body as Answer;
    answeredQuery.value = query.query;
    return;
  }
  const known = liveAnswer.value;
  if (!known || answeredQuery.value !== query.query) return;
  if (event === 'change') liveAnswer.value = applyChange(known, query.by, body as Change);
  if (event === 'provenance') liveAnswer.value = { ...known, provenance: body as Answer['provenance'] };
}

function untilWoken(ms: number, ending: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      ending.removeEventListener('abort', done);
      if (wake === done) wake = undefined;
      resolve();
    };
    const timer = setTimeout(done, ms);
    ending.addEventListener('abort', done, { once: true });
    wake = done;
  });
}
