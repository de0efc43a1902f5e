// Asks a reader again and again, and holds every answer to what is promised: exact at its own vector, never going back,
// and marked where it is behind. A refusal is an answer, too, if it carries a code.
import type { Random } from '../../cli/random.ts';
import { Problem } from '../../runtime/problem.ts';
import { type Answer, answerQuery } from '../../serving/answer-query.ts';
import type { ServingLayer } from '../../serving/serving-layer.ts';
import { createOracleCheck, fallOf, type OracleCheck } from './oracle-check.ts';
import type { Trace } from './trace.ts';
import type { SimulatedProcess } from './virtual-time.ts';
import type { Slot, World } from './world.ts';

export interface Violation {
  readonly kind: 'wrong' | 'unmarked' | 'lost';
  readonly what: string;
}

export interface ReaderWatch {
  readonly answers: number;
  readonly refusals: number;
  readonly violations: readonly Violation[];
  /** Asks every reader now and then, one question each time. */
  begin(): void;
  /** Why a reader does not yet answer everything, whole, without anything deferred; undefined where all do. */
  askAll(doomed: ReadonlyMap<number, string>): Promise<string | undefined>;
}

/** A record may be uncounted for so long before an answer has to say so: 5 s, and what it takes to notice. */
const markedWithinMs = 12_000;
const marks = [
  'live part stale since',
  'not counted yet',
  'lag unknown since',
  'the log ends at',
  'the log was cut at',
  'left the log before they were',
];

const isHeldBack = (note: string) => note.includes('is not used yet') && note.includes('would go back');

export function createReaderWatch(world: World, random: Random, trace: Trace, everyMs: number): ReaderWatch {
  const { generation, shop, slots, time, topic } = world;
  const oracle = createOracleCheck(generation, shop.log);
  const violations: Violation[] = [];
  const before = new Map<SimulatedProcess, { askedAt: number; v: readonly number[]; w: readonly number[] }>();
  const asking = new Set<SimulatedProcess>();
  let answers = 0;
  let refusals = 0;

  function violate(kind: Violation['kind'], what: string): void {
    trace.line(`${kind.toUpperCase()}: ${what}`);
    violations.push({ kind, what });
  }

  /** Records at or above W that have been in the log for long. */
  function longUncounted(w: readonly number[], nowMs: number): number {
    const waiting = shop.log.flatMap((entries, p) => {
      const { base, end } = topic.partitions[p]!;
      return entries
        .slice(w[p]! - base)
        .filter((entry) => entry.offset < end && nowMs - entry.appendedAt > markedWithinMs);
    });
    return waiting.length;
  }

  async function ask(
    slot: Slot,
    serving: ServingLayer,
    question: OracleCheck['questions'][number],
  ): Promise<Answer | string> {
    const { process } = slot;
    const askedAt = time.now();
    const name = `${process.name} answer`;
    let answer: Answer;
    try {
      const dependencies = { ...serving, generation, clock: () => Date.now(), atLeastTimeoutMs: 10_000 };
      answer = await answerQuery(dependencies, question.query);
    } catch (error) {
      refusals += 1;
      const text = error instanceof Problem ? `${error.fields.code}: ${error.message}` : String(error);
      trace.line(`${name} refused: ${text}`);
      if (!(error instanceof Problem)) violate('unmarked', `${name} failed without a code: ${text}`);
      return text;
    }
    answers += 1;
    const { tidemark: v, vector: w, notes, run } = answer.provenance;
    trace.line(`${name} run ${run} V ${v.join(',')} W ${w.join(',')} ${notes.join('; ')}`);
    const at = `${process.name} at V ${v.join(',')} W ${w.join(',')}`;
    const flaw = oracle.flawOf(question, answer);
    if (flaw !== undefined) violate('wrong', `${at}: ${flaw}`);
    const last = before.get(process);
    // Answers may overtake each other: only what was asked later must not be behind.
    const later = !last || askedAt > last.askedAt;
    const fall = last && later && (fallOf(last.v, v) ?? fallOf(last.w, w));
    if (typeof fall === 'string') violate('wrong', `${at}: went back in ${fall}`);
    if (later) before.set(process, { askedAt, v, w });
    const uncounted = longUncounted(w, askedAt);
    const marked =
      (answer.provenance.lagRecords ?? 0) >= uncounted ||
      notes.some((note) => marks.some((mark) => note.includes(mark)));
    if (!marked) {
      const said = `it says ${answer.provenance.lagRecords}, notes: ${notes.join('; ')}`;
      violate(
        'unmarked',
        `${at}: ${uncounted} records have not been counted for more than ${markedWithinMs} ms; ${said}`,
      );
    }
    return answer;
  }

  const readers = () => slots.filter(({ kind }) => kind === 'serving');
  const pickQuestion = () => oracle.questions[random.integer(0, oracle.questions.length - 1)]!;

  return {
    get answers() {
      return answers;
    },
    get refusals() {
      return refusals;
    },
    violations,
    begin() {
      for (const slot of readers()) {
        const again = (): void => {
          const { process, opened } = slot;
          const question = pickQuestion();
          if (opened?.serving && !asking.has(process)) {
            const { serving } = opened;
            asking.add(process);
            process.deliver(() => void ask(slot, serving, question).finally(() => asking.delete(process)));
          }
          time.after(random.integer(everyMs / 2, everyMs), again);
        };
        time.after(random.integer(0, everyMs), again);
      }
    },
    async askAll(doomed) {
      for (const slot of readers()) {
        const serving = slot.opened?.serving;
        if (!serving) return `${slot.name} is not open`;
        for (const question of oracle.questions) {
          const answer = await slot.process.run(() => ask(slot, serving, question));
          // A reader goes back in no partition, so one that is lost for good may hold it to a run that is gone, or that no
          // newer one can follow; it says so, and a fresh reader is free of it.
          if (doomed.size > 0 && (typeof answer === 'string' || answer.provenance.notes.some(isHeldBack))) continue;
          if (typeof answer === 'string') return `${slot.name} refuses: ${answer}`;
          const { tidemark, vector, deferredRecords, notes } = answer.provenance;
          const marked = notes.some((note) => marks.some((mark) => note.includes(mark)));
          for (const [p, { end }] of topic.partitions.entries()) {
            if (doomed.has(p)) {
              if (vector[p] !== end && !marked)
                return `${slot.name}: partition ${p} (${doomed.get(p)}) is at ${vector[p]} of ${end} and nothing says so`;
            } else if (vector[p] !== end || tidemark[p] !== end)
              return `${slot.name}: partition ${p} has V ${tidemark[p]}, W ${vector[p]} of ${end}; ${notes.join('; ')}`;
          }
          if (deferredRecords > 0 && doomed.size === 0) return `${slot.name}: ${deferredRecords} deferred`;
        }
      }
      return undefined;
    },
  };
}
