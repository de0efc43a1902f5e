// The simulation's topic and Redis are held to the contracts of the real ones.
import { randomBytes } from 'node:crypto';
import { afterAll, expect, inject, test } from 'vitest';
import { createRedisSpeedState } from '../../batch-layer/redis-speed-state.ts';
import type { SpeedState } from '../../batch-layer/speed-state.ts';
import { openKafkaRecordLog } from '../../runtime/kafka/kafka-record-log.ts';
import { describeRecordLog } from '../../runtime/kafka/record-log.contract.ts';
import { createTestTopic } from '../../runtime/kafka/test-topic.ts';
import { createLogger } from '../../runtime/logger.ts';
import { connectRedis, openRedis } from '../../runtime/redis.ts';
import { createGeneration } from '../../schemas/generation.ts';
import { openRedisSnapshotSource } from '../../serving/redis-snapshot-source.ts';
import type { SnapshotSource } from '../../serving/snapshot-source.ts';
import { flushOf } from '../../speed-layer/counter-store.contract.ts';
import type { CounterStore } from '../../speed-layer/counter-store.ts';
import { openRedisCounterStore } from '../../speed-layer/redis-counter-store.ts';
import { type Command, createMemoryRedis } from './memory-redis.ts';
import { createMemoryTopic, openMemoryRecordLog } from './memory-topic.ts';

describeRecordLog("the simulation's topic", async () => {
  const topic = createMemoryTopic([0, 0]);
  const log = openMemoryRecordLog(topic, {
    request: async (_what, effect) => effect(),
    fetchSize: () => 2,
    retryMs: () => 10,
  });
  return {
    log,
    async write(partition, values) {
      for (const value of values) topic.append(partition, { timestampMs: 1, key: null, value: Buffer.from(value) });
    },
    [Symbol.asyncDispose]: () => log.close(),
  };
});

describeRecordLog('Kafka', async () => {
  const topic = await createTestTopic({ partitions: 2 });
  const log = await openKafkaRecordLog({ brokers: topic.brokers, clientId: 'test', topic: topic.topic });
  return {
    log,
    write: (partition, values) => topic.write(partition, values),
    async [Symbol.asyncDispose]() {
      await log.close();
      await topic[Symbol.asyncDispose]();
    },
  };
});

const hashKey = '00112233445566778899aabbccddeeff';
const generation = createGeneration({ topic: 'orders', partitions: 2, horizonMs: 60_000, hashKey });
const redis = openRedis({ redisUrl: inject('stack').redisUrl }, createLogger('test', 'silent'));
await connectRedis(redis);
afterAll(() => redis.disconnect());

interface Subject {
  readonly store: CounterStore;
  readonly speedState: SpeedState;
  readonly snapshots: SnapshotSource;
}

async function onRedis(): Promise<Subject> {
  const redisPrefix = `t${randomBytes(6).toString('hex')}`;
  return {
    store: await openRedisCounterStore({ redis, redisPrefix, generation, clock: () => 123 }),
    speedState: createRedisSpeedState(redis, redisPrefix, generation),
    snapshots: await openRedisSnapshotSource(redis, redisPrefix, generation),
  };
}

function inMemory(): Subject {
  const command: Command = async (_what, effect) => effect();
  const memory = createMemoryRedis(generation, 'memory', () => 123);
  return {
    store: memory.counterStore(command),
    speedState: memory.speedState(command),
    snapshots: memory.snapshots(command),
  };
}

/** What batch and serving read after each of these writes. */
async function play({ store, speedState, snapshots }: Subject): Promise<unknown[]> {
  const said: unknown[] = [];
  const of = (epoch: number, from: number, next: number, close = false) =>
    flushOf(generation, epoch, from, next, { close });
  const writes = [
    () => store.reset(0, undefined, 4, 7),
    () => store.flush(0, of(4, 4, 9)),
    () => store.flush(0, of(4, 9, 10, true)),
    () => store.flush(0, of(10, 10, 12, true)),
    () => store.flush(0, of(12, 12, 15)),
    () => store.collect(0, 10),
    () => store.reset(0, { next: 15, epoch: 12 }, 12, 8),
  ];
  for (const write of writes) {
    said.push(await write(), await speedState.positions(), await snapshots.stands());
    for (const v of [undefined, 4, 10]) said.push(await snapshots.take({ partition: 0, v, find: () => undefined }));
    for (const [from, to] of [
      [4, 10],
      [4, 12],
      [10, 12],
      [12, 15],
    ] as const)
      said.push(await speedState.epochs(0, from, to));
  }
  return said;
}

test("what batch and serving read of the simulation's Redis is what they read of the real one", async () => {
  const real = await play(await onRedis());
  expect(await play(inMemory())).toEqual(real);
  expect(real).toContainEqual([
    expect.objectContaining({ from: 4, to: 10 }),
    expect.objectContaining({ from: 10, to: 12 }),
  ]);
});
