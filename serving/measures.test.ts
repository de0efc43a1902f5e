// Exact numbers: integers of any size and decimals, digit by digit.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { definition } from '../schemas/definition.ts';
import { formatRatio, measureValue } from './measures.ts';

const json = (name: string, sums: Record<string, bigint>) =>
  JSON.stringify(measureValue(definition, name, new Map(Object.entries(sums))));

describe('measures', () => {
  test('integers beyond 2^53 are written exactly', () => {
    expect(json('grossMinor', { grossMinor: 2n ** 53n + 1n })).toBe('9007199254740993');
    expect(json('grossMinor', { grossMinor: -(10n ** 30n) - 1n })).toBe('-1000000000000000000000000000001');
    expect(json('orders', { orders: 7n })).toBe('7');
  });

  test('net may be negative', () => {
    expect(json('netMinor', { grossMinor: 5n, cancelledMinor: 4n, refundedMinor: 3n })).toBe('-2');
  });

  test.each([
    [1n, 3n, '0.3333'],
    [2n, 3n, '0.6667'],
    [1n, 20_000n, '0.0001'],
    [1n, 20_001n, '0.0000'],
    [-1n, 20_000n, '-0.0001'],
    [-1n, 20_001n, '0.0000'],
    [10n, 5n, '2.0000'],
    [10n ** 20n, 3n, '33333333333333333333.3333'],
  ])('%d / %d is %s', (of, by, text) => {
    expect(json('averageOrderMinor', { grossMinor: of, orders: by })).toBe(text);
  });

  test('nothing divided is null', () => {
    expect(json('averageOrderMinor', { grossMinor: 0n })).toBe('null');
  });

  test('a ratio is never further than half a unit of its last digit from the truth', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 25n), 10n ** 25n),
        fc.bigInt(1n, 10n ** 10n),
        fc.integer({ min: 0, max: 6 }),
        (of, by, decimals) => {
          const scaled = BigInt(formatRatio(of, by, decimals)!.replace('.', ''));
          const error = 2n * (scaled * by - of * 10n ** BigInt(decimals));
          expect(error <= by && error >= -by).toBe(true);
        },
      ),
    );
  });
});
