// What is wrong, in plain words with what to do; or that nothing is, and by what that is known.
import type { Problem } from '../../data/problem.ts';
import type { Finding } from '../../data/advice.ts';
import { findingsOf, levels, unanswered } from '../../data/findings.ts';
import { clockTime, duration, instantsIn, plural } from '../../data/format.ts';
import { pageState } from '../../data/navigation.ts';
import type { Status, ToldRun } from '../../data/pipeline.ts';
import type { Sample } from '../../data/samples.ts';
import { auditWords } from '../../data/truth.ts';

interface VerdictProps {
  readonly status: Status | undefined;
  readonly runs: readonly ToldRun[];
  readonly samples: readonly Sample[];
  /** When the status was told. */
  readonly atMs: number;
  readonly problem: Problem | undefined;
}

export function Verdict(props: VerdictProps) {
  const { status, runs, samples, atMs, problem } = props;
  const { tz } = pageState.value;
  const isAsking = !status && !problem;
  const found = problem ? [unanswered(problem, status && clockTime(atMs, tz), location.origin)] : [];
  const findings = status && !problem ? findingsOf({ status, runs, samples, nowMs: atMs }) : found;
  const isEmpty = status?.totals.records === 0;
  const level = isAsking || isEmpty ? 'asking' : 'good';
  return (
    <section class={`verdict ${findings[0]?.level ?? level}`} aria-label="What is wrong" aria-busy={isAsking}>
      <h2>
        <span role="status">{isAsking ? 'Asking how the pipeline is…' : headline(findings, isEmpty, problem)}</span>
      </h2>
      {findings.length > 0 && <Findings findings={findings} atMs={atMs} />}
      {status && findings.length === 0 && <Proofs status={status} atMs={atMs} />}
    </section>
  );
}

function headline(findings: readonly Finding[], isEmpty: boolean, problem: Problem | undefined): string {
  if (problem) return findings[0]?.level === 'bad' ? 'Disconnected' : 'Not ready yet';
  if (findings.length === 0) return isEmpty ? 'Ready, no orders yet' : 'Nothing is wrong';
  const parts = levels.flatMap((level) => {
    const number = findings.filter((one) => one.level === level).length;
    return number > 0 ? `${plural(number, 'thing')} ${levelWords[level]}` : [];
  });
  return [...(findings[0]!.level === 'bad' ? [] : ['The numbers are true']), ...parts].join(', ');
}

const levelWords: Readonly<Record<Finding['level'], string>> = { bad: 'wrong', act: 'to look at', note: 'to know' };

function Findings({ findings, atMs }: { findings: readonly Finding[]; atMs: number }) {
  const { tz } = pageState.value;
  return (
    <ol class="findings">
      {findings.map(({ level, what, details, act }) => (
        <li key={what} class={level}>
          <div>
            <h3>
              <span class="sign" aria-hidden="true" />
              {what}
            </h3>
            <ul class="details">
              {details.slice(0, shownDetails).map((detail) => (
                <li key={detail}>{instantsIn(detail, tz, atMs)}</li>
              ))}
              {details.length > shownDetails && <li>and {details.length - shownDetails} more like these</li>}
            </ul>
          </div>
          <p class="act">
            <b>What to do:</b> {act.split('`').map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part))}
          </p>
        </li>
      ))}
    </ol>
  );
}

const shownDetails = 6;

/** By what it is known that nothing is wrong. */
function Proofs({ status: { partitions, run, totals }, atMs }: { status: Status; atMs: number }) {
  const ago = duration(Math.max(0, atMs - Date.parse(run.publishedAt)));
  if (totals.records === 0) {
    return (
      <p class="proofs">
        The first order shows here within seconds, for example with <code>npx tidemark simulate</code>.
      </p>
    );
  }
  return (
    <p class="proofs">
      Every offset of {plural(partitions.length, 'partition')} is accounted for, the live part is at the log’s end, no
      dead letters. The last batch run was published <span class="nowrap">{ago}</span> ago, {auditWords(run.audit)}.
    </p>
  );
}
