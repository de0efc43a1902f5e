// "Why?": what a number stands on. Any part opens it with the query behind its number; one dialog of the shell shows it.
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ClientQuery } from '../../api/client.ts';
import type { Answer, Provenance } from '../data/answer.ts';
import { queryPath } from '../data/queries.ts';
import { definitions } from '../data/definitions.ts';
import { amount, count, dateTime, localDateTime, minorDigits, plural, share } from '../data/format.ts';
import { textIn } from '../data/groups.ts';
import { pageState } from '../data/navigation.ts';
import { usePolled } from '../data/polled.ts';
import { nameFrom } from '../data/report-query.ts';
import { isInteger } from '../data/sums.ts';
import { auditWords } from '../data/truth.ts';
import { endWords, measureNames } from '../data/words.ts';
import { SaveReport } from './save-report.tsx';

interface Question {
  readonly title: string;
  readonly query: ClientQuery;
}

interface WhyButtonProps extends Question {
  /** What it says. */
  readonly word?: string;
}

const question = signal<Question | undefined>(undefined);

/** A small button beside a number or a panel's title. */
export function WhyButton({ title, query, word = 'Why?' }: WhyButtonProps) {
  return (
    <button type="button" class="why" aria-haspopup="dialog" onClick={() => (question.value = { title, query })}>
      {word}
      <span class="unseen"> {title}</span>
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
  const polled = usePolled(query);
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
      {/* What is saved is the query: its form has the room. */}
      {isSaving ? undefined : answer ? (
        <>
          <Meaning answer={answer} query={query} />
          <Evidence answer={answer} />
        </>
      ) : (
        <p>{problem?.detail ?? 'Loading…'}</p>
      )}
      <details class="developers">
        <summary>For developers</summary>
        {answer && <Internals answer={answer} />}
        <p class="query-text">
          <a href={queryPath(query)} target="_blank" rel="noreferrer">
            {decodeURIComponent(queryPath(query))}
          </a>
        </p>
        <CopyLine text={`curl '${url}'`} />
      </details>
      <p class="form-row">
        <a class="action" href={`${queryPath(query)}&format=csv`} download={`tidemark-${nameFrom(title)}.csv`}>
          Download as CSV
        </a>
        <button type="button" class="action" aria-expanded={isSaving} onClick={() => setSaving(!isSaving)}>
          Save as report
        </button>
      </p>
      {isSaving && <SaveReport title={title} query={query} onLeave={onClose} />}
    </div>
  );
}

/** The number itself, where it is one or one by currency, and what is counted: in the words of the definition. */
function Meaning({ answer, query: { measures, by = [], window } }: { answer: Answer; query: ClientQuery }) {
  const known = definitions.value?.measures ?? [];
  const { rows, currencies, estimates } = answer;
  const [measure = ''] = measures;
  const isMoney = known.find(({ name }) => name === measure)?.unit === 'minor';
  const isNumber = measures.length === 1 && window === undefined && by.every((name) => name === 'currency');
  const numbers = rows.map((row) => {
    const { [measure]: value } = row;
    if (!isInteger(value)) return '–';
    const currency = textIn(row, 'currency');
    const about = value > (estimates?.[measure]?.exactUpTo ?? Infinity) ? '≈ ' : '';
    return `${about}${isMoney ? amount(value, minorDigits(currencies, currency)) : count(value)} ${currency}`;
  });
  const isAsked = (name: string) => measures.includes(name);
  // What is asked for, then what it is made of, or read beside.
  const beside = ['itemMinor', 'netMinor', 'averageOrderMinor'].some(isAsked) ? ['grossMinor'] : [];
  const names = new Set([...measures, ...(isAsked('itemMinor') ? ['netMinor'] : []), ...beside]);
  const terms = [...names].flatMap((wanted) => known.find(({ name }) => name === wanted) ?? []);
  const { exactUpTo = 0, standardError } = estimates?.[measure] ?? {};
  return (
    <>
      {isNumber && (
        <p class="why-number">
          {numbers.map((text) => (
            <span key={text}>{text}</span>
          ))}
        </p>
      )}
      <ul>
        {terms.map(({ name, title }) => (
          <li key={name}>
            <b>{measureNames[name as keyof typeof measureNames] ?? name}</b>: {title}
          </li>
        ))}
      </ul>
      {standardError !== undefined && (
        <p>
          Exact up to {count(exactUpTo)}; above that ≈ is an estimate, ± {share(standardError)}.
        </p>
      )}
    </>
  );
}

const sum = (offsets: readonly number[]): number => offsets.reduce((a, b) => a + b, 0);

function Evidence({ answer: { provenance, query } }: { answer: Answer }) {
  const { tz } = pageState.value;
  const { runPublishedAt, audit, deferredRecords, lagRecords, liveShare, notes, tidemark, vector } = provenance;
  return (
    <>
      <dl class="facts">
        <dt>Range</dt>
        <dd>
          {localDateTime(query.from, true)} {endWords(query.to, Date.now(), (to) => localDateTime(to, true))},{' '}
          {query.tz}
        </dd>
        <dt>Exact part</dt>
        <dd>
          {plural(sum(tidemark), 'record')}, counted anew by the last batch run, published{' '}
          {dateTime(Date.parse(runPublishedAt), tz)}
        </dd>
        <dt>Live part</dt>
        <dd>
          {plural(sum(vector) - sum(tidemark), 'record')} that came after;{' '}
          {lagRecords === null
            ? 'how far behind is not known'
            : `${plural(lagRecords, 'record')} ${lagRecords === 1 ? 'waits' : 'wait'} to be counted`}
          . Of all that this answer stands on
          {query.compare && ', what it is compared with included'}, {share(liveShare)} is live
        </dd>
        <dt>Audit</dt>
        <dd>{auditSentence(audit)}</dd>
        <dt>Late</dt>
        <dd>
          {deferredRecords === 0
            ? 'no late record waits'
            : `${plural(deferredRecords, 'late record')} ${deferredRecords === 1 ? 'waits' : 'wait'} for the next batch run; at most so many are missing`}
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

function auditSentence({ state, events, note }: Provenance['audit']): string {
  const found = `${auditWords(state).replace('audit: ', '')}${note ? ` (${note})` : ''}`;
  if (!events || (state !== 'equal' && state !== 'different')) return found;
  return `What had been counted live since the run before, ${plural(events, 'event')}, was counted again: ${found}`;
}

function Internals({ answer: { provenance, query } }: { answer: Answer }) {
  const { tidemark, vector } = provenance;
  return (
    <>
      <dl class="facts">
        <dt>Run</dt>
        <dd>
          <code>{provenance.run}</code>
        </dd>
        <dt>Read from</dt>
        <dd>
          <code>{query.rollup ?? query.rollups?.join(', ')}</code>
        </dd>
        <dt>Token</dt>
        <dd>
          <code class="token">{provenance.token}</code>
        </dd>
      </dl>
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
    </>
  );
}

/** To be copied as it is. */
export function CopyLine({ text }: { text: string }) {
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
