// Hours of the week are averages over the hours that were; what lies before the data begin is held against nothing.
import { expect, test } from 'vitest';
import type { Answer, Row } from './answer.ts';
import { comparable, daysSince, hoursOfWeek } from './groups.ts';

const row = (windowStart: string, orders: number): Row => ({ windowStart, windowEnd: '', orders });
const spanOf = (from: string, to: string, tz = 'Europe/Amsterdam') => ({
  fromMs: Date.parse(from),
  toMs: Date.parse(to),
  tz,
});

test('a weekday that was twice in the range is counted in twice as many hours; the hour that runs is left out', () => {
  // Friday 13 November 22:00 to Saturday 21 November 23:27.
  const span = spanOf('2026-11-13T22:10:00+01:00', '2026-11-21T23:27:00+01:00');
  const rows = [
    row('2026-11-14T10:00:00+01:00', 100),
    row('2026-11-21T10:00:00+01:00', 120),
    row('2026-11-16T10:00:00+01:00', 60),
    row('2026-11-14T23:00:00+01:00', 115),
    row('2026-11-21T23:00:00+01:00', 27),
  ];
  const week = hoursOfWeek(rows, 'orders', span);
  expect(week[5]![10]).toEqual({ sum: 220, hours: 2 });
  expect(week[0]![10]).toEqual({ sum: 60, hours: 1 });
  expect(week[5]![23]).toEqual({ sum: 115, hours: 1 });
  expect(week[4]![22]).toEqual({ sum: 0, hours: 2 });
  expect(week[4]![21]).toEqual({ sum: 0, hours: 1 });
  expect(daysSince(span)).toBe('9 days since 13 Nov');
});

test('an hour that the clock skips was not; where zones lie half an hour beside UTC hours are theirs', () => {
  const spring = hoursOfWeek([], 'orders', spanOf('2026-03-29T00:00:00+01:00', '2026-03-30T00:00:00+02:00'));
  expect(spring[6]!.map(({ hours }) => hours).join('')).toBe(`110${'1'.repeat(21)}`);
  const india = spanOf('2026-11-20T18:30:00Z', '2026-11-21T17:57:00Z', 'Asia/Kolkata');
  const rows = [row('2026-11-21T22:00:00+05:30', 3), row('2026-11-21T23:00:00+05:30', 5)];
  expect(hoursOfWeek(rows, 'orders', india)[5]!.slice(21)).toEqual([
    { sum: 0, hours: 1 },
    { sum: 3, hours: 1 },
    { sum: 0, hours: 0 },
  ]);
});

test('days of another year are told with it', () => {
  expect(daysSince(spanOf('2025-12-31T10:00:00Z', '2026-01-01T10:00:00Z', 'UTC'))).toBe('2 days since 31 Dec 2025');
});

test('where the time compared with begins before the data, nothing is held against it, and it says why', () => {
  const answerFrom = (from: string) =>
    ({
      rows: [{ windowStart: '', windowEnd: '', orders: 7, compare: { change: { orders: 6.06 }, orders: 1 } }],
      query: { tz: 'Europe/Amsterdam', compare: { with: 'previous', from, to: '' } },
    }) as unknown as Answer;
  // The first record came at half past midnight there.
  const dataFrom = '2026-11-12T23:30:00Z';
  const within = answerFrom('2026-11-13T00:00:00+01:00');
  expect(comparable(within, dataFrom)).toEqual({ answer: within, note: '' });
  const before = comparable(answerFrom('2026-11-12T00:00:00+01:00'), dataFrom);
  expect(before.answer!.rows).toEqual([{ windowStart: '', windowEnd: '', orders: 7, compare: null }]);
  expect(before.note).toBe('not comparable: data since 13 Nov 2026');
  expect(comparable(undefined, dataFrom).note).toBe('');
});
