// A Redis of the test's own, for what would disturb the others that share one: wipes, limits, restarts, roles.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../runtime/logger.ts';
import { connectRedis, openRedis, type Redis } from '../runtime/redis.ts';
import { openMember } from '../stack/member.ts';
import { chooseFreePorts } from '../stack/ports.ts';
import { redisSpec } from '../stack/redis.ts';

export interface OwnRedis extends AsyncDisposable {
  readonly url: string;
  /** A connection for the test itself. */
  readonly redis: Redis;
  /** Ends it, until it is started again on the same port, without its data. */
  stop(): Promise<void>;
  startEmpty(): Promise<void>;
}

export async function openOwnRedis(): Promise<OwnRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-redis-'));
  const [port] = (await chooseFreePorts(1)) as [number];
  const toolsDir = new URL('../.tidemark/tools', import.meta.url).pathname;
  let starts = 0;
  const start = () => {
    starts += 1;
    return openMember(
      redisSpec({ dataDir: join(folder, `data-${starts}`), port, logFile: join(folder, 'log'), toolsDir }),
    );
  };
  let member = await start();
  const url = `redis://127.0.0.1:${port}`;
  const redis = openRedis({ redisUrl: url }, createLogger('test', 'silent'));
  await connectRedis(redis);
  return {
    url,
    redis,
    stop: () => member.close(),
    async startEmpty() {
      member = await start();
      await connectRedis(redis);
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await member.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
