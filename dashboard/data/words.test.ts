// What ranges are called.
import { expect, test } from 'vitest';
import { rangeWords } from './words.ts';

test.each([
  ['2015-01-01', '2016-01-01', '1 Jan 2015 to 31 Dec 2015'],
  ['2026-03-01', '2026-03-02', '1 Mar 2026'],
  ['2026-03-01T10:00:00Z', '2026-03-02T00:00:00Z', '1 Mar 2026, 10:00 to 2 Mar 2026'],
])('a range from %s to %s is told with its last day: %s', (from, to, words) => {
  expect(rangeWords({ kind: 'between', from, to })).toBe(words);
});
