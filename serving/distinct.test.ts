// The set of hashes behind a distinct count: a function of the set alone, exact up to 4,096, beyond within its error.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHashKey } from '../schemas/identity.ts';
import { pseudonymOf } from '../schemas/pseudonym.ts';
import { DistinctSet, exactUpTo, registerCount, standardError } from './distinct.ts';

const key = parseHashKey('000102030405060708090a0b0c0d0e0f');
const hashes = Array.from({ length: 6_000 }, (_, i) => pseudonymOf(`customer ${i}`, key));

/** In which part, of up to seven, each hash is; some in several. */
function build(list: readonly string[], parts: readonly number[], order: readonly number[]): DistinctSet {
  const sets = Array.from({ length: 7 }, () => new DistinctSet());
  for (const [i, hash] of list.entries()) sets[parts[i % parts.length]! % 7]!.addHex(hash);
  for (const [i, hash] of list.entries()) if (i % 5 === 0) sets[(i * parts[0]!) % 7]!.addHex(hash);
  const all = new DistinctSet();
  for (const at of order) all.addAll(sets[at]!);
  return all;
}

const anyOrder = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 });
const anyParts = fc.array(fc.nat(6), { minLength: 5, maxLength: 40 });

describe('a distinct count', () => {
  test('of a few hashes is that of a plain set, whatever the parts, their order and copies', () => {
    const hash = fc.oneof(
      fc.constantFrom('0000000000000000', '0000000000000001', '0000000100000000', 'ffffffffffffffff'),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => n.toString(16).padStart(16, '0')),
    );
    fc.assert(
      fc.property(fc.array(hash, { maxLength: 200 }), anyParts, anyOrder, (list, parts, order) => {
        const set = build(list, parts, order);
        expect(set.count()).toBe(BigInt(new Set(list).size));
        expect(set.bytes()).toBe(8 * new Set(list).size);
        expect(DistinctSet.ofHex(list.join('')).count()).toBe(set.count());
      }),
    );
  });

  test('around 4,096 is exact up to it and above it beyond, whatever the parts and their order', () => {
    fc.assert(
      fc.property(fc.constantFrom(4_095, 4_096, 4_097, 4_100, 6_000), anyParts, anyOrder, (size, parts, order) => {
        const list = hashes.slice(0, size);
        const count = build(list, parts, order).count();
        expect(count).toBe(DistinctSet.ofHex(list.join('')).count());
        if (size <= exactUpTo) expect(count).toBe(BigInt(size));
        else expect(count).toBeGreaterThan(BigInt(exactUpTo));
        expect(Math.abs(Number(count) / size - 1)).toBeLessThan(3 * standardError);
      }),
      { numRuns: 40 },
    );
  });

  test('adding all of another set is a union: in either order, bracketed either way, twice as once', () => {
    const part = fc
      .tuple(fc.nat(5_999), fc.constantFrom(0, 1, 50, 4_000, 4_200))
      .map(([from, n]) => Array.from({ length: n }, (_, i) => hashes[(from + i) % hashes.length]!));
    const setOf = (list: readonly string[]) => DistinctSet.ofHex(list.join(''));
    const union = (...sets: readonly DistinctSet[]) => {
      const all = new DistinctSet();
      for (const set of sets) all.addAll(set);
      return all;
    };
    fc.assert(
      fc.property(part, part, part, (a, b, c) => {
        const [A, B, C] = [setOf(a), setOf(b), setOf(c)];
        const expected = setOf([...new Set([...a, ...b, ...c])]).count();
        const counts = [A, B, C].map((set) => set.count());
        expect(union(A, union(B, C)).count()).toBe(expected);
        expect(union(union(C, B), A).count()).toBe(expected);
        expect(union(A, B, C, A, B, C).count()).toBe(expected);
        // What was added stays as it was, although memory is shared.
        expect([A, B, C].map((set) => set.count())).toEqual(counts);
      }),
      { numRuns: 60 },
    );
  });

  test('never falls as hashes are added, and neither does its weight', () => {
    const set = new DistinctSet();
    let [count, bytes] = [0n, 0];
    for (const hash of hashes) {
      set.addHex(hash);
      expect(set.count() >= count && set.bytes() >= bytes).toBe(true);
      [count, bytes] = [set.count(), set.bytes()];
    }
    expect(bytes).toBe(registerCount);
  });

  test.each([5_000, 50_000, 1_000_000])('of %d different hashes is right within three standard errors', (size) => {
    // A seeded generator (xorshift128+ by Vigna) stands for the hash: SipHash of a million texts takes a while.
    let [a, b] = [0x0123456789abcdefn, BigInt(size) * 0x9e3779b97f4a7c15n];
    const mask = 2n ** 64n - 1n;
    const set = new DistinctSet();
    for (let i = 0; i < size; i += 1) {
      let x = a;
      const y = b & mask;
      a = y;
      x ^= (x << 23n) & mask;
      b = x ^ y ^ (x >> 17n) ^ (y >> 26n);
      const hash = (b + y) & mask;
      set.add(Number(hash >> 32n), Number(hash & 0xffff_ffffn));
    }
    expect(Math.abs(Number(set.count()) / size - 1)).toBeLessThan(3 * standardError);
  });

  test('text that is no set is refused', () => {
    for (const text of ['0', '00000000000000zz', '00000000']) expect(() => DistinctSet.ofHex(text)).toThrow(RangeError);
    expect(() => DistinctSet.ofRegisters('0'.repeat(registerCount - 1))).toThrow(RangeError);
    expect(() => DistinctSet.ofRegisters('d'.repeat(registerCount))).toThrow(RangeError);
  });
});
