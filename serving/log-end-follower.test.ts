// What serving says of the log's ends: unknown while Kafka is away, and loud where the log lost what is counted.
import { expect, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { until } from '../test/until.ts';
import { startLogEndFollower } from './log-end-follower.ts';

const log = createLogger('test', 'silent');

function follow(end: number, vector: number[]) {
  const openLog = async () => ({ ranges: async () => [{ start: 0, end }], close: async () => undefined });
  return startLogEndFollower({ openLog, vector: () => vector, log, clock: () => 5_000 });
}

test('tells how far the log is ahead of what is counted', async () => {
  await using follower = follow(9, [5]);
  await until('the ends are read', () => follower.ends() !== undefined);
  expect(follower.lagOf([5])).toMatchObject({ records: 4 });
  expect(follower.notes()).toEqual([]);
});

test('a log that ends below what is counted is said, and no lag is made up', async () => {
  await using follower = follow(3, [5]);
  await until('the ends are read', () => follower.ends() !== undefined);
  expect(follower.notes()).toEqual([
    'partition 0: the log ends at 3, below 5 that is counted: it lost records or was made anew',
  ]);
  expect(follower.lagOf([5])).toBeUndefined();
});

test('while Kafka is away the lag is unknown, and said to be', async () => {
  const openLog = () => Promise.reject(new Error('away'));
  await using follower = startLogEndFollower({ openLog, vector: () => [5], log, clock: () => 5_000 });
  expect(follower.lagOf([5])).toBeUndefined();
  expect(follower.notes()).toEqual([expect.stringMatching(/^lag unknown since 1970-01-01T00:00:05.000Z/)]);
});
