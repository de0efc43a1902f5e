import { describe, expect, test } from 'vitest';
import { type LoggedRange, mergeRanges } from './merge-ranges.ts';

const limits = { records: 100, chunks: 10, rejected: 10 };
const range = (from: number, to: number, changes: Partial<LoggedRange> = {}): LoggedRange => ({
  partition: 0,
  from,
  to,
  rows: to - from,
  chunks: [1],
  rejected: [],
  gaps: [],
  leaderEpochs: [],
  insertedAt: to,
  ...changes,
});
const spans = (ranges: readonly LoggedRange[]) =>
  mergeRanges(ranges, limits).map(({ merged, parts }) => [
    merged && [merged.from, merged.to],
    parts.map(({ from, to }) => [from, to]),
  ]);

describe('ranges of the archive log', () => {
  test('that follow each other become one, with all chunks, rejections and gaps, each once', () => {
    const parts = [
      range(0, 10, { rows: 7, chunks: [1, 2], rejected: [[3, 'bad-frame']], gaps: [[4, 6]] }),
      range(8, 20, { rows: 11, chunks: [2, 3], rejected: [[9, 'bad-frame']] }), // archived again from 8 on
    ];
    const rejected = [
      [3, 'bad-frame'],
      [9, 'bad-frame'],
    ];
    expect(mergeRanges(parts, limits)).toEqual([
      { merged: { ...range(0, 20), rows: 16, chunks: [1, 2, 3], rejected, gaps: [[4, 6]] }, parts },
    ]);
  });

  test('keep where leader epochs changed; where two disagree the older one', () => {
    const parts = [
      range(0, 12, {
        leaderEpochs: [
          [0, 3],
          [10, 5],
        ],
      }),
      range(10, 20, {
        leaderEpochs: [
          [10, 4],
          [15, 6],
        ],
      }),
      range(20, 30, { leaderEpochs: [[20, 6]] }),
    ];
    const [merge] = mergeRanges(parts, limits);
    expect(merge?.merged?.leaderEpochs).toEqual([
      [0, 3],
      [10, 4],
      [15, 6],
    ]);
  });

  test.each([
    ['never over a hole', [range(0, 10), range(11, 20)], []],
    ['never over partitions', [range(0, 10), range(10, 20, { partition: 1 })], []],
    [
      'only up to a size',
      [range(0, 60), range(60, 90), range(90, 120), range(120, 130)],
      [
        [
          [0, 90],
          [
            [0, 60],
            [60, 90],
          ],
        ],
        [
          [90, 130],
          [
            [90, 120],
            [120, 130],
          ],
        ],
      ],
    ],
    [
      'in any order',
      [range(10, 20), range(0, 10)],
      [
        [
          [0, 20],
          [
            [0, 10],
            [10, 20],
          ],
        ],
      ],
    ],
    [
      'and what a row says already is only removed',
      [range(0, 30), range(0, 10), range(10, 30)],
      [
        [
          undefined,
          [
            [0, 10],
            [10, 30],
          ],
        ],
      ],
    ],
    ['but of rows that say the same none is removed', [range(0, 30), range(0, 30)], []],
  ])('are merged %s', (_, given, expected) => {
    expect(spans(given)).toEqual(expected);
  });
});
