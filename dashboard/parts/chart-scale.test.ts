import { expect, test } from 'vitest';
import { type Scale, type Values, xTicks, yAxis } from './chart-scale.ts';

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
const axisOf = (values: Values, heightPx = 150) => yAxis([{ values }], heightPx).texts;

test.each([
  [[], [0, 1]],
  [
    [null, 0],
    [0, 1],
  ],
  [[1], [0, 1]],
  [[0.3], [0, 1]],
  [
    [7, 100],
    [0, 20, 40, 60, 80, 100],
  ],
  [[101], [0, 20, 40, 60, 80, 100, 120]],
  [[899], [0, 200, 400, 600, 800, 1_000]],
  [
    [-30, 110],
    [-50, 0, 50, 100, 150],
  ],
  [[-5], [-5, -4, -3, -2, -1, 0, 1]],
  [[9e15], [0, 2e15, 4e15, 6e15, 8e15, 1e16]],
])('the axis of %j has texts at %j', (values, texts) => {
  expect(axisOf(values)).toEqual(texts);
});

test('a low chart has few texts', () => {
  expect(axisOf([1.2e6], 60)).toEqual([0, 1_000_000, 2_000_000]);
  expect(axisOf([-3, 700], 10)).toEqual([-1_000, 0, 1_000]);
});

test('a scale begins and ends at texts, holds all series and stands still while numbers tick', () => {
  const [some, more] = [{ values: [1, 2] }, { values: [null, 310] }];
  expect(yAxis([some, more], 150)).toEqual({ least: 0, most: 400, texts: [0, 100, 200, 300, 400] });
  expect(axisOf([301])).toEqual(axisOf([399]));
});

test('windows have as many texts as there is room for, evenly, none cut off', () => {
  const hours = Array.from({ length: 24 }, (_, hour) => (hour % 3 === 0 ? `${hour}:00` : ''));
  expect(xTicks(scaleOf({}), hours)).toEqual([0, 6, 12, 18]);
  expect(xTicks(scaleOf({ widthPx: 1_000 }), hours)).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  const days = ['Mon 2 March', 'Tue 3 March', 'Wed 4 March'];
  expect(xTicks(scaleOf({ windows: 3, widthPx: 180 }), days)).toEqual([0, 1]);
});
