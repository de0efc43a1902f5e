// Results that never change are made once, kept within bounds, and a failure is not kept.
import { expect, test } from 'vitest';
import { createResultCache } from './result-cache.ts';

/** Of results that weigh what they say, at most 3 and 10 together; `made`: how many were made. */
function countedCache() {
  const cache = createResultCache<number>({ entries: 3, weight: 10 }, (value) => value);
  let made = 0;
  const get = (key: string, weight: number) =>
    cache.get(key, async () => {
      made += 1;
      return weight;
    });
  return { get, made: () => made };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('equal reads at one time share one promise, later ones its result', async () => {
  const cache = createResultCache<string>({ entries: 10, weight: 10 }, () => 1);
  let made = 0;
  const make = async () => `made ${(made += 1)}`;
  expect(await Promise.all([cache.get('a', make), cache.get('a', make)])).toEqual(['made 1', 'made 1']);
  expect(await cache.get('a', make)).toBe('made 1');
});

test('a failure is not kept', async () => {
  const cache = createResultCache<string>({ entries: 10, weight: 10 }, () => 1);
  await expect(cache.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await settled();
  expect(await cache.get('a', async () => 'yes')).toBe('yes');
});

test('the least recently used go first, by number and by weight', async () => {
  const { get, made } = countedCache();
  for (const key of ['a', 'b', 'c']) await get(key, 1);
  await get('a', 1);
  await get('d', 1);
  await settled();
  await get('a', 1);
  expect(made()).toBe(4);
  await get('b', 9);
  await settled();
  expect(made()).toBe(5);
  await get('d', 1);
  expect(made()).toBe(6);
});

test('one that is heavier than the bound is not kept, and pushes out no other', async () => {
  const { get, made } = countedCache();
  await get('a', 1);
  expect(await get('b', 11)).toBe(11);
  await settled();
  await get('a', 1);
  expect(made()).toBe(2);
  await get('b', 11);
  expect(made()).toBe(3);
});
