// Where bars, marks and lines are: on a plot of 100 × 100 pixels, in tenths of a pixel.
import { expect, test } from 'vitest';
import type { Scale } from './chart-scale.ts';
import { barPx, barsPath, linePath, marksPath } from './chart-shapes.ts';

const scaleOf = (windows: number, least: number, most: number): Scale => ({
  widthPx: 100,
  heightPx: 100,
  windows,
  least,
  most,
});
const all = () => true;

test('a bar reaches from zero to its value, none where nothing is known', () => {
  const scale = scaleOf(4, 0, 10);
  expect(barsPath([10, 5, null, 2], scale, all)).toBe('M130 1000V0M380 1000V500M880 1000V800');
  expect(barPx(scale)).toBe(18);
});

test('a bar that is drawn by itself is left out of the others', () => {
  const scale = scaleOf(4, 0, 10);
  expect(barsPath([10, 5, null, 2], scale, (at) => at !== 3)).toBe('M130 1000V0M380 1000V500');
  expect(barsPath([10, 5, null, 2], scale, (at) => at === 3)).toBe('M880 1000V800');
});

test('a negative bar hangs from zero', () => {
  expect(barsPath([-5, 5], scaleOf(2, -10, 10), all)).toBe('M250 500V750M750 500V250');
});

test('few bars have sharp edges and are no wider than 48; many stand at even distances', () => {
  expect(barsPath([1], scaleOf(1, 0, 1), all)).toBe('M500 1000V0');
  expect(barPx(scaleOf(1, 0, 1))).toBe(48);
  expect(barsPath([1, 1, 1], scaleOf(40, 0, 1), all)).toBe('M13 1000V0M38 1000V0M63 1000V0');
});

test('the largest amounts stand as exactly as small ones', () => {
  expect(barsPath([9e15, 4.5e15], scaleOf(2, 0, 9e15), all)).toBe('M250 1000V0M750 1000V500');
});

test('a mark lies across its window at its value', () => {
  expect(marksPath([10, null, 5], scaleOf(4, 0, 10))).toBe('M10 0h230M510 500h230');
});

test('a line goes from value to value and breaks where nothing is known', () => {
  expect(linePath([0, 10, null, 5, 10], scaleOf(5, 0, 10))).toBe('M100 1000L300 0M700 500L900 0');
});
