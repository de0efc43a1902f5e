// A snapshot of a partition that is being written to: its open epoch and where it ends are of one moment.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { connectRedis, openRedis, type Redis } from '../runtime/redis.ts';
import { encodeCell } from '../schemas/cells.ts';
import { encodeEpochLedger, partitionKeys } from '../schemas/layout-redis.ts';
import type { LogEntry } from '../schemas/oracle.ts';
import { openRedisSnapshotSource } from './redis-snapshot-source.ts';
import { createWorld, testEvent, testGeneration } from './test-live-world.ts';

const generation = testGeneration(1);
const { rollups } = generation.definition;
const log: LogEntry[] = Array.from({ length: 20 }, (_, offset) => ({
  partition: 0,
  offset,
  timestampMs: Date.UTC(2024, 0, 1),
  event: testEvent({ orderId: `o${offset}` }),
}));
const redisPrefix = `t${randomBytes(6).toString('hex')}`;
const keys = partitionKeys(redisPrefix, generation, 0);
let redis: Redis;
beforeAll(async () => {
  redis = openRedis({ redisUrl: inject('stack').redisUrl }, createLogger('test', 'silent'));
  await connectRedis(redis);
});
afterAll(async () => {
  await redis.del(keys.state, ...keys.epoch(0));
  redis.disconnect();
});

/** What the writer's script leaves of the open epoch [0, next). */
async function store(next: number): Promise<void> {
  const { ledger, cells } = createWorld(generation, log).epoch(0, 0, next);
  const [ledgerKey, , ...cellKeys] = keys.epoch(0);
  const writing = redis.multi().hset(keys.state, { next, epoch: 0 });
  writing.hset(ledgerKey!, ...encodeEpochLedger(ledger, rollups));
  for (const [i, key] of cellKeys.entries())
    for (const [field, cell] of cells[i]!) writing.hset(key, field, encodeCell(cell));
  await writing.exec();
}

test('a flush at any moment of the reading does not tear it', async () => {
  await store(1);
  let next = 1;
  // After each command of the reader the writer flushes once more.
  const busy = new Proxy(redis, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]) => {
        const answer: unknown = await Reflect.apply(member, target, given);
        await store((next += 1));
        return answer;
      };
    },
  });
  const source = await openRedisSnapshotSource(busy, redisPrefix, generation);
  const { open, notWhole } = await source.take({ partition: 0, v: 0, find: () => undefined });
  expect(notWhole).toEqual([]);
  expect(open).toMatchObject({ from: 0, to: 1, ledger: { counted: 1 } });
});
