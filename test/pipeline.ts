// A whole pipeline of its own on the given stack: own topic, Redis prefix and database, layers in this process.
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { type BatchLayer, openBatchLayer } from '../batch-layer/batch-layer.ts';
import { type ClickHouse, ensureTables, openClickHouse } from '../runtime/clickhouse.ts';
import type { EventProducer } from '../runtime/kafka/event-producer.ts';
import { openEventProducer } from '../runtime/kafka/kafka-event-producer.ts';
import { joinGroup } from '../runtime/kafka/kafka-group-member.ts';
import { openKafkaRecordLog } from '../runtime/kafka/kafka-record-log.ts';
import { ensureTopics } from '../runtime/kafka/topics.ts';
import { createLogger, type Logger } from '../runtime/logger.ts';
import { connectRedis, openRedis, type Redis } from '../runtime/redis.ts';
import { generationOf } from '../runtime/shared-settings.ts';
import { encodeEvent } from '../schemas/codec.ts';
import type { Generation } from '../schemas/generation.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { createServingApp } from '../serving/app.ts';
import { createBatchRunForward } from '../serving/batch-runs-forward.ts';
import { openReports } from '../serving/reports.ts';
import { openServingLayer, type ServingLayer } from '../serving/serving-layer.ts';
import { openStores } from '../serving/stores.ts';
import { until } from './until.ts';
import { openRedisCounterStore } from '../speed-layer/redis-counter-store.ts';
import { openSpeedLayer, type SpeedLayer } from '../speed-layer/speed-layer.ts';
import { createTidemarkSource } from '../speed-layer/tidemark-source.ts';
import { writerLimits } from '../speed-layer/writer-limits.ts';

interface StackUrls {
  readonly kafkaBrokers: string;
  readonly redisUrl: string;
  readonly clickhouseUrl: string;
}

export interface PipelineOptions {
  readonly stack: StackUrls;
  readonly partitions?: number;
  readonly horizonMinutes?: number;
  readonly maxEpochRecords?: number;
  readonly batchMaxRunRecords?: number;
  readonly dashboardFolder?: string;
  /** Without it serving has no reports. */
  readonly reportsDir?: string;
}

export type { SpeedLayer } from '../speed-layer/speed-layer.ts';

export interface TestServing extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly layer: ServingLayer;
}

export interface Pipeline {
  readonly generation: Generation;
  readonly topic: string;
  readonly redisPrefix: string;
  readonly brokers: string[];
  readonly settings: ReturnType<typeof settingsOf>;
  readonly batch: BatchLayer;
  readonly redis: Redis;
  readonly clickhouse: ClickHouse;
  readonly producer: EventProducer;
  readonly log: Logger;
  openSpeed(): Promise<SpeedLayer>;
  /** `clock`: what queries take for now. */
  openServing(clock?: () => number): Promise<TestServing>;
  /** Writes events as ingest does; resolves with the next offsets by partition, for partitions written. */
  produce(events: readonly OrderEvent[]): Promise<Map<number, number>>;
  [Symbol.asyncDispose](): Promise<void>;
}

function settingsOf({ stack, partitions = 3, horizonMinutes = 60 }: PipelineOptions) {
  const name = `t${randomBytes(5).toString('hex')}`;
  return {
    topic: `orders-${name}`,
    partitions,
    horizonMinutes,
    hashKey: randomBytes(16).toString('hex'),
    kafkaBrokers: [stack.kafkaBrokers],
    redisUrl: stack.redisUrl,
    redisPrefix: name,
    clickhouseUrl: stack.clickhouseUrl,
    clickhouseUser: 'default',
    clickhousePassword: '',
    clickhouseDatabase: name,
    operatorToken: 'operator-token-of-tests',
  };
}

const clock = () => Date.now();

export async function openPipeline(options: PipelineOptions): Promise<Pipeline> {
  const settings = settingsOf(options);
  const { topic, redisPrefix, partitions } = settings;
  const brokers = [...settings.kafkaBrokers];
  const generation = generationOf(settings);
  const log = createLogger('test', process.env['TIDEMARK_LOG_LEVEL'] ?? 'silent');
  const resources = new AsyncDisposableStack();
  await ensureTopics({ brokers, clientId: 'test', topic, partitions });
  await ensureTables(settings, generation, clock());
  const clickhouse = openClickHouse(settings);
  resources.defer(() => clickhouse.close());
  resources.defer(() => clickhouse.command(`DROP DATABASE IF EXISTS ${settings.clickhouseDatabase}`));
  const redis = openRedis(settings, log);
  resources.defer(() => redis.disconnect());
  await connectRedis(redis);
  const producer = await openEventProducer({ brokers, clientId: 'test' });
  resources.defer(() => producer.close());
  const recordLog = await openKafkaRecordLog({ brokers, clientId: 'test-batch', topic });
  resources.defer(() => recordLog.close());
  const randomBits = () => randomBytes(4).readUInt32BE();
  const batch = resources.use(
    await openBatchLayer({
      ...settings,
      brokers,
      generation,
      recordLog,
      producer,
      clickhouse,
      redis,
      log,
      clock,
      randomBits,
      archiveIntervalMs: 100,
      batchMaxRunRecords: options.batchMaxRunRecords ?? 2_000_000,
      collectMinutes: 60,
      keepViewsMinutes: 60,
      keepRunsDays: 30,
    }),
  );

  return {
    generation,
    topic,
    redisPrefix,
    brokers,
    settings,
    batch,
    redis,
    clickhouse,
    producer,
    log,
    async openSpeed() {
      const own = new AsyncDisposableStack();
      const speedRedis = openRedis(settings, log);
      own.defer(() => speedRedis.disconnect());
      const subscriber = openRedis(settings, log);
      own.defer(() => subscriber.disconnect());
      await Promise.all([connectRedis(speedRedis), connectRedis(subscriber)]);
      const speedLog = await openKafkaRecordLog({ brokers, clientId: 'test-speed', topic });
      own.defer(() => speedLog.close());
      const speed = await openSpeedLayer({
        join: (handlers) =>
          joinGroup({
            ...handlers,
            brokers,
            clientId: 'test-speed',
            groupId: `${topic}-speed-layer-${generation.id}`,
            topic,
            sessionTimeoutMs: 6_000,
          }),
        redisPrefix,
        generation,
        log,
        clock,
        subscriber,
        recordLog: speedLog,
        flushIntervalMs: 20,
        store: await openRedisCounterStore({ redis: speedRedis, redisPrefix, generation, clock }),
        source: createTidemarkSource(clickhouse, generation),
        limits: {
          ...writerLimits,
          retryMs: 50,
          ...(options.maxEpochRecords === undefined ? {} : { maxEpochRecords: options.maxEpochRecords }),
        },
      });
      const close = speed[Symbol.asyncDispose].bind(speed);
      return Object.assign(speed, {
        [Symbol.asyncDispose]: async () => {
          await close();
          await own.disposeAsync();
        },
      });
    },
    async openServing(queryClock = clock) {
      const own = new AsyncDisposableStack();
      const servingRedis = openRedis(settings, log);
      own.defer(() => servingRedis.disconnect());
      const subscriber = openRedis(settings, log);
      own.defer(() => subscriber.disconnect());
      await Promise.all([connectRedis(servingRedis), connectRedis(subscriber)]);
      const openLog = () => openKafkaRecordLog({ brokers, clientId: 'test-serving', topic });
      const layer = openServingLayer({
        ...(await openStores(clickhouse, servingRedis, redisPrefix, generation)),
        generation,
        redisPrefix,
        subscriber,
        openLog,
        log,
        clock,
        random: Math.random,
      });
      own.use(layer);
      const forwardBatchRun = createBatchRunForward('http://127.0.0.1:9');
      const { reportsDir } = options;
      const shared = { ...settings, ...layer, generation, log, clock: queryClock, atLeastTimeoutMs: 20_000 };
      const reports =
        reportsDir === undefined
          ? {}
          : { reports: own.use(openReports({ ...shared, clickhouse, reportsDir, random: Math.random })) };
      const app = createServingApp({
        ...shared,
        ...reports,
        forwardBatchRun,
        servingMaxStreams: 100,
        ...(options.dashboardFolder === undefined ? {} : { dashboardFolder: options.dashboardFolder }),
      });
      own.defer(() => app.close());
      await until('serving is ready', () => layer.pipeline.waitingFor() === undefined);
      return { app, layer, [Symbol.asyncDispose]: () => own.disposeAsync() };
    },
    produce: (events) =>
      producer.send(
        topic,
        events.map((event) => ({ key: event.orderId, value: encodeEvent(event) })),
      ),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
