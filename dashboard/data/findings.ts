// What is wrong with the pipeline, the worst first, and of that what is a cause: serving's notes, and what its figures say beside them. Pure.
import { adviceOn, type Finding, lookAtSpeed } from './advice.ts';
import { count, duration, plural } from './format.ts';
import type { Status, ToldRun } from './pipeline.ts';
import type { Problem } from './problem.ts';
import { ratesOf, type Sample, standingStill, stillSinceMs, waitingMs } from './samples.ts';
import { isLivePartAway, longBehindMs } from './truth.ts';
import { inSentence } from './words.ts';

export interface FindingsInput {
  readonly status: Status;
  readonly runs: readonly ToldRun[];
  readonly samples: readonly Sample[];
  readonly nowMs: number;
}

/** So much later than its effects a cause may be noticed. */
const noticedMs = 5_000;
/** Dead letters come in as long as the last of them is no older. */
const comingInMs = 30_000;
/** A batch run is late after this or three times the usual pause between two. */
const shortestLateMs = 180_000;
/** So long must records be seen waiting before a late run is sure: in a quiet shop they may have come just now. */
const surelyWaitingMs = 70_000;

export function findingsOf(input: FindingsInput): Finding[] {
  const { lag, notes } = input.status;
  const told = adviceOn(notes).map((one): Finding => {
    if (!one.still || lag.ms === null) return one;
    // As the strip judges what stands still.
    const isAway = lag.records && isLivePartAway(one.details[0]!);
    const level = isAway || lag.ms > longBehindMs ? 'bad' : 'act';
    if (one.still === 'cause') return { ...one, level };
    return { ...one, level, details: one.details.map((it) => `${it}, since ${iso(input.nowMs - lag.ms!)}`) };
  });
  return withEffects([...stillPartitions(input), ...told, ...lateRun(input), ...deadLetters(input)]).toSorted(
    (a, b) =>
      levels.indexOf(a.level) - levels.indexOf(b.level) || Number(b.still === 'cause') - Number(a.still === 'cause'),
  );
}

/** Serving tells nothing: that alone is what is wrong. `asOf`: of the figures that are shown all the same, in words. */
export function unanswered({ code, detail }: Problem, asOf: string | undefined, origin: string): Finding {
  if (code === 'not-ready') {
    return {
      level: 'note',
      what: 'Serving is getting ready',
      details: [detail],
      act: 'A first start waits for the first batch run. If this stays, look at `/readyz` of the batch layer (port 8083 by default) and of the speed layer (port 8082 by default).',
    };
  }
  return {
    level: 'bad',
    what: 'Serving does not answer',
    details: [detail, ...(asOf === undefined ? [] : [`what is below is as of ${asOf}`])],
    act: `Look whether serving runs and can be reached from here: \`curl ${origin}/livez\`, and its log. This alone does not stop counting; this page goes on by itself.`,
  };
}

export const levels: readonly Finding['level'][] = ['bad', 'act', 'note'];
const iso = (ms: number): string => new Date(ms).toISOString();

/** That the live part stands still is one finding: why, as far as that is told, and below it all by which it is seen. */
function withEffects(found: readonly Finding[]): Finding[] {
  const cause = found.find(({ still }) => still === 'cause');
  const seen = found.find(({ still }) => still === 'effect');
  return [cause, seen].reduce<Finding[]>(
    (all, head) => (head && all.includes(head) ? joined(all, head) : all),
    [...found],
  );
}

function joined(found: readonly Finding[], head: Finding): Finding[] {
  // What began before its cause was noticed has another one.
  const isOlder = (one: Finding) => head.still === 'cause' && sinceMs(one) < sinceMs(head) - noticedMs;
  const effects = found.filter((one) => one.still === 'effect' && one !== head && !isOlder(one));
  const inShort = ({ what, details }: Finding) => (details.length === 1 ? details[0]! : inSentence(what));
  const whole: Finding = {
    ...head,
    level: effects.find(({ level }) => level === 'bad')?.level ?? head.level,
    details: [...head.details, ...effects.map((one) => `because of this, it seems: ${inShort(one)}`)],
  };
  return found.flatMap((one) => (one === head ? whole : effects.includes(one) ? [] : one));
}

/** NaN where it is not told. */
const sinceMs = ({ details }: Finding): number => Date.parse(/since (\S+Z)/.exec(details.join())?.[1] ?? '');

/** Not those of which serving tells why. */
function stillPartitions({ status: { partitions, notes }, samples }: FindingsInput): Finding[] {
  const still = standingStill(samples, longBehindMs).filter(
    (p) => !notes.some((note) => note.startsWith(`partition ${p}:`)),
  );
  if (still.length === 0) return [];
  return [
    {
      // So long behind, as the strip judges.
      level: 'bad',
      still: 'effect',
      what: still.length === 1 ? 'A partition stands still' : `${still.length} partitions stand still`,
      details: still.map((p) => {
        const { vector, lagRecords } = partitions[p]!;
        const waiting = `${plural(lagRecords ?? 0, 'record')} waiting, since ${iso(stillSinceMs(samples, p))}`;
        return `partition ${p} stands at offset ${count(vector)} with ${waiting}`;
      }),
      act: lookAtSpeed,
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
      level: isSure ? 'act' : 'note',
      what: isSure ? 'Batch runs have stopped' : 'The next batch run may be late',
      details: [`the last one was published ${duration(ageMs)} ago; ${plural(waiting, 'record')} wait for the next`],
      act: 'Answers stay right: what waits is counted live. Look at `/readyz` of the batch layer (port 8083 by default) and its log.',
    },
  ];
}

function deadLetters({ status, samples, nowMs }: FindingsInput): Finding[] {
  const letters = status.deadLetters;
  if (!letters || letters.total === 0) return [];
  const seen = ratesOf(samples).filter(({ deadLetters }) => (deadLetters ?? 0) > 0);
  const last = seen.at(-1);
  const isComing = last !== undefined && nowMs - last.atMs <= comingInMs;
  const came = seen.reduce((sum, one) => sum + one.deadLetters!, 0);
  const reasons = Object.entries(letters.byReason).map(([reason, number]) => `${count(number)} ${reason}`);
  return [
    {
      level: last ? 'act' : 'note',
      what: isComing ? 'Dead letters are coming in' : `${plural(letters.total, 'record')} could not be counted`,
      details: [
        reasons.join(', '),
        ...(last ? [`${count(came)} came, the last at ${iso(last.atMs)}${isComing ? '' : ', none since'}`] : []),
      ],
      act: 'They lie with their bytes in the topic of the orders’ name and `.dlq`. Mend what wrote them and send them again: nothing is counted twice.',
    },
  ];
}
