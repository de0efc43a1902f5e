// How a trace becomes the times of updates.
import { expect, test } from 'vitest';
import { slopeOf, updatesIn } from './dashboard-trace.ts';

const at = { pid: 1, tid: 2 };
const mark = (ts: number) => ({ name: 'update', ph: 'I', ...at, ts });
const task = (ts: number, dur: number, more = {}) => ({
  name: 'RunTask',
  ph: 'X',
  ...at,
  ts,
  dur,
  tdur: dur / 2,
  ...more,
});

test('an update is every task of its thread from the one that holds its mark to the next mark, the last one left out', () => {
  const traceEvents = [
    ...[1_000, 101_000, 201_000].map(mark),
    task(900, 3_000),
    task(20_000, 1_000),
    task(100_900, 5_000),
    task(30_000, 9_000, { tid: 7 }),
    task(200_900, 8_000),
  ];
  expect(updatesIn(JSON.stringify({ traceEvents }))).toMatchObject([
    { ms: 4, cpuMs: 2 },
    { ms: 5, cpuMs: 2.5 },
  ]);
  expect(updatesIn('{"traceEvents":[]}')).toEqual([]);
});

test('a slope is what a step adds', () => {
  expect(slopeOf([10, 12, 14])).toBe(2);
  expect(slopeOf([5, 5, 5])).toBe(0);
});
