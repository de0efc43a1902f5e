// Numbers and times as a person reads them.
import { describe, expect, test } from 'vitest';
import {
  amount,
  change,
  changeFromNothing,
  clockTime,
  count,
  duration,
  instantsIn,
  localDate,
  minorDigits,
  share,
  windowLabel,
} from './format.ts';
import { summed } from './sums.ts';
import { backOffMs } from './back-off.ts';

describe('format', () => {
  test('amounts have the digits of their currency and stay exact beyond 2^53', () => {
    expect(amount(229_720_107, 2)).toBe('2,297,201.07');
    expect(amount(-5, 2)).toBe('−0.05');
    expect(amount(1_234, 0)).toBe('1,234');
    expect(amount(1_234, 3)).toBe('1.234');
    expect(amount(9_007_199_254_740_993n, 2)).toBe('90,071,992,547,409.93');
    expect(amount(3826.875, 2)).toBe('38.27');
    expect(count(-9_007_199_254_740_993n)).toBe('−9,007,199,254,740,993');
  });

  test('notes have local times and separated numbers; names of runs, decimals and years stay as they are', () => {
    const note =
      'run 01a20039030a-12345678: 59854 of 1234567; since 2026-11-21T22:28:07.001Z: 8082.5 s, epoch 19534 to 9';
    expect(instantsIn(note, 'UTC')).toBe(
      'run 01a20039030a-12345678: 59,854 of 1,234,567; since 21\u00a0Nov\u00a02026,\u00a022:28:07: 8082.5 s, epoch 19,534 to 9',
    );
    const at = (nowMs: string) => instantsIn('since 2026-11-21T22:28:07.001Z', 'Europe/Amsterdam', Date.parse(nowMs));
    expect(at('2026-11-21T22:59:59Z')).toBe('since 23:28:07');
    expect(at('2026-11-21T23:00:00Z')).toBe('since 21\u00a0Nov\u00a02026,\u00a023:28:07');
  });

  test('minor digits are those that the answer tells, else those of the code; what is no currency has some', () => {
    expect(minorDigits({ EUR: 3 }, 'EUR')).toBe(3);
    expect(['JPY', 'KWD', '__proto__', 'nonsense'].map((code) => minorDigits({}, code))).toEqual([0, 3, 2, 2]);
  });

  test.each([
    [0.1234, '+12.3 %'],
    [-0.0123, '−1.2 %'],
    [-0.04, '−4.0 %'],
    [0, '0.0 %'],
    [-0.0001, '0.0 %'],
    [25, '+2,500.0 %'],
  ])('a change of %s is %s', (value, text) => {
    expect(change(value)).toBe(text);
  });

  test('against nothing a number is the same or had none then; no number is not compared', () => {
    const told = [changeFromNothing(0, 0), changeFromNothing(5, 0), changeFromNothing(3, null)];
    expect(told).toEqual(['same', 'none then', 'none then']);
    expect([changeFromNothing(null, 5), changeFromNothing(null, null)]).toEqual(['', '']);
  });

  test('a share that is not nothing never reads as nothing', () => {
    expect([0, 0.0001, 0.0123, 0.5].map(share)).toEqual(['0.0 %', '< 0.1 %', '1.2 %', '50.0 %']);
  });

  test('times are those of the zone; what the API wrote with its offset is local already', () => {
    const ms = Date.parse('2026-03-29T01:30:00Z');
    expect(clockTime(ms, 'Europe/Amsterdam')).toBe('03:30:00');
    expect(localDate(Date.parse('2026-11-20T23:30:00Z'), 'Europe/Amsterdam')).toBe('2026-11-21');
    expect(windowLabel('2026-11-21T19:00:00+01:00', 'hour')).toBe('Sat 19:00');
    expect(windowLabel('2026-11-21T00:00:00-05:00', 'day')).toBe('Sat 21 Nov 2026');
    expect([200, 75_000, 7_260_000].map(duration)).toEqual([
      '0.2\u00a0s',
      '1\u00a0min\u00a015\u00a0s',
      '2\u00a0h\u00a01\u00a0min',
    ]);
  });

  test('counts are added exactly; where nothing was before there is no change', () => {
    const row = (orders: number | bigint, past?: number) => ({
      windowStart: '',
      windowEnd: '',
      orders,
      ...(past === undefined ? {} : { compare: { windowStart: '', windowEnd: '', change: {}, orders: past } }),
    });
    expect(summed([row(9_007_199_254_740_991), row(2)], 'orders').now).toBe(9_007_199_254_740_993n);
    expect(summed([row(3, 1), row(3, 2)], 'orders')).toEqual({ now: 6, past: 3, change: 1 });
    expect(summed([row(3, 0)], 'orders').change).toBeNull();
  });

  test('attempts come half a second to fifteen seconds apart, doubling, less up to a third by chance', () => {
    expect([1, 2, 5, 6, 50].map((failures) => backOffMs(failures, 0))).toEqual([500, 1_000, 8_000, 15_000, 15_000]);
    expect(backOffMs(50, 0.999)).toBeGreaterThan(9_900);
  });
});
