// Takes what the readers were told, judges it as soon as the oracle has read as far, and keeps the counts and the findings.
import type { OffsetVector } from '../../schemas/offset-vector.ts';
import type { LogReader } from '../log-reader.ts';
import type { MovingOracle } from './moving-oracle.ts';
import type { Answer, Asked, Provenance } from './reader.ts';
import { type AnswerSeen, type EndReading, endsAt } from './recovery.ts';
import { compare, type Finding, findFall, findSilence, graceMs, isAboutMore } from './verdict.ts';

export interface Judge {
  readonly answers: readonly AnswerSeen[];
  readonly findings: readonly Finding[];
  readonly count: { checked: number; marked: number; fellOverRestart: number };
  /** By code, or by what went wrong below HTTP. */
  readonly refusals: ReadonlyMap<string, number>;
  hear(asked: Asked): void;
  /** A new process of serving answers from now on: it has no memory of what the last one said. */
  servingRestarted(): void;
  /** Judges what can be judged now, for a bounded time; true while there is more. */
  work(): boolean;
  waiting(): number;
}

const sliceMs = 15;

export function createJudge(
  reader: LogReader,
  oracle: MovingOracle,
  readings: readonly EndReading[],
  onFinding: (finding: Finding) => void,
): Judge {
  const answers: AnswerSeen[] = [];
  const findings: Finding[] = [];
  const refusals = new Map<string, number>();
  const queue: { asked: Asked; answer: Answer }[] = [];
  const count = { checked: 0, marked: 0, fellOverRestart: 0 };
  let restartedAtMs = 0;
  let last: { readonly at: number; readonly provenance: Provenance } | undefined;
  let read = 0;

  function note(finding: Finding | undefined): void {
    if (!finding) return;
    findings.push(finding);
    onFinding(finding);
  }

  function hearAnswer(asked: Asked, answer: Answer): void {
    const { provenance } = answer;
    answers.push({ askedAtMs: asked.askedAtMs, answeredAtMs: asked.answeredAtMs, vector: provenance.vector });
    if (provenance.notes.some(isAboutMore)) count.marked += 1;
    note(findSilence(asked, answer, endsAt(readings, asked.askedAtMs - graceMs)));
    note(findFall(asked, provenance, asked.atLeast));
    if (asked.reader === 'continuous') {
      const fall = findFall(asked, provenance, last?.provenance);
      if (fall && last && last.at >= restartedAtMs) note(fall);
      else if (fall) count.fellOverRestart += 1;
      last = { at: asked.askedAtMs, provenance };
    }
    queue.push({ asked, answer });
  }

  return {
    answers,
    findings,
    count,
    refusals,
    hear(asked) {
      const { outcome } = asked;
      if (outcome.kind === 'answer') return hearAnswer(asked, outcome.answer);
      if (outcome.kind === 'malformed') {
        note({ kind: 'wrong', what: `status ${outcome.status} and no answer or problem of ours`, asked });
        return;
      }
      const name = outcome.kind === 'problem' ? `${outcome.status} ${outcome.code}` : outcome.why;
      refusals.set(name, (refusals.get(name) ?? 0) + 1);
    },
    servingRestarted: () => (restartedAtMs = Date.now()),
    work() {
      const until = performance.now() + sliceMs;
      while (performance.now() < until) {
        for (let i = 0; i < 100 && read < reader.entries.length; i += 1) oracle.add(reader.entries[read++]!);
        const isFolded = read === reader.entries.length;
        const next = queue[0];
        if (isFolded && (!next || !reader.hasRead(next.answer.provenance.vector))) return false;
        if (!isFolded || !next) continue;
        queue.shift();
        count.checked += 1;
        note(compare(next.asked, next.answer, oracle));
      }
      return true;
    },
    waiting: () => queue.length,
  };
}

/** The log's ends, read past the proxies every so often. */
export async function followEnds(
  readEnds: () => Promise<OffsetVector>,
  everyMs: number,
  signal: AbortSignal,
  readings: EndReading[],
): Promise<void> {
  while (!signal.aborted) {
    const ends = await readEnds().catch(() => undefined);
    if (ends) readings.push({ atMs: Date.now(), ends });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
