// Something that is done on the server when somebody asks for it: whether it is under way, what was wrong, and its form.
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Problem, problemOf } from '../data/problem.ts';

export interface Action {
  readonly isBusy: boolean;
  readonly problem: Problem | undefined;
  /** Once at a time. */
  start(work: () => Promise<unknown>): void;
  /** What was wrong may be right now. */
  clear(): void;
}

export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>();
  return {
    isBusy,
    problem,
    start(work) {
      if (isBusy) return;
      setBusy(true);
      setProblem(undefined);
      work()
        .catch((error: unknown) => setProblem(problemOf(error)))
        .finally(() => setBusy(false));
    },
    clear: () => setProblem(undefined),
  };
}

/** '' where nothing was wrong, or it stands beside its field. */
export function wordsOf(problem: Problem | undefined, fields: readonly string[] = []): string {
  return !problem || fields.includes(problem.field ?? '') ? '' : problem.detail;
}

/** The focus of what has just appeared. */
export function useFirstFocus(place: RefObject<HTMLElement | null>): void {
  useEffect(() => place.current?.querySelector<HTMLElement>('input, a')?.focus(), []);
}

/** A field that was wrong is given the focus. `said`: what stands above the button. */
export function ActionForm(props: {
  class: string;
  action: Action;
  work: () => Promise<unknown>;
  button: string;
  said: string;
  cancel?: () => void;
  children: ComponentChildren;
}) {
  const { action, work, button, said, cancel, children } = props;
  const { isBusy, problem, start } = action;
  const place = useRef<HTMLFormElement>(null);
  useFirstFocus(place);
  useEffect(() => {
    if (problem) place.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [problem]);
  useEffect(() => {
    if (said !== '') place.current?.querySelector('[role=alert]')!.scrollIntoView({ block: 'nearest' });
  }, [said]);
  return (
    <form
      ref={place}
      class={props.class}
      onKeyDown={(event) => event.key === 'Escape' && cancel?.()}
      onSubmit={(event) => {
        event.preventDefault();
        start(work);
      }}
    >
      {children}
      <p class={problem ? 'wrong' : ''} role="alert">
        {said}
      </p>
      <p class="form-row">
        <button type="submit" class="action main-action" aria-disabled={isBusy || undefined}>
          {button}
        </button>
        {cancel && (
          <button type="button" class="quiet" onClick={cancel}>
            Cancel
          </button>
        )}
      </p>
    </form>
  );
}
