// Queries beside the stream: asked again when the stream says that something changed, no more often than `atMostEveryMs`.
// A quiet shop costs nothing; an unchanged answer a 304.
import { effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError, getJson, type ProblemDocument } from './api.ts';
import { backOffMs } from './back-off.ts';
import { liveAnswer } from './live.ts';
import { isWatched } from './visibility.ts';

export interface Polled<T> {
  /** The last answer, also while another query is on its way or the server is away. */
  readonly answer: T | undefined;
  /** The path that it answers. */
  readonly path: string | undefined;
  readonly problem: ProblemDocument | undefined;
}

/** The newest cut that the stream told of, and the minute, which alone moves ranges that end now. */
const news = (): string => `${liveAnswer.value?.provenance.token} ${liveAnswer.value?.query.to}`;

/** What GET `path` answers, kept up to date for as long as the component lives; undefined asks for nothing. */
export function usePolled<T>(path: string | undefined, atMostEveryMs = 2_000): ReadonlySignal<Polled<T>> {
  const state = useMemo(() => signal<Polled<T>>({ answer: undefined, path: undefined, problem: undefined }), []);
  useEffect(() => (path === undefined ? undefined : poll<T>(path, atMostEveryMs, state)), [path, atMostEveryMs]);
  return state;
}

function poll<T>(path: string, atMostEveryMs: number, state: { value: Polled<T> }): () => void {
  const ending = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let [isAsking, failures, askedAtMs] = [false, 0, 0];
  let [known, wanted] = ['', ''];

  const later = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), ms);
  };
  async function ask(): Promise<void> {
    if (isAsking || ending.signal.aborted) return;
    isAsking = true;
    askedAtMs = Date.now();
    known = wanted;
    try {
      const answer = await getJson<T>(path, ending.signal);
      failures = 0;
      state.value = { answer, path, problem: undefined };
    } catch (error) {
      if (ending.signal.aborted) return;
      const problem = error instanceof ApiError ? error.problem : { code: 'away', status: 0, title: String(error) };
      const passing = !(error instanceof ApiError) || error.passing;
      // A refusal stands until something changes; what passes is tried again.
      state.value = { ...state.value, ...(passing ? {} : { answer: undefined, path }), problem };
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
  };
}
