// All that an answer depends on besides its query, taken at one moment. Pure but for what it asks.
import type { LiveSource } from './live-source.ts';
import type { Cut } from './live-view.ts';
import type { Lag } from './log-lag.ts';
import type { Pipeline } from './pipeline.ts';

export interface Standing {
  readonly cut: Cut;
  readonly nowMs: number;
  /** undefined while unknown. */
  readonly lag: Lag | undefined;
  /** null before the first reading. */
  readonly deadLetters: number | null;
  readonly notes: readonly string[];
}

export interface StandingSources {
  readonly live: LiveSource;
  readonly pipeline: Pipeline;
  readonly clock: () => number;
}

/** undefined before the first run is adopted. The cut's open epochs go on growing: use it before the next await. */
export function takeStanding({ live, pipeline, clock }: StandingSources): Standing | undefined {
  const cut = live.capture();
  if (!cut) return undefined;
  return {
    cut,
    nowMs: clock(),
    lag: pipeline.lagOf(cut.vector),
    deadLetters: pipeline.deadLetters()?.total ?? null,
    notes: pipeline.notes(),
  };
}

const minuteMs = 60_000;

/**
 * Whether every query has one answer in both, to the last byte. Within a minute of the clock time alone changes nothing:
 * ranges and windows begin and end on minutes, those that are told from now on the grain of a rollup.
 */
export function answersAlike(a: Standing, b: Standing): boolean {
  return (
    a.cut === b.cut &&
    Math.floor(a.nowMs / minuteMs) === Math.floor(b.nowMs / minuteMs) &&
    a.lag?.records === b.lag?.records &&
    a.lag?.ms === b.lag?.ms &&
    a.deadLetters === b.deadLetters &&
    a.notes.length === b.notes.length &&
    a.notes.every((note, i) => note === b.notes[i])
  );
}
