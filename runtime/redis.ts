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
  let policy: string | undefined;
  try {
    const answer: unknown = await redis.config('GET', 'maxmemory-policy');
    policy = Array.isArray(answer) ? String(answer[1]) : undefined;
  } catch (err) {
    log.warn({ err }, 'Redis does not tell its maxmemory-policy; it must be noeviction');
    return;
  }
  if (policy === 'noeviction') return;
  throw new ConfigError([
    `Redis at TIDEMARK_REDIS_URL has maxmemory-policy ${policy}, expected noeviction: it would drop counters`,
  ]);
}
