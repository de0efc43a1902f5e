// What the clocks of a zone show, from Intl alone (the API asks Temporal). Local times are the milliseconds that they would
// be in UTC. Each zone is looked over once, day by day, for the instants at which its offset changes.
import { dayMs, minuteMs } from './spans.ts';

const firstMs = Date.UTC(1995, 0, 1);
const endMs = Date.UTC(2030, 0, 1);

interface Steady {
  readonly from: number;
  readonly offset: number;
}

export interface WallClock {
  offsetAt(at: number): number;
  localOf(at: number): number;
  /** The first instant at which clocks show that; where they skip it, the instant at which they do. */
  instantOf(local: number): number;
  /** ISO 8601 with offset. */
  format(at: number): string;
}

const clocks = new Map<string, WallClock>();

export function wallClock(tz: string): WallClock {
  let clock = clocks.get(tz);
  if (!clock) clocks.set(tz, (clock = createWallClock(tz)));
  return clock;
}

function createWallClock(tz: string): WallClock {
  const steady = offsetsOf(tz);
  let at = 0;
  function offsetAt(instant: number): number {
    while (at > 0 && instant < steady[at]!.from) at -= 1;
    while (at + 1 < steady.length && instant >= steady[at + 1]!.from) at += 1;
    return steady[at]!.offset;
  }
  return {
    offsetAt,
    localOf: (instant) => instant + offsetAt(instant),
    instantOf(local) {
      for (const [i, { from, offset }] of steady.entries()) {
        const end = steady[i + 1]?.from ?? Number.POSITIVE_INFINITY;
        if (local - offset < end) return Math.max(from, local - offset);
      }
      throw new Error('unreachable');
    },
    format(instant) {
      const offset = offsetAt(instant);
      const local = new Date(instant + offset).toISOString().slice(0, instant % 1_000 === 0 ? 19 : 23);
      const size = new Date(Math.abs(offset)).toISOString().slice(11, 16);
      return `${local}${offset < 0 ? '-' : '+'}${size}`;
    },
  };
}

function offsetsOf(tz: string): Steady[] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: tz, timeZoneName: 'longOffset' });
  const offsetAt = (at: number): number => {
    const [, sign, hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?$/.exec(format.format(at))!;
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * minuteMs;
  };
  const steady: Steady[] = [{ from: Number.NEGATIVE_INFINITY, offset: offsetAt(firstMs) }];
  for (let day = firstMs; day < endMs; day += dayMs) {
    const { offset } = steady.at(-1)!;
    if (offsetAt(day + dayMs) === offset) continue;
    let [before, after] = [day, day + dayMs];
    while (after - before > minuteMs) {
      const middle = Math.floor((before + after) / 2 / minuteMs) * minuteMs;
      if (offsetAt(middle) === offset) before = middle;
      else after = middle;
    }
    steady.push({ from: after, offset: offsetAt(after) });
  }
  return steady;
}
