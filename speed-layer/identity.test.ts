import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIdentityTable } from './identity-table.ts';
import { createIdentityWindow } from './identity-window.ts';

const identity = fc.record({
  high: fc.constantFrom(0, 1, 0xffffffff, 7),
  low: fc.oneof(fc.nat(9), fc.constantFrom(0, 0xffffffff)),
});

describe('the identity table', () => {
  test('holds what was added and nothing else, like a Set of pairs', () => {
    fc.assert(
      fc.property(fc.array(identity, { maxLength: 60 }), fc.array(identity, { maxLength: 20 }), (added, asked) => {
        const table = createIdentityTable();
        for (const one of added) table.add(one);
        const set = new Set(added.map(({ high, low }) => `${high}:${low}`));
        expect(table.size).toBe(set.size);
        for (const one of asked) expect(table.has(one)).toBe(set.has(`${one.high}:${one.low}`));
      }),
    );
  });

  test('keeps everything while it grows', () => {
    const table = createIdentityTable();
    for (let i = 0; i < 50_000; i += 1) table.add({ high: i % 3, low: Math.imul(i, 2_654_435_761) >>> 0 });
    expect(table.size).toBe(50_000);
    for (let i = 0; i < 50_000; i += 1)
      expect(table.has({ high: i % 3, low: Math.imul(i, 2_654_435_761) >>> 0 })).toBe(true);
  });
});

describe('the identity window', () => {
  const one = { high: 1, low: 1 };
  const two = { high: 2, low: 2 };

  test('forgets only identities of events below the floor', () => {
    const window = createIdentityWindow(600);
    window.add(one, 1_000);
    window.add(two, 2_000);
    window.dropBelow(1_199);
    expect(window.has(one, 1_000)).toBe(true);
    window.dropBelow(1_200);
    expect([window.size, window.has(two, 2_000)]).toEqual([1, true]);
  });

  test('knows restored identities until the floor has passed the latest that they can be', async () => {
    const window = createIdentityWindow(600);
    await window.restore([one], 5_000);
    window.dropBelow(4_999);
    expect(window.has(one, 4_999)).toBe(true);
    window.dropBelow(5_000);
    expect(window.has(one, 5_000)).toBe(true);
    window.dropBelow(5_401);
    expect(window.size).toBe(0);
  });
});
