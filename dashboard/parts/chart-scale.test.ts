import { expect, test } from 'vitest';
import { type Scale, xTicks, yRange, yTicks } from './chart-scale.ts';

const scaleOf = (some: Partial<Scale>): Scale => ({
  leftPx: 44,
  topPx: 8,
  widthPx: 300,
  heightPx: 150,
  windows: 24,
  least: 0,
  most: 100,
  ...some,
});
const rangeOf = (...values: (number | null)[]) => yRange([{ values }]);

test.each([
  [[], [0, 1]],
  [
    [null, 0],
    [0, 1],
  ],
  [[1], [0, 1.1]],
  [
    [7, 100],
    [0, 110],
  ],
  [
    [-30, 899],
    [-32, 950],
  ],
  [[-5], [-5.3, 1]],
  [[9e15], [0, 9.5e15]],
])('the scale of %j reaches over %j', (values, [least, most]) => {
  const range = rangeOf(...values);
  expect(range[0]).toBeCloseTo(least!, 9);
  expect(range[1] / most!).toBeCloseTo(1, 9);
});

test('a scale holds all series and stands still while numbers tick', () => {
  expect(yRange([{ values: [1, 2] }, { values: [null, 300] }])).toEqual([0, 320]);
  expect(rangeOf(896)).toEqual(rangeOf(904));
});

test.each([
  [{ most: 1 }, [0, 1]],
  [{ most: 110 }, [0, 20, 40, 60, 80, 100]],
  [{ most: 950 }, [0, 200, 400, 600, 800]],
  [{ least: -32, most: 110 }, [0, 50, 100]],
  [{ most: 9.5e15 }, [0, 2e15, 4e15, 6e15, 8e15]],
  [{ heightPx: 60, most: 1.2e6 }, [0, 500_000, 1_000_000]],
])('the axis of %j has texts at %j', (some, ticks) => {
  expect(yTicks(scaleOf(some))).toEqual(ticks);
});

test('windows have as many texts as there is room for, evenly, none cut off', () => {
  const hours = Array.from({ length: 24 }, (_, hour) => (hour % 3 === 0 ? `${hour}:00` : ''));
  expect(xTicks(scaleOf({}), hours)).toEqual([0, 6, 12, 18]);
  expect(xTicks(scaleOf({ widthPx: 1_000 }), hours)).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  const days = ['Mon 2 March', 'Tue 3 March', 'Wed 4 March'];
  expect(xTicks(scaleOf({ windows: 3, widthPx: 180 }), days)).toEqual([0, 1]);
});
