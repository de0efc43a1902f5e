// How far behind the log an answer is, in records and in time.
import { expect, test } from 'vitest';
import { createLogLag } from './log-lag.ts';

test('the lag is unknown before the first reading, and none where the vector has reached the ends', () => {
  const lag = createLogLag();
  expect(lag.of([0, 0], 1_000)).toBeUndefined();
  lag.read([5, 7], 1_000);
  expect(lag.of([5, 7], 9_000)).toEqual({ records: 0, ms: 0 });
  expect(lag.of([6, 9], 9_000)).toEqual({ records: 0, ms: 0 });
});

test('it lasts since the oldest record that is not counted was first seen', () => {
  const lag = createLogLag();
  lag.read([5, 7], 1_000);
  lag.read([8, 7], 2_000);
  lag.read([9, 8], 3_000);
  expect(lag.of([4, 7], 4_000)).toEqual({ records: 6, ms: 3_000 });
  expect(lag.of([5, 7], 4_000)).toEqual({ records: 5, ms: 2_000 });
  expect(lag.of([8, 8], 4_000)).toEqual({ records: 1, ms: 1_000 });
});

test('a log that stands still while nothing is counted shows a lag that grows: a dead speed layer is no quiet shop', () => {
  const lag = createLogLag();
  for (let at = 0; at < 100; at += 1) lag.read([10], at * 1_000);
  expect(lag.of([3], 100_000)).toEqual({ records: 7, ms: 100_000 });
});
