import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { BatchError } from './errors.ts';
import { addToLedger, coveredOffsets } from './run-ledger.ts';

const parent = {
  tidemark: [10, 5],
  counted: [7, 5],
  duplicate: [1, 0],
  rejected: [1, 0],
  gap: [1, 0],
} as unknown as BatchRun;

describe('the ledger of a run', () => {
  test('adds what the range held to what the parent knew, and sums to the tidemark', () => {
    const ledger = addToLedger(
      parent,
      [20, 5],
      [
        { events: 8, counted: 6, rejected: 1, gap: 1 },
        { events: 0, counted: 0, rejected: 0, gap: 0 },
      ],
    );
    expect(ledger).toEqual({ counted: [13, 5], duplicate: [3, 0], rejected: [2, 0], gap: [2, 0] });
  });

  test.each([
    ['an offset is missing', { events: 7, counted: 6, rejected: 1, gap: 1 }],
    ['an offset is there twice', { events: 9, counted: 6, rejected: 1, gap: 1 }],
  ])('refuses the run where %s', (_, increment) => {
    const make = () => addToLedger(parent, [20, 5], [increment, { events: 0, counted: 0, rejected: 0, gap: 0 }]);
    expect(make).toThrow(BatchError);
    expect(make).toThrow(/partition 0: the archive holds .* of the offsets 10 to 20/);
  });
});

test('overlapping ranges cover each offset once', () => {
  const range = fc.tuple(fc.nat(30), fc.nat(10)).map(([from, length]) => ({ from, to: from + length }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 8 }), fc.nat(30), fc.nat(30), (ranges, a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const offsets = Array.from({ length: to - from }, (_, i) => from + i);
      const naive = offsets.filter((offset) => ranges.some((r) => r.from <= offset && offset < r.to)).length;
      expect(
        coveredOffsets(
          ranges.toSorted((x, y) => x.from - y.from),
          from,
          to,
        ),
      ).toBe(naive);
    }),
  );
});
