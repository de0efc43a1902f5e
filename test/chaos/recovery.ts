// How long until answers were exact again: computed afterwards from what was seen. Pure.
import { covers, type OffsetVector } from '../../schemas/offset-vector.ts';

/** The log's ends as read at some moment; by time. */
export interface EndReading {
  readonly atMs: number;
  readonly ends: OffsetVector;
}

/** A good answer; by the time at which it came. */
export interface AnswerSeen {
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  readonly vector: OffsetVector;
}

/** So much after the moment: by then every partition has records that came after it. */
const afterMs = 250;

/** The last reading at or before the moment; undefined where there is none. */
export function endsAt(readings: readonly EndReading[], atMs: number): OffsetVector | undefined {
  return readings[countUntil(readings, atMs, (reading) => reading.atMs) - 1]?.ends;
}

/**
 * Seconds from the moment to the first answer, asked after it, that counts all that lay in the log a quarter of a second
 * after it: the counters move again. Undefined where none came.
 */
export function secondsToExact(
  readings: readonly EndReading[],
  answers: readonly AnswerSeen[],
  momentMs: number,
): number | undefined {
  const reading = readings.find(({ atMs }) => atMs >= momentMs + afterMs);
  if (!reading) return undefined;
  const first = answers.find((each) => each.askedAtMs >= momentMs && covers(each.vector, reading.ends));
  return first && (first.answeredAtMs - momentMs) / 1_000;
}

function countUntil<T>(list: readonly T[], atMs: number, timeOf: (each: T) => number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(list[middle]!) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
