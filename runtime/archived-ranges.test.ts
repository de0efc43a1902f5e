import { describe, expect, test } from 'vitest';
import { type ArchivedRange, firstMissing, stretchesOf } from './archived-ranges.ts';

const range = (from: number, to: number, changes: Partial<ArchivedRange> = {}): ArchivedRange => ({
  from,
  to,
  rejected: [],
  gaps: [],
  ...changes,
});

test('what overlapping ranges say is counted once: rejected offsets and gaps hold no event', () => {
  const ranges = [range(0, 10, { rejected: [3, 8], gaps: [[4, 6]] }), range(7, 20, { rejected: [8, 12] }), range(2, 5)];
  expect(stretchesOf(ranges)).toEqual([
    { from: 0, to: 10, events: 6 },
    { from: 10, to: 20, events: 9 },
  ]);
});

describe('the first offset that is missing', () => {
  test.each([
    ['is the end where nothing is missing', [range(0, 10), range(10, 20)], 0, 20],
    ['is where a hole begins', [range(0, 10), range(12, 20)], 0, 10],
    ['is the start where the ranges begin later', [range(5, 10)], 0, 0],
    ['is the start where there is nothing', [], 7, 7],
    ['is the end also from a start within', [range(0, 10)], 4, 10],
  ])('%s', (_, ranges, start, expected) => {
    expect(firstMissing(stretchesOf(ranges), start)).toBe(expected);
  });
});
