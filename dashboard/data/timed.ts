// What is asked again and again, whether or not anything is ordered: the pipeline's own state. Rests while nobody looks.
import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError, getJson, type ProblemDocument } from './api.ts';
import { backOffMs } from './back-off.ts';
import { isWatched } from './visibility.ts';

export interface Timed<T> {
  /** The last answer, also while the server is away. */
  readonly answer: T | undefined;
  readonly answeredAtMs: number;
  readonly problem: ProblemDocument | undefined;
}

/** An answer that takes longer is none. */
const answerMs = 10_000;
const noAnswer: ProblemDocument = { code: 'away', status: 0, title: 'The server does not answer' };

export function useTimed<T>(path: string, everyMs: number, onAnswer?: (answer: T) => void): ReadonlySignal<Timed<T>> {
  const state = useMemo(() => signal<Timed<T>>({ answer: undefined, answeredAtMs: 0, problem: undefined }), []);
  useEffect(
    () =>
      effect(() => {
        if (!isWatched.value) return undefined;
        const ending = new AbortController();
        void keepAsking(path, everyMs, state, ending.signal, onAnswer);
        return () => ending.abort();
      }),
    [path, everyMs],
  );
  return state;
}

async function keepAsking<T>(
  path: string,
  everyMs: number,
  state: { value: Timed<T> },
  ending: AbortSignal,
  onAnswer: ((answer: T) => void) | undefined,
): Promise<void> {
  for (let failures = 0; !ending.aborted; ) {
    const askedAtMs = Date.now();
    try {
      const answer = await getJson<T>(path, AbortSignal.any([ending, AbortSignal.timeout(answerMs)]));
      failures = 0;
      onAnswer?.(answer);
      state.value = { answer, answeredAtMs: Date.now(), problem: undefined };
    } catch (error) {
      if (ending.aborted) return;
      const problem = error instanceof ApiError ? error.problem : noAnswer;
      failures += 1;
      state.value = { ...state.value, problem };
    }
    const waitMs = failures > 0 ? backOffMs(failures, Math.random()) : askedAtMs + everyMs - Date.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
  }
}
