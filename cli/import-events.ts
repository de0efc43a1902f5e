// Sends events to ingest: NDJSON requests of at most 5,000, one after the other, at the pace that the events ask for.
// A request that fails for a while is sent again whole; identities make that harmless.
import { setTimeout as delay } from 'node:timers/promises';
import { decodeToken, encodeToken } from '../schemas/token.ts';
import { reasonOf, unreachable } from './api.ts';
import { CliError, exitCodes } from './errors.ts';
import type { OutgoingEvent } from './event-input.ts';

export interface ImportOptions {
  readonly ingestUrl: string;
  readonly events: AsyncIterable<OutgoingEvent> | Iterable<OutgoingEvent>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (sent: number) => void;
  /** Told of each attempt that failed and is repeated. */
  readonly onRetry?: (retry: Retry) => void;
  /** How long one request may go on failing; Infinity for a stream that outlives restarts. */
  readonly giveUpAfterMs?: number;
  readonly now?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

export interface Retry {
  readonly why: string;
  readonly waitMs: number;
  /** 0 for the first failure of a request. */
  readonly attempt: number;
  readonly giveUpAtMs: number;
}

interface RejectedEvent {
  /** Place among all events sent, from 0. */
  readonly index: number;
  /** Line of the file that it came from, from 1. */
  readonly line?: number;
  readonly field?: string;
  readonly value?: unknown;
  readonly expected?: string;
  readonly code: string;
  readonly message: string;
}

export interface ImportResult {
  readonly accepted: number;
  readonly rejectedCount: number;
  /** The first 100. */
  readonly rejected: readonly RejectedEvent[];
  /** For each partition the next offset after what was written. */
  readonly vector: readonly number[];
  /** Covers all of it; undefined where nothing was accepted. */
  readonly token: string | undefined;
  readonly requests: number;
  readonly retries: number;
}

interface IngestAnswer {
  readonly accepted?: number;
  readonly rejected?: readonly RejectedEvent[];
  readonly rejectedCount?: number;
  readonly vector?: readonly number[];
  readonly token?: string;
  readonly code?: string;
  readonly detail?: string;
}

const requestEvents = 5_000;
const requestBytes = 8 * 1024 * 1024;
/** Paced events that fall due within this time share a request. */
const lingerMs = 100;
const requestTimeoutMs = 120_000;

export async function importEvents(options: ImportOptions): Promise<ImportResult> {
  const {
    ingestUrl,
    events,
    signal,
    onProgress,
    onRetry,
    giveUpAfterMs = 60_000,
    now = Date.now,
    wait = sleep,
  } = options;
  const vector: number[] = [];
  const rejected: RejectedEvent[] = [];
  let [accepted, rejectedCount, requests, retries, sent] = [0, 0, 0, 0, 0];
  let generation: string | undefined;

  async function post(lines: readonly Buffer[], places: readonly (number | undefined)[]): Promise<void> {
    if (lines.length === 0) return;
    const answer = await postUntilAnswered(joinLines(lines));
    requests += 1;
    accepted += answer.accepted ?? 0;
    rejectedCount += answer.rejectedCount ?? 0;
    for (const each of answer.rejected ?? []) {
      const line = places[each.index];
      if (rejected.length < 100)
        rejected.push({ ...each, index: sent + each.index, ...(line !== undefined && { line }) });
    }
    for (const [partition, next] of (answer.vector ?? []).entries()) {
      vector[partition] = Math.max(vector[partition] ?? 0, next);
    }
    generation = (answer.token === undefined ? undefined : decodeToken(answer.token)?.generation) ?? generation;
    sent += lines.length;
    onProgress?.(sent);
  }

  async function postUntilAnswered(body: Buffer<ArrayBuffer>): Promise<IngestAnswer> {
    const giveUpAtMs = now() + giveUpAfterMs;
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      const outcome = await postOnce(ingestUrl, body, signal);
      if (outcome.kind === 'answer') return outcome.answer;
      const waitMs = outcome.retryAfterMs ?? Math.min(5_000, 200 * 2 ** attempt);
      if (now() + waitMs > giveUpAtMs) throw outcome.error;
      retries += 1;
      onRetry?.({ why: outcome.error.message, waitMs, attempt, giveUpAtMs });
      await wait(waitMs, signal);
    }
  }

  let lines: Buffer[] = [];
  let places: (number | undefined)[] = [];
  let bytes = 0;
  let openedAt = 0;
  const flush = async () => {
    const [full, at] = [lines, places];
    lines = [];
    places = [];
    bytes = 0;
    await post(full, at);
  };
  for await (const { json, dueMs, line: place } of events) {
    signal?.throwIfAborted();
    if (dueMs !== undefined && dueMs > now()) {
      if (lines.length > 0 && dueMs > openedAt + lingerMs) await flush();
      await wait(Math.max(dueMs, lines.length > 0 ? openedAt + lingerMs : 0) - now(), signal);
    }
    const line = Buffer.from(json);
    if (bytes + line.length > requestBytes) await flush();
    if (lines.length === 0) openedAt = now();
    lines.push(line);
    places.push(place);
    bytes += line.length;
    const lingered = dueMs !== undefined && now() - openedAt >= lingerMs;
    if (lines.length >= requestEvents || lingered) await flush();
  }
  await flush();
  const token = generation === undefined || accepted === 0 ? undefined : encodeToken({ generation, run: '', vector });
  return { accepted, rejectedCount, rejected, vector, token, requests, retries };
}

type Outcome =
  | { readonly kind: 'answer'; readonly answer: IngestAnswer }
  | { readonly kind: 'again'; readonly error: CliError; readonly retryAfterMs?: number };

function joinLines(lines: readonly Buffer[]): Buffer<ArrayBuffer> {
  const lineFeed = Buffer.from('\n');
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [lineFeed, line])));
}

async function postOnce(
  ingestUrl: string,
  body: Buffer<ArrayBuffer>,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(`${ingestUrl}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    text = await answer.text();
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: 'again', error: unreachable('ingest', ingestUrl, error) };
  }
  const document = parseAnswer(text);
  if (answer.status === 202 || document.code === 'all-rejected') return { kind: 'answer', answer: document };
  const what = `ingest at ${ingestUrl} answered ${answer.status}: ${document.detail ?? text.slice(0, 200)}`;
  if (answer.status !== 503) throw new CliError(what, exitCodes.fault);
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const error = new CliError(what, exitCodes.unavailable);
  return { kind: 'again', error, ...(seconds >= 0 && { retryAfterMs: Math.min(seconds, 30) * 1_000 }) };
}

function parseAnswer(text: string): IngestAnswer {
  try {
    return JSON.parse(text) as IngestAnswer;
  } catch (error) {
    return { detail: `no JSON (${reasonOf(error)})` };
  }
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms > 0) await delay(ms, undefined, signal ? { signal } : {});
}
