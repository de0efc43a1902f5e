// Where bars and marks stand, on a plot of 100 × 100 pixels at (10, 20) and as many windows as values.
import { expect, test } from 'vitest';
import { drawBars, drawMarks, type Plot } from './chart-shapes.ts';

type Drawn = [colour: string, x: number, y: number, width: number, height: number];

function plotOf(windows: number, min: number, max: number): { plot: Plot; drawn: Drawn[] } {
  const drawn: Drawn[] = [];
  const ctx = {
    fillStyle: '',
    save: () => {},
    restore: () => {},
    fillRect: (...at: [number, number, number, number]) => drawn.push([ctx.fillStyle, ...at]),
  };
  const valToPos = (value: number, scale: string) =>
    scale === 'x' ? 10 + ((value + 0.5) / windows) * 100 : 120 - ((value - min) / (max - min)) * 100;
  return { plot: { ctx, scales: { y: { max } }, valToPos }, drawn };
}

const look = { full: 'full', open: 'open', openAt: undefined, pxRatio: 1 };

test('a bar reaches from zero to its value, the open one in its own colour, none where nothing is known', () => {
  const { plot, drawn } = plotOf(4, 0, 10);
  drawBars(plot, [10, 5, null, 2], { ...look, openAt: 3 });
  expect(drawn).toEqual([
    ['full', 14, 20, 18, 100],
    ['full', 39, 70, 18, 50],
    ['open', 89, 100, 18, 20],
  ]);
});

test('a negative bar hangs from zero', () => {
  const { plot, drawn } = plotOf(4, -10, 10);
  drawBars(plot, [-5, 5], look);
  expect(drawn.map(([, , y, , height]) => [y, height])).toEqual([
    [95, -25],
    [45, 25],
  ]);
});

test('many bars stand at even distances, not at whole pixels; few of them are no wider than 48', () => {
  const many = plotOf(40, 0, 1);
  drawBars(
    many.plot,
    Array.from({ length: 40 }, () => 1),
    look,
  );
  expect(new Set(many.drawn.slice(1).map(([, x], i) => (x - many.drawn[i]![1]).toFixed(6)))).toEqual(
    new Set(['2.500000']),
  );
  const one = plotOf(1, 0, 1);
  drawBars(one.plot, [1], look);
  expect(one.drawn).toEqual([['full', 36, 20, 48, 100]]);
});

test('the largest amounts stand as exactly as small ones', () => {
  const { plot, drawn } = plotOf(2, 0, 9e15);
  drawBars(plot, [9e15, 4.5e15], look);
  expect(drawn.map(([, , y, , height]) => [y, height])).toEqual([
    [20, 100],
    [70, 50],
  ]);
});

test('a mark lies across its window at its value, each in front of all halos', () => {
  const { plot, drawn } = plotOf(4, 0, 10);
  drawMarks(plot, [10, null, 5], { colour: 'past', halo: 'sheet', pxRatio: 1 });
  expect(drawn).toEqual([
    ['sheet', 11, 18, 23, 4],
    ['sheet', 61, 68, 23, 4],
    ['past', 11, 19, 23, 2],
    ['past', 61, 69, 23, 2],
  ]);
});

test('marks that stand close together have no halos', () => {
  const { plot, drawn } = plotOf(20, 0, 10);
  drawMarks(plot, [10, 5], { colour: 'past', halo: 'sheet', pxRatio: 1 });
  expect(drawn.map(([colour]) => colour)).toEqual(['past', 'past']);
});
