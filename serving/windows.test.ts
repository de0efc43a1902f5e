// Windows in zones, checked against what the local clock says of each instant (Intl, an implementation of its own).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type WindowName, windowNames } from '../api/query-names.ts';
import { formatInstant, instantOf, isTimeZone, startOfLocalDate } from './local-time.ts';
import { countWindows, gridOf, windowEndOf, windowStartOf, windowsIn } from './windows.ts';

const hourMs = 3_600_000;
const at = (text: string) => Date.parse(text);

function gridAt(window: WindowName, tz: string, from: string, to: string) {
  return [...windowsIn(gridOf(window, tz, at(from), at(to)), at(from), at(to))];
}

/** Every window of a range as texts. */
function windowsOf(window: WindowName, tz: string, from: string, to: string): string[] {
  return gridAt(window, tz, from, to).map(({ start }) => formatInstant(start, tz));
}

describe('windows', () => {
  test.each([
    ['day', 'America/New_York', '2024-03-10T12:00:00Z', 23],
    ['day', 'America/New_York', '2024-11-03T12:00:00Z', 25],
    ['day', 'Australia/Lord_Howe', '2024-10-06T00:00:00Z', 23.5],
    ['day', 'Australia/Lord_Howe', '2024-04-06T16:00:00Z', 24.5],
    ['day', 'America/Sao_Paulo', '2018-11-04T12:00:00Z', 23],
    ['week', 'Europe/Berlin', '2024-03-31T12:00:00Z', 7 * 24 - 1],
    ['month', 'Europe/Berlin', '2024-10-31T12:00:00Z', 31 * 24 + 1],
    ['month', 'UTC', '2024-02-10T00:00:00Z', 29 * 24],
    ['year', 'UTC', '2023-07-01T00:00:00Z', 365 * 24],
    ['hour', 'Asia/Kathmandu', '2024-05-05T12:00:00Z', 1],
    ['hour', 'Australia/Lord_Howe', '2024-10-05T15:45:00Z', 0.5],
    ['15m', 'Asia/Kathmandu', '2024-05-05T12:20:00Z', 0.25],
  ] as const)('a %s of %s at %s has %d hours', (window, tz, text, hours) => {
    const grid = gridOf(window, tz, at(text), at(text) + 60_000);
    const start = windowStartOf(grid, at(text));
    expect((windowEndOf(grid, start) - start) / hourMs).toBe(hours);
    expect(start).toBeLessThanOrEqual(at(text));
    expect(windowEndOf(grid, start)).toBeGreaterThan(at(text));
  });

  test('an hour in Kathmandu begins at a quarter past the hour in UTC', () => {
    expect(windowsOf('hour', 'Asia/Kathmandu', '2024-01-01T00:20:00Z', '2024-01-01T02:00:00Z')).toEqual([
      '2024-01-01T06:00:00+05:45',
      '2024-01-01T07:00:00+05:45',
    ]);
  });

  test('an hour that the clock repeats is two windows, one that it skips is none', () => {
    expect(windowsOf('hour', 'America/New_York', '2024-11-03T05:00:00Z', '2024-11-03T08:00:00Z')).toEqual([
      '2024-11-03T01:00:00-04:00',
      '2024-11-03T01:00:00-05:00',
      '2024-11-03T02:00:00-05:00',
    ]);
    expect(windowsOf('hour', 'America/New_York', '2024-03-10T06:00:00Z', '2024-03-10T08:00:00Z')).toEqual([
      '2024-03-10T01:00:00-05:00',
      '2024-03-10T03:00:00-04:00',
    ]);
  });

  test('where clocks move by half an hour, the window is cut there', () => {
    expect(windowsOf('hour', 'Australia/Lord_Howe', '2024-10-05T14:30:00Z', '2024-10-05T17:00:00Z')).toEqual([
      '2024-10-06T01:00:00+10:30',
      '2024-10-06T02:30:00+11:00',
      '2024-10-06T03:00:00+11:00',
    ]);
    expect(windowsOf('hour', 'Australia/Lord_Howe', '2024-04-06T14:00:00Z', '2024-04-06T16:30:00Z')).toEqual([
      '2024-04-07T01:00:00+11:00',
      '2024-04-07T01:30:00+10:30',
      '2024-04-07T02:00:00+10:30',
    ]);
  });

  test('weeks begin on Monday (ISO), the days of a spring week in New York at local midnight', () => {
    expect(windowsOf('week', 'UTC', '2024-01-01T00:00:00Z', '2024-01-08T00:00:00Z')).toEqual([
      '2024-01-01T00:00:00+00:00',
    ]);
    expect(windowsOf('day', 'America/New_York', '2024-03-09T05:00:00Z', '2024-03-12T04:00:00Z')).toEqual([
      '2024-03-09T00:00:00-05:00',
      '2024-03-10T00:00:00-05:00',
      '2024-03-11T00:00:00-04:00',
    ]);
  });

  // By hand from the rules of the zones: how many hours of the clock the local day has, and how long those are that differ.
  test.each([
    ['America/New_York', '2024-03-10T05:00:00Z', '2024-03-11T04:00:00Z', 23, []],
    ['America/New_York', '2024-11-03T04:00:00Z', '2024-11-04T05:00:00Z', 25, []],
    ['Australia/Lord_Howe', '2024-10-05T13:30:00Z', '2024-10-06T13:00:00Z', 24, [30]],
    ['Australia/Lord_Howe', '2024-04-06T13:00:00Z', '2024-04-07T13:30:00Z', 25, [30]],
    ['Asia/Kathmandu', '2024-03-09T18:15:00Z', '2024-03-10T18:15:00Z', 24, []],
    ['Asia/Kolkata', '2024-03-09T18:30:00Z', '2024-03-10T18:30:00Z', 24, []],
  ] as const)('a day of %s from %s to %s is one day and %d hours', (tz, from, to, hours, shorter) => {
    expect(gridAt('day', tz, from, to)).toEqual([{ start: at(from), end: at(to) }]);
    const windows = gridAt('hour', tz, from, to);
    expect(windows.length).toBe(hours);
    expect([windows[0]!.start, windows.at(-1)!.end]).toEqual([at(from), at(to)]);
    const minutes = windows.map(({ start, end }) => (end - start) / 60_000);
    expect(minutes.filter((length) => length !== 60)).toEqual(shorter);
    expect(countWindows(gridOf('hour', tz, at(from), at(to)), at(from), at(to))).toBe(hours);
  });

  test('weeks begin on the day that is asked for', () => {
    const start = (day: 'sunday' | 'saturday' | 'monday') =>
      formatInstant(
        gridOf('week', 'Europe/Berlin', at('2024-03-31T10:00:00Z'), at('2024-03-31T11:00:00Z'), day).starts[0]!,
        'Europe/Berlin',
      );
    expect([start('sunday'), start('saturday'), start('monday')]).toEqual([
      '2024-03-31T00:00:00+01:00',
      '2024-03-30T00:00:00+01:00',
      '2024-03-25T00:00:00+01:00',
    ]);
  });

  test('in any zone and at any instant windows tile, and begin where the local clock says', () => {
    const zones = [
      'UTC',
      'America/New_York',
      'Europe/Berlin',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'America/Caracas',
      'Asia/Pyongyang',
      'America/Sao_Paulo',
      'Africa/Casablanca',
    ];
    const minutes = { min: Date.UTC(2000, 0, 1) / 60_000, max: Date.UTC(2030, 0, 1) / 60_000 };
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...windowNames),
        fc.integer(minutes),
        fc.nat(40 * 1_440),
        (tz, window, minute, span) => {
          const from = minute * 60_000;
          const to = from + (span + 1) * 60_000;
          const grid = gridOf(window, tz, from, to);
          expect(grid.starts[0]).toBeLessThanOrEqual(from);
          expect(grid.end).toBeGreaterThanOrEqual(to);
          for (const instant of [from, to - 60_000, from + Math.floor(span / 2) * 60_000]) {
            const start = windowStartOf(grid, instant);
            const end = windowEndOf(grid, start);
            expect(start).toBeLessThanOrEqual(instant);
            expect(end).toBeGreaterThan(instant);
            expect(windowStartOf(grid, end - 60_000)).toBe(start);
            // Written and read without Temporal, by the remembered offset.
            expect(instantOf(formatInstant(instant, tz))).toBe(instant);
            expect(localOfText(formatInstant(instant, tz))).toBe(instant + offsetOf(instant, tz));
            const key = localKey(window, tz);
            expect(key(instant)).toBe(key(start));
            expect(key(end - 60_000)).toBe(key(start));
            // What begins a window differs from the minute before it, or its offset does.
            expect(`${key(start - 60_000)} ${offsetOf(start - 60_000, tz)}`).not.toBe(
              `${key(start)} ${offsetOf(start, tz)}`,
            );
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('instants are written with the offset of the zone, whatever it is', () => {
    expect(formatInstant(at('2024-03-10T07:00:00.250Z'), 'America/New_York')).toBe('2024-03-10T03:00:00.250-04:00');
    expect(formatInstant(0, 'Africa/Monrovia')).toBe('1969-12-31T23:15:30-00:45');
    expect(formatInstant(at('9999-12-31T23:30:00Z'), 'Asia/Tokyo')).toBe('+010000-01-01T08:30:00+09:00');
  });

  test('dates, instants and zones that do not exist are refused', () => {
    expect(startOfLocalDate('2024-02-30', 'UTC')).toBeUndefined();
    expect(startOfLocalDate('2024-03-10', 'America/New_York')).toBe(at('2024-03-10T05:00:00Z'));
    expect(instantOf('2024-03-10T05:00:00')).toBeUndefined();
    expect(instantOf('2024-03-10T05:00:00.0001Z')).toBeUndefined();
    expect(instantOf('2024-03-10T05:00:00+02:00')).toBe(at('2024-03-10T03:00:00Z'));
    expect(['Mars/Olympus', '', '+02:00', 'utc/../x'].filter(isTimeZone)).toEqual([]);
  });
});

const localOfText = (text: string) => Date.parse(`${text.slice(0, 19)}Z`);

const fields = new Map<string, Intl.DateTimeFormat>();
function localParts(instant: number, tz: string): Record<string, string> {
  let format = fields.get(tz);
  if (!format) {
    const numeric = 'numeric' as const;
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: tz,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
    });
    fields.set(tz, format);
  }
  return Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
}

function offsetOf(instant: number, tz: string): number {
  const { year, month, day, hour, minute } = localParts(instant, tz);
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)) - instant;
}

function localKey(window: WindowName, tz: string) {
  return (instant: number): string => {
    const { year, month, day, hour, minute } = localParts(instant, tz);
    const days = Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86_400_000;
    const date = `${year}-${month}-${day}`;
    const keys: Record<WindowName, string> = {
      minute: `${date} ${hour}:${minute}`,
      '15m': `${date} ${hour}:${Math.floor(Number(minute) / 15)}`,
      hour: `${date} ${hour}`,
      day: date,
      week: String(Math.floor((days + 3) / 7)),
      month: `${year}-${month}`,
      year: year!,
    };
    return keys[window];
  };
}
