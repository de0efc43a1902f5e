// "Why?": what a number stands on. Any part opens it with the query behind its number; one dialog of the shell shows it.
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ClientQuery } from '../../api/client.ts';
import type { Answer, Provenance } from '../data/answer.ts';
import { queryPath } from '../data/queries.ts';
import { count, dateTime, localDateTime, share } from '../data/format.ts';
import { reportsPart } from '../data/later.ts';
import { pageState } from '../data/navigation.ts';
import { usePolled } from '../data/polled.ts';
import { nameFrom } from '../data/report-query.ts';
import { auditWords } from '../data/truth.ts';
import { Later } from './later.tsx';

interface Question {
  readonly title: string;
  readonly query: ClientQuery;
}

const question = signal<Question | undefined>(undefined);

/** A small button beside a number or a panel's title. */
export function WhyButton({ title, query }: Question) {
  return (
    <button type="button" class="why" aria-haspopup="dialog" onClick={() => (question.value = { title, query })}>
      Why?<span class="unseen"> {title}</span>
    </button>
  );
}

export function WhyDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = question.value;
  useEffect(() => {
    if (asked) dialog.current?.showModal();
  }, [asked]);
  return (
    <dialog
      ref={dialog}
      class="why-dialog"
      aria-labelledby="why-title"
      onClose={() => (question.value = undefined)}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      {asked && <Explanation {...asked} onClose={() => dialog.current?.close()} />}
    </dialog>
  );
}

function Explanation({ title, query, onClose }: Question & { onClose: () => void }) {
  const polled = usePolled({ ...query, provenance: 'full' });
  const [isSaving, setSaving] = useState(false);
  const { answer, problem } = polled.value;
  const url = new URL(queryPath(query), location.origin).href;
  return (
    <div class="why-body">
      <header>
        <h2 id="why-title">Why? {title}</h2>
        <button type="button" class="close" onClick={onClose} aria-label="Close">
          ×
        </button>
      </header>
      {answer ? <Evidence answer={answer} /> : <p>{problem?.detail ?? 'Loading…'}</p>}
      <h3>The query</h3>
      <p class="query-text">
        <a href={queryPath(query)} target="_blank" rel="noreferrer">
          {decodeURIComponent(queryPath(query))}
        </a>
      </p>
      <CopyLine text={`curl '${url}'`} />
      <p class="form-row">
        <a class="action" href={`${queryPath(query)}&format=csv`} download={`tidemark-${nameFrom(title)}.csv`}>
          Download as CSV
        </a>
        <button type="button" class="action" aria-expanded={isSaving} onClick={() => setSaving(!isSaving)}>
          Save as report
        </button>
      </p>
      {isSaving && (
        <Later part={reportsPart}>
          {({ SaveReport }) => <SaveReport title={title} query={query} onLeave={onClose} />}
        </Later>
      )}
    </div>
  );
}

function Evidence({ answer: { provenance, query } }: { answer: Answer }) {
  const { tz } = pageState.value;
  const { run, runPublishedAt, audit, deferredRecords, lagRecords, liveShare, notes } = provenance;
  return (
    <>
      <dl class="facts">
        <dt>Exact part</dt>
        <dd>
          batch run <code>{run}</code>
          {runPublishedAt && <>, published {dateTime(Date.parse(runPublishedAt), tz)}</>}; {auditWords(audit.state)}
          {audit.events ? ` in ${count(audit.events)} events` : ''}
          {audit.note ? ` (${audit.note})` : ''}
        </dd>
        <dt>Tidemark</dt>
        <dd>
          <Vectors provenance={provenance} />
        </dd>
        <dt>Live part</dt>
        <dd>
          {share(liveShare)} of what this answer counts came after the tidemark;{' '}
          {lagRecords === null ? 'how far behind is not known' : `${count(lagRecords)} records wait to be counted`}
        </dd>
        <dt>Late</dt>
        <dd>
          {deferredRecords === 0
            ? 'no late record waits'
            : `${count(deferredRecords)} late records wait for the next batch run; at most so many are missing`}
        </dd>
        <dt>Range</dt>
        <dd>
          {localDateTime(query.from)} to {localDateTime(query.to)}, {query.tz}; read from <code>{query.rollup}</code>
        </dd>
        <dt>Token</dt>
        <dd>
          <code class="token">{provenance.token}</code>
        </dd>
      </dl>
      {notes.length > 0 && (
        <ul class="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Vectors({ provenance: { tidemark, vector } }: { provenance: Provenance }) {
  if (!tidemark || !vector) return <>not told</>;
  const sum = (offsets: readonly number[]) => offsets.reduce((a, b) => a + b, 0);
  return (
    <details>
      <summary>
        {count(sum(tidemark))} records below it, {count(sum(vector) - sum(tidemark))} after it
      </summary>
      <table class="vectors">
        <thead>
          <tr>
            <th scope="col">partition</th>
            <th scope="col">tidemark</th>
            <th scope="col">counted to</th>
          </tr>
        </thead>
        <tbody>
          {vector.map((offset, partition) => (
            <tr key={partition}>
              <th scope="row">{partition}</th>
              <td>{count(tidemark[partition] ?? 0)}</td>
              <td>{count(offset)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function CopyLine({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <p class="copy-line">
      <code>{text}</code>
      <button type="button" class="action" onClick={() => void copy().catch(() => undefined)}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </p>
  );
}
