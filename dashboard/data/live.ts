// The one stream of a page. It keeps the page's main answer up to date, tells how true it is, and its token tells all other
// queries when there is something new. Other queries follow it (polled.ts), so that a page takes one connection.
//
// connecting → live → away → live …; refused where the query itself is wrong. Away keeps the last answer.
import { effect, signal, untracked } from '@preact/signals';
import {
  type ClientQuery,
  type ClientStreamQuery,
  createClient,
  createStreamedAnswer,
  type StreamedAnswer,
  type StreamEvent,
} from '../../api/client.ts';
import type { Answer } from './answer.ts';
import { here, streamWait } from './client.ts';
import type { Connection } from './connection.ts';
import { type Problem, problemOf } from './problem.ts';
import { queryText } from './queries.ts';
import { waitingSince } from './truth.ts';
import { isWatched } from './visibility.ts';

export const connection = signal<Connection>({ kind: 'connecting' });
/** Of the query that `answeredQuery` names; kept while another is on its way. */
export const liveAnswer = signal<Answer | undefined>(undefined);
/** As `queryText` writes it. */
export const answeredQuery = signal<string | undefined>(undefined);
/** A fault that the server told of, beside the numbers that stay as they were. */
export const serverFault = signal<Problem | undefined>(undefined);

/** Of the last answer, as `waitingSince` has it. */
export const waitingSinceMs = signal<number | undefined>(undefined);

interface Asked {
  readonly query: ClientQuery;
  readonly text: string;
}
const asked = signal<Asked | undefined>(undefined);

type Full = ClientStreamQuery & { readonly provenance: 'full' };

/** Silence for so long is a dead connection; a heartbeat comes each 15 s. */
const idleMs = 20_000;
const minIntervalMs = 200;

/** What the page streams. The same query again changes nothing. */
export function streamQuery(query: ClientQuery): void {
  const text = queryText(query);
  if (untracked(() => asked.value?.text) !== text) asked.value = { query, text };
}

const client = createClient({
  ...here,
  wait: streamWait.wait,
  async fetch(input, init) {
    const response = await fetch(input, { ...init, cache: 'no-store' });
    if (response.ok) connected();
    return response;
  },
});

/** Ends the wait for the next attempt. */
export const tryNow = streamWait.wake;

/** Runs for as long as the page is open. */
export function keepLive(): void {
  addEventListener('online', tryNow);
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

/** Of a query that is answered already: where nothing changed meanwhile the server has nothing to say. */
function connected(): void {
  const isAnswered = answeredQuery.value !== undefined && answeredQuery.value === asked.value?.text;
  if (isAnswered && connection.value.kind !== 'live') connection.value = { kind: 'live' };
}

async function keepStream({ query, text }: Asked, ending: AbortSignal): Promise<void> {
  if (answeredQuery.value !== text && connection.value.kind !== 'away') connection.value = { kind: 'connecting' };
  const streamed = createStreamedAnswer<Full>();
  const onRetry = ({ error, waitMs }: { error: Problem; waitMs: number }): void => {
    const before = connection.value;
    if (before.kind !== 'away') streamWait.heard(false);
    const silentMs = error.code === 'timed-out' ? idleMs : 0;
    const sinceMs = before.kind === 'away' ? before.sinceMs : liveAnswer.value ? Date.now() - silentMs : 0;
    connection.value = { kind: 'away', sinceMs, nextAtMs: Date.now() + waitMs, problem: error };
  };
  try {
    for await (const event of client.stream(
      { ...query, provenance: 'full', minIntervalMs },
      { signal: ending, idleMs, onRetry },
    )) {
      streamed.take(event);
      const problem = streamed.problem();
      serverFault.value = problem && { ...problem, detail: problem.detail ?? problem.title };
      if (event.name !== 'error') show(text, event, streamed);
    }
  } catch (error) {
    if (!ending.aborted) connection.value = { kind: 'refused', problem: problemOf(error) };
  }
}

function show(text: string, event: StreamEvent<Full>, streamed: StreamedAnswer<Full>): void {
  const head = streamed.head();
  if (!head) return;
  const known = answeredQuery.value === text ? liveAnswer.value : undefined;
  const keepsRows =
    event.name === 'provenance' ||
    (event.name === 'change' && event.data.upserts.length === 0 && event.data.removed.length === 0);
  const rows = keepsRows && known ? known.rows : (streamed.rows() as Answer['rows']);
  const before = liveAnswer.value && { token: liveAnswer.value.provenance.token, sinceMs: waitingSinceMs.value };
  waitingSinceMs.value = waitingSince(head.provenance, Date.now(), before);
  liveAnswer.value = { ...head, rows };
  answeredQuery.value = text;
  connected();
}
