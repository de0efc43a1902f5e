import { describe, expect, test } from 'vitest';
import { createReportTimes, faultOfSchedule, mostSkipped } from './report-schedule.ts';

const at = (text: string) => Date.parse(text);
const told = (instant: number | undefined) => (instant === undefined ? undefined : new Date(instant).toISOString());

/** All instants in (after, until]. */
function all(schedule: string, tz: string, after: string, until: string): (string | undefined)[] {
  const times = createReportTimes(schedule, tz);
  const found: (string | undefined)[] = [];
  for (let from = times.next(at(after)); from !== undefined && from <= at(until); from = times.next(from)) {
    found.push(told(from));
  }
  return found;
}

test.each(['* * * * *', '0 6 * * *', '*/15 9-17 * * mon-fri', '0 0 L * *', '0 0 29 2 *'])('%s is a schedule', (text) =>
  expect(faultOfSchedule(text)).toBeUndefined(),
);

test.each(['', '0 6 * *', '0 0 6 * * *', '@daily', '60 * * * *', '0 25 * * *', '0 0 30 2 *', 'a b c d e'])(
  '"%s" is none',
  (text) => expect(faultOfSchedule(text)).toBeTypeOf('string'),
);

test.each([
  ['0 25 * * *', 'the hour must be 0 to 23, not 25'],
  ['0 6 q 13 *', 'the day of the month is not understood: q'],
  ['0 6 * * 8', 'the day of the week must be 0 to 7, not 8'],
])('%s: %s', (text, fault) => expect(faultOfSchedule(text)).toBe(fault));

describe('what is due', () => {
  const daily = createReportTimes('0 6 * * *', 'UTC');

  test('is the latest instant up to now, and how many earlier ones it passes over', () => {
    expect(daily.latest(at('2026-03-01T06:00:00Z'), at('2026-03-04T05:59:59Z'))).toEqual({
      instant: at('2026-03-03T06:00:00Z'),
      skipped: 1,
    });
    expect(daily.latest(at('2026-03-03T05:59:00Z'), at('2026-03-03T06:00:00Z'))).toEqual({
      instant: at('2026-03-03T06:00:00Z'),
      skipped: 0,
    });
  });

  test('is nothing between two instants, nor what was handled', () => {
    expect(daily.latest(at('2026-03-03T06:00:00Z'), at('2026-03-04T05:59:59Z'))).toBeUndefined();
  });

  test('is bounded in what it passes over', () => {
    const each = createReportTimes('* * * * *', 'UTC');
    expect(each.latest(0, at('2026-03-03T06:00:30Z'))).toEqual({
      instant: at('2026-03-03T06:00:00Z'),
      skipped: mostSkipped,
    });
  });

  test('what comes up is told one after the other, as far as it comes within a year of the first', () => {
    const upcoming = (schedule: string, after: string) =>
      createReportTimes(schedule, 'Europe/Berlin').upcoming(at(after), 3).map(told);
    expect(upcoming('0 6 L * *', '2026-01-31T05:00:00Z')).toEqual([
      '2026-02-28T05:00:00.000Z',
      '2026-03-31T04:00:00.000Z',
      '2026-04-30T04:00:00.000Z',
    ]);
    expect(upcoming('0 6,18 * * *', '2026-01-31T05:00:00Z')).toEqual([
      '2026-01-31T17:00:00.000Z',
      '2026-02-01T05:00:00.000Z',
      '2026-02-01T17:00:00.000Z',
    ]);
    expect(upcoming('0 6 29 2 *', '2026-01-31T05:00:00Z')).toEqual(['2028-02-29T05:00:00.000Z']);
    expect(upcoming('0 6 29 2 mon', '2026-01-31T05:00:00Z')).toEqual([]);
  });

  test('both day fields must match; a day that never comes has no instant', () => {
    expect(all('0 0 13 * fri', 'UTC', '2026-01-01T00:00:00Z', '2026-12-31T00:00:00Z')).toEqual([
      '2026-02-13T00:00:00.000Z',
      '2026-03-13T00:00:00.000Z',
      '2026-11-13T00:00:00.000Z',
    ]);
    expect(createReportTimes('0 0 29 2 mon', 'UTC').next(at('2026-01-01T00:00:00Z'))).toBeUndefined();
    expect(told(createReportTimes('0 0 29 2 *', 'UTC').next(at('2026-01-01T00:00:00Z')))).toBe(
      '2028-02-29T00:00:00.000Z',
    );
  });
});

describe('in New York, where 02:00 is skipped on 8 March 2026 and 01:00 comes twice on 1 November', () => {
  const [spring, autumn] = [
    ['2026-03-07T12:00:00Z', '2026-03-09T12:00:00Z'],
    ['2026-10-31T12:00:00Z', '2026-11-02T12:00:00Z'],
  ] as const;
  const zone = 'America/New_York';

  test('a local time goes by the clock of the zone, also across a change', () => {
    expect(all('0 6 * * *', zone, ...spring)).toEqual(['2026-03-08T10:00:00.000Z', '2026-03-09T10:00:00.000Z']);
    expect(all('0 6 * * *', zone, ...autumn)).toEqual(['2026-11-01T11:00:00.000Z', '2026-11-02T11:00:00.000Z']);
  });

  test('a local time that is skipped is due at the moment of the skip', () => {
    expect(all('30 2 * * *', zone, ...spring)).toEqual(['2026-03-08T07:00:00.000Z', '2026-03-09T06:30:00.000Z']);
  });

  test('two local times that are skipped together are one', () => {
    expect(all('10,50 2 * * *', zone, '2026-03-08T00:00:00Z', '2026-03-08T23:00:00Z')).toEqual([
      '2026-03-08T07:00:00.000Z',
    ]);
  });

  test('a local time that comes twice is due the first time only', () => {
    expect(all('30 1 * * *', zone, ...autumn)).toEqual(['2026-11-01T05:30:00.000Z', '2026-11-02T06:30:00.000Z']);
    const times = createReportTimes('30 1 * * *', zone);
    expect(times.latest(at('2026-11-01T05:30:00Z'), at('2026-11-01T06:30:00Z'))).toBeUndefined();
  });

  test('every hour is due each real hour: none more where one is skipped, two where one comes twice', () => {
    expect(all('30 * * * *', zone, '2026-03-08T06:00:00Z', '2026-03-08T08:00:00Z')).toEqual([
      '2026-03-08T06:30:00.000Z',
      '2026-03-08T07:30:00.000Z',
    ]);
    expect(all('30 * * * *', zone, '2026-11-01T05:00:00Z', '2026-11-01T07:00:00Z')).toEqual([
      '2026-11-01T05:30:00.000Z',
      '2026-11-01T06:30:00.000Z',
    ]);
  });
});
