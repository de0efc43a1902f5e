// What a chaos run prints at its end. Pure.
import Table from 'cli-table3';
import type { AnswerSeen, EndReading } from './recovery.ts';
import { secondsToExact } from './recovery.ts';
import type { StruckFault } from './striker.ts';

export interface Seen {
  readonly struck: readonly StruckFault[];
  readonly readings: readonly EndReading[];
  readonly answers: readonly AnswerSeen[];
}

export function faultTable({ struck, readings, answers }: Seen): string {
  const table = new Table({
    head: ['fault', 'times', 'exact again, s: median', 'max'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const [kind, faults] of Object.entries(Object.groupBy(struck, ({ kind }) => kind))) {
    const seconds = faults.map(({ startMs, endMs }) => secondsToExact(readings, answers, endMs ?? startMs));
    table.push([kind, faults.length, shown(median(seconds)), shown(most(seconds))]);
  }
  return table.toString();
}

/** From the blow to the first exact answer, also while a frozen process stays frozen; of those beside which nothing else was wrong. */
export function takeOverLines(seen: Seen, sessionTimeoutMs: number): string[] {
  const bounds: Partial<Record<StruckFault['kind'], number>> = {
    'kill-speed': sessionTimeoutMs / 1_000 + 2,
    'freeze-speed': sessionTimeoutMs / 1_000 + 2,
    'restart-speed': 1,
  };
  return Object.entries(bounds).flatMap(([kind, bound]) => {
    const seconds = seen.struck.filter((fault) => fault.kind === kind).flatMap((fault) => secondsAlone(seen, fault));
    if (seconds.length === 0) return [];
    const list = seconds.map((each) => each.toFixed(1)).join(' · ');
    return [`take-over after ${kind}, with no other fault beside it: ${list} s (bound ${bound} s)`];
  });
}

/** Nothing where another fault struck before the answer was exact, or an earlier one was not over by then. */
function secondsAlone({ struck, readings, answers }: Seen, fault: StruckFault): number[] {
  const exactMs = (momentMs: number): number =>
    momentMs + (secondsToExact(readings, answers, momentMs) ?? Number.POSITIVE_INFINITY) * 1_000;
  const exact = exactMs(fault.startMs);
  const beside = struck.some(
    (other) => other !== fault && other.startMs < exact && exactMs(other.endMs ?? other.startMs) > fault.startMs,
  );
  return beside || exact === Number.POSITIVE_INFINITY ? [] : [(exact - fault.startMs) / 1_000];
}

export function countsLine(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(' · ') || 'none';
}

export function shown(seconds: number | undefined): string {
  return seconds === undefined ? 'never' : seconds.toFixed(1);
}

function sorted(seconds: readonly (number | undefined)[]): (number | undefined)[] {
  return seconds.toSorted((a, b) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY));
}
const median = (seconds: readonly (number | undefined)[]) => sorted(seconds)[Math.floor((seconds.length - 1) / 2)];
const most = (seconds: readonly (number | undefined)[]) => sorted(seconds).at(-1);
