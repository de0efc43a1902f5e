import { expect, inject, test } from 'vitest';
import { createLogger } from './logger.ts';
import { connectRedis, openRedis, requireNoEviction } from './redis.ts';

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
