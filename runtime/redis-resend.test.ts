// After a lost connection only the caller knows what to do: the connection sends nothing again by itself.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect, inject, test } from 'vitest';
import { until } from '../test/until.ts';
import { createLogger } from './logger.ts';
import { connectRedis, openRedis } from './redis.ts';

const log = createLogger('test', 'silent');

test('a command whose answer was lost with its connection fails, and is not sent again by itself', async () => {
  const redis = openRedis({ redisUrl: inject('stack').redisUrl }, log);
  const other = openRedis({ redisUrl: inject('stack').redisUrl }, log);
  await Promise.all([connectRedis(redis), connectRedis(other)]);
  const list = `t${randomBytes(6).toString('hex')}`;
  try {
    const id = await redis.client('ID');
    const back = once(redis, 'ready');
    const waiting = redis.blpop(list, 30);
    const failed = expect(waiting).rejects.toThrow();
    await until('it waits in Redis', async () => String(await other.client('LIST', 'ID', id)).includes('cmd=blpop'));
    await other.client('KILL', 'ID', id);
    await back;
    await failed;
    await other.rpush(list, 'kept');
    expect(await redis.lrange(list, 0, -1)).toEqual(['kept']);
  } finally {
    await other.del(list);
    redis.disconnect();
    other.disconnect();
  }
});
