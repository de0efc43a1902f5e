// What is wrong with the pipeline, the worst first: serving's notes, and what its figures say beside them. Pure.
import { adviceOn, type Finding } from './advice.ts';
import { count, duration } from './format.ts';
import type { Status, ToldRun } from './pipeline.ts';
import { longBehindMs } from './truth.ts';
import { ratesOf, type Sample, standingStill, waitingMs } from './samples.ts';

export interface FindingsInput {
  readonly status: Status;
  readonly runs: readonly ToldRun[];
  readonly samples: readonly Sample[];
  readonly nowMs: number;
}

/** A batch run is late after this or three times the usual pause between two. */
const shortestLateMs = 180_000;
/** So long must records be seen waiting before a late run is sure: in a quiet shop they may have come just now. */
const surelyWaitingMs = 70_000;

export function findingsOf(input: FindingsInput): Finding[] {
  const found = [...stillPartitions(input), ...adviceOn(input.status.notes), ...lateRun(input), ...deadLetters(input)];
  const isBad = ({ level }: Finding) => level === 'bad';
  return [...found.filter(isBad), ...found.filter((one) => !isBad(one))];
}

/** Not those of which serving tells why. */
function stillPartitions({ status: { partitions, notes }, samples }: FindingsInput): Finding[] {
  const still = standingStill(samples, longBehindMs).filter(
    (p) => !notes.some((note) => note.startsWith(`partition ${p}:`)),
  );
  if (still.length === 0) return [];
  return [
    {
      level: 'bad',
      what: still.length === 1 ? 'A partition stands still' : `${still.length} partitions stand still`,
      details: still.map((p) => {
        const { vector, lagRecords } = partitions[p]!;
        return `partition ${p} stands at offset ${count(vector)} with ${plural(lagRecords ?? 0, 'record')} waiting`;
      }),
      act: 'The speed layer is away or has stopped them: its /readyz (port 8082) says why. The next batch run counts the records all the same.',
    },
  ];
}

/** The usual pause between two runs, of those known. */
function usualPauseMs(runs: readonly ToldRun[]): number {
  const at = runs.map(({ publishedAt }) => Date.parse(publishedAt));
  const pauses = at.slice(1).map((before, i) => at[i]! - before);
  return pauses.toSorted((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
}

function lateRun({ status: { run }, runs, samples, nowMs }: FindingsInput): Finding[] {
  const ageMs = nowMs - Date.parse(run.publishedAt);
  const waiting = samples.at(-1)?.waiting ?? 0;
  if (waiting === 0 || ageMs <= Math.max(shortestLateMs, 3 * usualPauseMs(runs))) return [];
  const isSure = waitingMs(samples) >= surelyWaitingMs;
  return [
    {
      level: isSure ? 'bad' : 'note',
      what: isSure ? 'Batch runs have stopped' : 'The next batch run may be late',
      details: [`the last one was published ${duration(ageMs)} ago; ${plural(waiting, 'record')} wait for the next`],
      act: 'Answers stay right: what waits is counted live. Look at /readyz of the batch layer (port 8083) and its log, which says why a run was refused.',
    },
  ];
}

function deadLetters({ status, samples }: FindingsInput): Finding[] {
  const letters = status.deadLetters;
  if (!letters || letters.total === 0) return [];
  const isNew = ratesOf(samples).some(({ deadLetters }) => (deadLetters ?? 0) > 0);
  const reasons = Object.entries(letters.byReason).map(([reason, number]) => `${count(number)} ${reason}`);
  return [
    {
      level: isNew ? 'bad' : 'note',
      what: isNew ? 'Dead letters are coming in' : `${plural(letters.total, 'record')} could not be counted`,
      details: [reasons.join(', ')],
      act: 'What they are is below, by reason. They lie in the dead-letter topic with their bytes: mend what wrote them and send them again, which is harmless to what was counted.',
    },
  ];
}

export function plural(number: number, word: string): string {
  return `${count(number)} ${word}${number === 1 ? '' : 's'}`;
}
