// The local clock of a zone: the one place that asks Temporal. It is slow (some 20 µs), so a clock remembers the offset
// for as long as it holds. Local times are held as the milliseconds that they would be in UTC.
import { Temporal } from 'temporal-polyfill';

export const dayMs = 86_400_000;
const year10000Ms = Date.UTC(10_000, 0, 1);

export interface LocalClock {
  offsetAt(at: number): number;
  /** Local time of an instant. */
  localOf(at: number): number;
  /** The first instant that has that local time; of a time that the clock skips, the instant at which it skips. */
  instantOf(localMs: number): number;
  /** The next or the last change of the offset, seen from `at`; undefined where there is none. */
  transition(at: number, direction: 'next' | 'previous'): number | undefined;
  /** ISO 8601 with the zone's offset, to the second, or to the millisecond where there are any. */
  format(at: number): string;
}

/** An interval in which the offset does not change. */
interface Steady {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

export function createLocalClock(tz: string): LocalClock {
  const zoned = (at: number) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(tz);
  const transition: LocalClock['transition'] = (at, direction) =>
    zoned(at).getTimeZoneTransition(direction)?.epochMilliseconds;
  let steady: Steady = { from: 0, to: 0, offset: 0 };
  /** A comparison goes to and fro between two times: all that was asked is kept, two or three a year at most. */
  const known: Steady[] = [];

  function offsetAt(at: number): number {
    if (at < steady.from || at >= steady.to) {
      const found = known.find(({ from, to }) => at >= from && at < to) ?? {
        from: transition(at + 1, 'previous') ?? Number.NEGATIVE_INFINITY,
        to: transition(at, 'next') ?? Number.POSITIVE_INFINITY,
        offset: zoned(at).offsetNanoseconds / 1e6,
      };
      if (!known.includes(found)) known.unshift(found);
      steady = found;
    }
    return steady.offset;
  }

  return {
    offsetAt,
    localOf: (at) => at + offsetAt(at),
    instantOf(localMs) {
      // No offset differs from another by more than a day: this far from a change there is one answer.
      for (const { from, to, offset } of [steady, ...known]) {
        const plain = localMs - offset;
        if (plain - dayMs >= from && plain + dayMs < to) return plain;
      }
      const text = new Date(localMs).toISOString().slice(0, -1);
      const at = Temporal.PlainDateTime.from(text).toZonedDateTime(tz).epochMilliseconds;
      return at + offsetAt(at) === localMs ? at : steady.from;
    },
    transition,
    format(at) {
      const offset = offsetAt(at);
      // Offsets of seconds, as before the railways, and years of five digits are left to Temporal.
      if (offset % 60_000 !== 0 || at + offset >= year10000Ms) {
        return zoned(at).toString({ timeZoneName: 'never', fractionalSecondDigits: at % 1_000 === 0 ? 0 : 3 });
      }
      const local = new Date(at + offset).toISOString().slice(0, at % 1_000 === 0 ? 19 : 23);
      const minutes = Math.abs(offset) / 60_000;
      const two = (part: number) => String(Math.floor(part)).padStart(2, '0');
      return `${local}${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
    },
  };
}

export function isTimeZone(text: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text);
    return /^[A-Za-z]/.test(text);
  } catch {
    return false;
  }
}

/** First instant of a local date `YYYY-MM-DD`; undefined where there is no such date. */
export function startOfLocalDate(text: string, tz: string): number | undefined {
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toZonedDateTime(tz).epochMilliseconds;
  } catch {
    return undefined;
  }
}

/** Milliseconds of an ISO 8601 instant with offset; undefined where it is none or is finer than a millisecond. */
export function instantOf(text: string): number | undefined {
  try {
    const instant = Temporal.Instant.from(text);
    return instant.epochNanoseconds % 1_000_000n === 0n ? instant.epochMilliseconds : undefined;
  } catch {
    return undefined;
  }
}

export function formatInstant(at: number, tz: string): string {
  return createLocalClock(tz).format(at);
}
