// Connections to Redis. Nothing is resent by itself: after a lost connection the outcome of a script is unknown, and
// only the caller knows that it must read its state again.
import { Redis } from 'ioredis';
import { ConfigError } from './config.ts';
import type { Logger } from './logger.ts';

export type { Redis } from 'ioredis';

export interface RedisOptions {
  readonly redisUrl: string;
  readonly commandTimeoutMs?: number;
}

/** What is needed of a connection that listens to messages. */
export interface Subscriber {
  readonly status: string;
  on(event: 'message', listener: (channel: string, text: string) => void): unknown;
  on(event: 'ready' | 'close', listener: () => void): unknown;
  off(event: 'message', listener: (channel: string, text: string) => void): unknown;
  off(event: 'ready' | 'close', listener: () => void): unknown;
  subscribe(...channels: string[]): Promise<unknown>;
}

/** Opens a connection; it reconnects by itself for ever, commands fail at once while it is away. */
export function openRedis(options: RedisOptions, log: Logger): Redis {
  const redis = new Redis(options.redisUrl, {
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: options.commandTimeoutMs ?? 5_000,
    connectTimeout: 5_000,
    lazyConnect: true,
    // After a fail-over the old master is a replica; its name may lead to the new one by now. The command is not resent.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000) * (0.5 + Math.random() / 2),
  });
  let said = false;
  redis.on('error', (err: Error) => {
    if (!said) log.warn({ err }, 'Redis is away');
    said = true;
  });
  redis.on('ready', () => {
    if (said) log.info('Redis is back');
    said = false;
  });
  return redis;
}

/** Connects and waits until commands are taken; bounded. */
export async function connectRedis(redis: Redis, timeoutMs = 30_000): Promise<void> {
  await redis.connect().catch(() => undefined);
  if (redis.status === 'ready') return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`Redis did not answer within ${timeoutMs} ms`)), timeoutMs);
  redis.once('ready', resolve);
  await promise.finally(() => {
    clearTimeout(timer);
    redis.off('ready', resolve);
  });
}

/**
 * Refuses a Redis that would drop counters by itself when its memory is full; one that does not tell is taken at its word.
 * @throws ConfigError
 */
export async function requireNoEviction(redis: Redis, log: Logger): Promise<void> {
  try {
    const policy = await readPolicy(redis);
    if (policy !== 'noeviction') throw new ConfigError([`Redis at TIDEMARK_REDIS_URL ${evicts(policy)}`]);
  } catch (err) {
    if (err instanceof ConfigError) throw err;
    log.warn({ err }, 'Redis does not tell its maxmemory-policy; it must be noeviction');
  }
}

export interface EvictionWatch {
  /** Why this Redis cannot be trusted to keep counters; undefined where it can. */
  alarm(): string | undefined;
  stop(): void;
}

/**
 * Looks again while the process runs, and after each reconnect: the setting can change, another server can take over.
 * Counters that were dropped are found missing, so the process goes on, and says so.
 */
export function watchEviction(redis: Redis, log: Logger, everyMs = 5_000): EvictionWatch {
  let alarm: string | undefined;
  async function look(): Promise<void> {
    if (redis.status !== 'ready') return;
    const policy = await readPolicy(redis);
    const now = policy === 'noeviction' ? undefined : `Redis ${evicts(policy)}`;
    if (now !== undefined && now !== alarm) log.error(now);
    alarm = now;
  }
  // What does not tell was warned of at the start; what does not answer is said by whoever needs it.
  const lookNow = () => void look().catch(() => undefined);
  redis.on('ready', lookNow);
  const timer = setInterval(lookNow, everyMs);
  return {
    alarm: () => alarm,
    stop() {
      clearInterval(timer);
      redis.off('ready', lookNow);
    },
  };
}

/** By INFO: hosted ones often refuse CONFIG. */
async function readPolicy(redis: Redis): Promise<string> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
  if (policy === undefined) throw new Error('INFO memory has no maxmemory_policy');
  return policy;
}

function evicts(policy: string): string {
  return `has maxmemory-policy ${policy}, expected noeviction: it would drop counters`;
}
