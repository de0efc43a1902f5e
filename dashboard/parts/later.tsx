// The place of what is loaded later: what it shows once it is here, or in words why it is not.
import { useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { type LaterPages, laterPages, needLaterPages } from '../data/later.ts';
import { connection } from '../data/live.ts';

export function Later({ children }: { children: (module: LaterPages) => ComponentChildren }) {
  useEffect(() => void needLaterPages(), []);
  useSignalEffect(() => {
    if (connection.value.kind === 'live' && laterPages.peek().kind === 'away') void needLaterPages();
  });
  const state = laterPages.value;
  switch (state.kind) {
    case 'here':
      return <>{children(state.module)}</>;
    case 'away':
      return (
        <p class="banner trouble" role="status">
          This cannot be loaded yet: the server does not answer.
          <button type="button" class="action" onClick={() => void needLaterPages()}>
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
