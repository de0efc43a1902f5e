// Queries beside the stream: asked again when the stream says that something changed, no more often than `atMostEveryMs`.
// A quiet shop costs nothing; an unchanged answer a 304.
import { effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { ClientQuery } from '../../api/client.ts';
import { type Answer, isBefore } from './answer.ts';
import { backOffMs } from './back-off.ts';
import { client } from './client.ts';
import { liveAnswer } from './live.ts';
import { isPassing, type Problem, problemOf } from './problem.ts';
import { queryText } from './queries.ts';
import type { Missing } from './truth.ts';
import { isWatched } from './visibility.ts';

export interface Polled {
  /** The last answer, also while another query is on its way or the server is away. */
  readonly answer: Answer | undefined;
  /** The query that it answers, as `queryText` writes it. */
  readonly text: string | undefined;
  readonly problem: Problem | undefined;
}

/** What is asked in vain, the longest first. */
export const missing = signal<readonly Missing[]>([]);

/** The newest cut that the stream told of, and the minute, which alone moves ranges that end now. */
const news = (): string => `${liveAnswer.value?.provenance.token} ${liveAnswer.value?.query.to}`;

/** What the query answers, kept up to date for as long as the component lives; undefined asks for nothing. */
export function usePolled(query: ClientQuery | undefined, atMostEveryMs = 2_000): ReadonlySignal<Polled> {
  const state = useMemo(() => signal<Polled>({ answer: undefined, text: undefined, problem: undefined }), []);
  const text = query && queryText(query);
  useEffect(
    () => (query && text !== undefined ? poll(query, text, atMostEveryMs, state) : undefined),
    [text, atMostEveryMs],
  );
  return state;
}

/**
 * Several processes may answer, some of which have come less far than what the page has `shown` already: then it is asked
 * again, and waited for. Not at first: an address that names a token is new each time, to the browser's cache and to serving.
 */
async function newest(
  query: ClientQuery,
  shown: readonly (Answer | undefined)[],
  signal: AbortSignal,
): Promise<Answer> {
  const ask = async (atLeast?: string) =>
    (await client.query({ ...query, provenance: 'full', ...(atLeast && { atLeast }) }, { signal })) as Answer;
  const answer = await ask();
  const later = shown.find((one) => one && isBefore(answer, one));
  return later ? ask(later.provenance.token) : answer;
}

function poll(query: ClientQuery, text: string, atMostEveryMs: number, state: { value: Polled }): () => void {
  const ending = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let [isAsking, failures, askedAtMs] = [false, 0, 0];
  let [known, wanted] = ['', ''];

  const later = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), ms);
  };
  let vain: Missing | undefined;
  const setVain = (problem?: Problem): void => {
    if (Boolean(problem) === Boolean(vain)) return;
    const others = missing.value.filter((one) => one !== vain);
    vain = problem && { problem, sinceMs: Date.now() };
    missing.value = vain ? [...others, vain] : others;
  };
  async function ask(): Promise<void> {
    if (isAsking || ending.signal.aborted) return;
    isAsking = true;
    askedAtMs = Date.now();
    known = wanted;
    try {
      const answer = await newest(query, [liveAnswer.peek(), state.value.answer], ending.signal);
      failures = 0;
      state.value = { answer, text, problem: undefined };
      setVain();
    } catch (error) {
      if (ending.signal.aborted) return;
      const problem = problemOf(error);
      const passing = isPassing(problem);
      // A refusal stands until something changes; what passes is tried again.
      state.value = { ...state.value, ...(passing ? {} : { answer: undefined, text }), problem };
      setVain(passing ? problem : undefined);
      failures = passing ? failures + 1 : 0;
      if (passing) later(backOffMs(failures, Math.random()));
    } finally {
      isAsking = false;
    }
    if (failures === 0 && known !== wanted) later(atMostEveryMs);
  }
  const stop = effect(() => {
    wanted = news();
    if (!isWatched.value || isAsking || failures > 0 || known === wanted) return;
    untracked(() => later(Math.max(0, askedAtMs + atMostEveryMs - Date.now())));
  });
  return () => {
    stop();
    clearTimeout(timer);
    ending.abort();
    setVain();
  };
}
