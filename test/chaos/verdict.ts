// Judges answers: equal to the oracle at their own vectors, never going back for one reader, never silent about being behind.
import { covers, type OffsetVector } from '../../schemas/offset-vector.ts';
import type { MovingOracle } from './moving-oracle.ts';
import type { Totals } from './questions.ts';
import type { Answer, Asked, Provenance } from './reader.ts';

export interface Finding {
  readonly kind: 'wrong' | 'unmarked';
  readonly what: string;
  readonly asked: Asked;
  readonly detail?: unknown;
}

/** An answer may be silent about what came to the log less than this before it was asked for. */
export const graceMs = 6_000;

/** Values and number of deferred records against the oracle, whose log reaches at least W. */
export function compare(asked: Asked, answer: Answer, oracle: MovingOracle): Finding | undefined {
  const { tidemark, vector, deferredRecords } = answer.provenance;
  const deferred = oracle.deferred(tidemark, vector);
  if (deferred !== deferredRecords) {
    return { kind: 'wrong', what: `deferredRecords is ${deferredRecords}, the oracle has ${deferred}`, asked };
  }
  const detail = differences(asked, answer, oracle.totals(asked.question, tidemark, vector));
  return detail.length === 0
    ? undefined
    : { kind: 'wrong', what: 'differs from the oracle at its vector', asked, detail };
}

export function differences({ question }: Pick<Asked, 'question'>, { rows }: Answer, expected: Totals) {
  const found = new Map(
    rows.map((row) => [
      question.columns.map((name) => row[name]).join('|'),
      Object.fromEntries(question.measures.map((name) => [name, row[name]])),
    ]),
  );
  return [...new Set([...found.keys(), ...expected.keys()])].flatMap((group) => {
    const [got, wanted] = [found.get(group), expected.get(group)];
    const isSame = got && wanted && question.measures.every((name) => got[name] === wanted[name]);
    return isSame ? [] : [{ group, got, wanted }];
  });
}

/** `before`: what the same client saw last of the same process of serving, or what it sent as `atLeast`. */
export function findFall(asked: Asked, now: Provenance, before: Provenance | undefined): Finding | undefined {
  if (!before) return undefined;
  if (covers(now.vector, before.vector) && covers(now.tidemark, before.tidemark)) return undefined;
  const what = covers(now.vector, before.vector) ? 'the tidemark fell' : 'the vector fell';
  return { kind: 'wrong', what, asked, detail: { before, now } };
}

/** `ends`: the log's ends some time before the answer was asked for. */
export function findSilence(asked: Asked, answer: Answer, ends: OffsetVector | undefined): Finding | undefined {
  const { vector, lagRecords, notes } = answer.provenance;
  if (!ends || covers(vector, ends) || lagRecords !== 0 || notes.some(isAboutMore)) return undefined;
  return { kind: 'unmarked', what: 'behind the log, and it says nothing', asked, detail: { vector, ends } };
}

/** Nearly every answer says how many late records wait: that tells nothing about a log that is ahead. */
export function isAboutMore(note: string): boolean {
  return !note.endsWith('for the next batch run');
}
