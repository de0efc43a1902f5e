import { expect, inject, test } from 'vitest';
import { createLogger } from './logger.ts';
import { openOwnRedis } from '../test/own-redis.ts';
import { until } from '../test/until.ts';
import { connectRedis, openRedis, requireNoEviction, watchEviction } from './redis.ts';

const log = createLogger('test', 'silent');

test('a Redis that would evict counters is refused, by name of its policy', async () => {
  const redis = openRedis({ redisUrl: inject('stack').redisUrl }, log);
  await connectRedis(redis);
  try {
    await expect(requireNoEviction(redis, log)).resolves.toBeUndefined();
    // Without a maxmemory this changes nothing for whoever else uses this Redis.
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(requireNoEviction(redis, log)).rejects.toThrow(/maxmemory-policy allkeys-lru, expected noeviction/);
  } finally {
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    redis.disconnect();
  }
});

test.each([
  ['while the process runs', 10, 'nothing'],
  ['on the server that is there after a reconnect', 60_000, 'reconnect'],
])('an eviction policy is noticed %s, and forgotten when it is mended', async (_, everyMs, then) => {
  await using own = await openOwnRedis();
  const redis = openRedis({ redisUrl: own.url }, log);
  await connectRedis(redis);
  const watch = watchEviction(redis, log, everyMs);
  try {
    for (const [policy, alarm] of [
      ['allkeys-lru', /maxmemory-policy allkeys-lru, expected noeviction/],
      ['noeviction', /^$/],
    ] as const) {
      await own.redis.config('SET', 'maxmemory-policy', policy);
      if (then === 'reconnect') await own.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await until(`the alarm is ${String(alarm)}`, () => alarm.test(watch.alarm() ?? ''));
    }
  } finally {
    watch.stop();
    redis.disconnect();
  }
});
