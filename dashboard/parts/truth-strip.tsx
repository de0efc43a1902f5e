// The strip below the navigation: how true the page is, in one sentence, with the notes behind it.
import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { connection, liveAnswer, serverFault, tryNow, waitingSinceMs } from '../data/live.ts';
import { pageState } from '../data/navigation.ts';
import { missing } from '../data/polled.ts';
import { truthOf } from '../data/truth.ts';
import { PageLink } from './page-link.tsx';

export function TruthStrip() {
  const nowMs = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => (nowMs.value = Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const truth = useComputed(() =>
    truthOf({
      connection: connection.value,
      provenance: liveAnswer.value?.provenance,
      waitingSinceMs: waitingSinceMs.value,
      missing: missing.value[0],
      fault: serverFault.value,
      nowMs: nowMs.value,
      tz: pageState.value.tz,
    }),
  );
  const { level, headline, trouble, parts, deadLetters, notes } = truth.value;
  return (
    <section class={`truth ${level}`} aria-label="How true the numbers are">
      <p>
        <span class="truth-sign" aria-hidden="true" />
        {/* The sentence ticks each second; only what the headline says is worth an announcement. */}
        <strong role="status">{headline}</strong>{' '}
        <span class="truth-words">
          {trouble && `${trouble} `}
          {parts.join(', ')}
          {deadLetters && (
            <>
              , <PageLink to={{ page: 'pipeline' }}>{deadLetters}</PageLink>
            </>
          )}
        </span>
        {connection.value.kind === 'away' && (
          <button type="button" class="action" onClick={tryNow}>
            Try now
          </button>
        )}
      </p>
      {notes.length > 0 && (
        <ul class="notes">
          {notes.slice(0, 4).map((note) => (
            <li key={note}>{note}</li>
          ))}
          {notes.length > 4 && <li>and {notes.length - 4} more</li>}
        </ul>
      )}
    </section>
  );
}
