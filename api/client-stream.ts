// A stream as the client reads it: connect → read → (end, fault or silence) → wait → connect again with the last id. What the
// server refuses for good (4xx) ends it; the caller's signal does too. Waiting grows from what the server asks for to half a
// minute, with jitter, and begins anew once an event has come.
import { failureOf, refusalOf, TidemarkError } from './client-error.ts';
import type { AnswerOf, ClientStreamQuery, ProvenanceOf, RowOf } from './client-query.ts';
import type { ProblemDocument } from './problem-schema.ts';
import { createSseParser } from './sse-parser.ts';

/** What tells a row from the others: windowStart and the dimension values, `other` on the row of the rest. */
type RowKey = Readonly<Record<string, string | boolean | null>>;

export type ChangeOf<Q extends ClientStreamQuery> = Partial<Omit<AnswerOf<Q>, 'rows'>> & {
  readonly upserts: readonly RowOf<Q>[];
  readonly removed: readonly RowKey[];
};

export type StreamEvent<Q extends ClientStreamQuery = ClientStreamQuery> =
  | { readonly name: 'state'; readonly id: string; readonly data: AnswerOf<Q> }
  | { readonly name: 'change'; readonly id: string; readonly data: ChangeOf<Q> }
  | { readonly name: 'provenance'; readonly id: string; readonly data: ProvenanceOf<Q> }
  | { readonly name: 'error'; readonly id: undefined; readonly data: ProblemDocument };

export interface StreamOptions {
  readonly signal?: AbortSignal;
  /** Of the last event that the caller has: what changed since is told, where the server still knows. */
  readonly lastEventId?: string;
  /** So long without a byte, and the connection counts as dead; the server sends one every 15 seconds. */
  readonly idleMs?: number;
  /** Told before each wait: why, and for how long. */
  readonly onRetry?: (retry: { readonly error: TidemarkError; readonly waitMs: number }) => void;
}

/** Calls back once after so long, unless the function that it gives is called before. */
export type StartTimer = (onTime: () => void, ms: number) => () => void;

export interface StreamConnection {
  readonly address: string;
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly parseJson: (text: string) => unknown;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly startTimer: StartTimer;
  readonly random: () => number;
}

const maxWaitMs = 30_000;
/** Of what a server asks for. */
const maxAskedMs = 600_000;
const defaultRetryMs = 1_000;
const defaultIdleMs = 45_000;
const maxEventLength = 64 * 1024 * 1024;
const names: readonly string[] = ['state', 'change', 'provenance', 'error'];

export async function* readStream<Q extends ClientStreamQuery>(
  connection: StreamConnection,
  options: StreamOptions,
): AsyncGenerator<StreamEvent<Q>, void, undefined> {
  const { signal = new AbortController().signal, idleMs = defaultIdleMs } = options;
  let lastId = options.lastEventId;
  let failures = 0;
  let retryMs = defaultRetryMs;

  for (;;) {
    signal.throwIfAborted();
    let error: TidemarkError;
    const watch = createIdleWatch(connection.startTimer, signal, idleMs);
    try {
      const reader = await connect(connection, lastId, watch);
      const parser = createSseParser(maxEventLength);
      for (;;) {
        const { value, done } = await reader.read();
        watch.seen();
        if (done) break;
        for (const { name, id, data } of parser.push(value)) {
          if (!names.includes(name)) continue;
          // Before its id counts: what cannot be read is asked for again.
          const event = { name, id, data: connection.parseJson(data) } as StreamEvent<Q>;
          if (id !== undefined) lastId = id;
          if (name !== 'error') failures = 0;
          watch.pause();
          yield event;
          watch.seen();
        }
        retryMs = parser.retryMs() ?? retryMs;
      }
      error = new TidemarkError({ code: 'unreachable', detail: `${connection.baseUrl} ended the stream` });
    } catch (fault) {
      signal.throwIfAborted();
      error = fault instanceof TidemarkError ? fault : failureOf(connection.baseUrl, watch.reason() ?? fault);
      if (error.status >= 400 && error.status < 500) throw error;
    } finally {
      watch.close();
    }
    failures += 1;
    const asked = Math.min(
      maxAskedMs,
      error.retryAfterSeconds === undefined ? retryMs : error.retryAfterSeconds * 1_000,
    );
    const longest = Math.min(maxWaitMs, asked * 2 ** Math.min(failures - 1, 16));
    const waitMs = Math.round(Math.max(asked, longest * (0.5 + connection.random() / 2)));
    options.onRetry?.({ error, waitMs });
    await connection.wait(waitMs, signal);
  }
}

async function connect({ address, fetch, baseUrl }: StreamConnection, lastId: string | undefined, watch: IdleWatch) {
  const headers = { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) };
  const response = await fetch(address, { headers, signal: watch.signal });
  if (!response.ok) throw refusalOf(response, await response.text());
  if (!response.body) throw new TidemarkError({ code: 'unreadable-answer', detail: `${baseUrl} sent no stream` });
  return response.body.pipeThrough(new TextDecoderStream()).getReader();
}

interface IdleWatch {
  /** Aborted by the caller's, by silence and by `close`. */
  readonly signal: AbortSignal;
  seen(): void;
  /** While the caller works on an event nothing is read, which is no silence. */
  pause(): void;
  reason(): unknown;
  close(): void;
}

function createIdleWatch(startTimer: StartTimer, outer: AbortSignal, idleMs: number): IdleWatch {
  const ending = new AbortController();
  let silence: DOMException | undefined;
  let stop = (): void => undefined;
  function seen(): void {
    stop();
    stop = startTimer(() => {
      silence = new DOMException(`nothing came for ${idleMs} ms`, 'TimeoutError');
      ending.abort(silence);
    }, idleMs);
  }
  seen();
  return {
    signal: AbortSignal.any([outer, ending.signal]),
    seen,
    pause: () => stop(),
    reason: () => silence,
    close() {
      stop();
      ending.abort();
    },
  };
}
