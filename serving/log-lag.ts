// How far an answer is behind the log: records, and for how long the oldest of them has been waiting. Pure: it is told
// the log's ends with the time at which they were read.
import type { OffsetVector } from '../schemas/offset-vector.ts';

export interface Lag {
  readonly records: number;
  /** A lower bound, exact to one reading of the log's ends. */
  readonly ms: number;
}

export interface LogLag {
  read(ends: OffsetVector, nowMs: number): void;
  ends(): OffsetVector | undefined;
  /** undefined before the first reading. */
  of(vector: OffsetVector, nowMs: number): Lag | undefined;
}

/** Readings kept for each partition; with more than that the oldest are forgotten and `ms` is too small. */
const keptReadings = 7_200;

export function createLogLag(): LogLag {
  let ends: OffsetVector | undefined;
  const readings: { readonly at: number; readonly end: number }[][] = [];
  return {
    ends: () => ends,
    read(now, nowMs) {
      ends = now;
      for (const [p, end] of now.entries()) {
        const list = (readings[p] ??= []);
        if (list.at(-1)?.end === end) continue;
        list.push({ at: nowMs, end });
        if (list.length > keptReadings) list.shift();
      }
    },
    of(vector, nowMs) {
      if (!ends) return undefined;
      let records = 0;
      let ms = 0;
      // Asked with each request: no iterators.
      for (let p = 0; p < ends.length; p += 1) {
        const w = vector[p] ?? 0;
        const behind = ends[p]! - w;
        if (behind <= 0) continue;
        records += behind;
        const list = readings[p] ?? [];
        // Never asked again for less: W does not fall.
        while (list.length > 1 && list[0]!.end <= w) list.shift();
        ms = Math.max(ms, nowMs - (list[0]?.at ?? nowMs));
      }
      return { records, ms };
    },
  };
}
