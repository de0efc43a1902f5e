// What is asked of a report once it is opened, and again when it was made again.
import { useEffect, useState } from 'preact/hooks';
import { type Problem, problemOf } from '../../data/problem.ts';
import type { Report } from '../../data/reports.ts';

export interface Asked<T> {
  readonly known?: T;
  readonly problem?: Problem;
}

export function useAsked<T>({ name, lastRun }: Report, ask: (name: string) => Promise<T>): Asked<T> {
  const [asked, set] = useState<Asked<T>>({});
  useEffect(() => {
    let isOver = false;
    void ask(name)
      .then((known) => ({ known }))
      .catch((error: unknown) => ({ problem: problemOf(error) }))
      .then((now) => isOver || set(now));
    return () => void (isOver = true);
  }, [name, lastRun?.finishedAt]);
  return asked;
}
