// Where bars, marks and lines are: on a plot of 100 × 100 pixels.
import { expect, test } from 'vitest';
import type { Scale, Values } from './chart-scale.ts';
import { barsPath, columnsOf, linePath, marksPath } from './chart-shapes.ts';

const scaleOf = (windows: number, least: number, most: number): Scale => ({
  leftPx: 10,
  topPx: 20,
  widthPx: 100,
  heightPx: 100,
  windows,
  least,
  most,
});
const barsOf = (values: Values, scale: Scale, isWanted: (at: number) => boolean = () => true) =>
  barsPath(values, scale, columnsOf(scale), isWanted);

test('a bar reaches from zero to its value, none where nothing is known', () => {
  const scale = scaleOf(4, 0, 10);
  expect(barsOf([10, 5, null, 2], scale)).toBe('M23 120V20M48 120V70M98 120V100');
  expect(columnsOf(scale).barPx).toBe(18);
});

test('a bar that is drawn by itself is left out of the others', () => {
  const scale = scaleOf(4, 0, 10);
  expect(barsOf([10, 5, null, 2], scale, (at) => at !== 3)).toBe('M23 120V20M48 120V70');
  expect(barsOf([10, 5, null, 2], scale, (at) => at === 3)).toBe('M98 120V100');
});

test('a negative bar hangs from zero', () => {
  expect(barsOf([-5, 5], scaleOf(2, -10, 10))).toBe('M35 70V95M85 70V45');
});

test('few bars have sharp edges and are no wider than 48; many stand at even distances', () => {
  const one = scaleOf(1, 0, 1);
  expect(barsOf([1], one)).toBe('M60 120V20');
  expect(columnsOf(one).barPx).toBe(48);
  expect(barsOf([1, 1, 1], scaleOf(40, 0, 1))).toBe('M11.3 120V20M13.8 120V20M16.3 120V20');
});

test('the largest amounts stand as exactly as small ones', () => {
  expect(barsOf([9e15, 4.5e15], scaleOf(2, 0, 9e15))).toBe('M35 120V20M85 120V70');
});

test('a mark lies across its window at its value', () => {
  const scale = scaleOf(4, 0, 10);
  expect(marksPath([10, null, 5], scale, columnsOf(scale))).toBe('M11 20h23M61 70h23');
});

test('a line goes from value to value and breaks where nothing is known', () => {
  const scale = scaleOf(5, 0, 10);
  expect(linePath([0, 10, null, 5, 9.99], scale, columnsOf(scale))).toBe('M20 120L40 20M80 70L100 20.1');
});
