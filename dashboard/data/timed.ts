// What is asked again and again, whether or not anything is ordered: the pipeline's own state. Rests while nobody looks.
import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { CallOptions } from '../../api/client.ts';
import { backOffMs } from './back-off.ts';
import { type Problem, problemOf } from './problem.ts';
import { isWatched } from './visibility.ts';

export interface Timed<T> {
  /** The last answer, also while the server is away. */
  readonly answer: T | undefined;
  readonly answeredAtMs: number;
  readonly problem: Problem | undefined;
}

type Ask<T> = (options: CallOptions) => Promise<T>;

/** An answer that takes longer is none. */
const answerMs = 10_000;

/** `ask` and `onAnswer` are those of the first call. */
export function useTimed<T>(ask: Ask<T>, everyMs: number, onAnswer?: (answer: T) => void): ReadonlySignal<Timed<T>> {
  const state = useMemo(() => signal<Timed<T>>({ answer: undefined, answeredAtMs: 0, problem: undefined }), []);
  useEffect(
    () =>
      effect(() => {
        if (!isWatched.value) return undefined;
        const ending = new AbortController();
        void keepAsking(ask, everyMs, state, ending.signal, onAnswer);
        return () => ending.abort();
      }),
    [],
  );
  return state;
}

async function keepAsking<T>(
  ask: Ask<T>,
  everyMs: number,
  state: { value: Timed<T> },
  ending: AbortSignal,
  onAnswer: ((answer: T) => void) | undefined,
): Promise<void> {
  for (let failures = 0; !ending.aborted; ) {
    const askedAtMs = Date.now();
    try {
      const answer = await ask({ signal: AbortSignal.any([ending, AbortSignal.timeout(answerMs)]) });
      failures = 0;
      onAnswer?.(answer);
      state.value = { answer, answeredAtMs: Date.now(), problem: undefined };
    } catch (error) {
      if (ending.aborted) return;
      failures += 1;
      state.value = { ...state.value, problem: problemOf(error) };
    }
    const waitMs = failures > 0 ? backOffMs(failures, Math.random()) : askedAtMs + everyMs - Date.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
  }
}
