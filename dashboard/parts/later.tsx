// The place of a part that is loaded later: what it shows once it is here, or in words why it is not.
import { useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { LaterPart } from '../data/later.ts';
import { connection } from '../data/live.ts';

export function Later<M>({ part, children }: { part: LaterPart<M>; children: (module: M) => ComponentChildren }) {
  useEffect(() => void part.need(), [part]);
  useSignalEffect(() => {
    if (connection.value.kind === 'live' && part.state.peek().kind === 'away') void part.need();
  });
  const state = part.state.value;
  switch (state.kind) {
    case 'here':
      return <>{children(state.module)}</>;
    case 'away':
      return (
        <p class="banner trouble" role="status">
          This cannot be loaded yet: the server does not answer.
          <button type="button" class="action" onClick={() => void part.need()}>
            Try again
          </button>
        </p>
      );
    case 'gone':
      return (
        <p class="banner trouble" role="status">
          The dashboard on the server is another one by now. What was opened here has to be loaded anew.
          <button type="button" class="action" onClick={() => location.reload()}>
            Load it anew
          </button>
        </p>
      );
    case 'none':
    case 'loading':
      return <p class="blank">Loading…</p>;
    default:
      return state satisfies never;
  }
}
