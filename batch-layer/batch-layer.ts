// The batch layer of one process: the archiver, the runner and its schedule, put together.
import cron from 'node-cron';
import { Registry } from 'prom-client';
import { claimArchivedTopic } from '../runtime/archived-topic.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { EventProducer } from '../runtime/kafka/event-producer.ts';
import { joinGroup } from '../runtime/kafka/kafka-group-member.ts';
import type { RecordLog } from '../runtime/kafka/record-log.ts';
import { deadLetterTopicOf } from '../runtime/kafka/topics.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Redis } from '../runtime/redis.ts';
import type { Generation } from '../schemas/generation.ts';
import { countBetween } from '../schemas/offset-vector.ts';
import { type BatchApp, createBatchApp } from './app.ts';
import { createArchiveCheck } from './archive-check.ts';
import { type Archiver, openArchiver } from './archiver.ts';
import { createBatchRunner, runLimits } from './batch-runner.ts';
import { createClickHouseArchiveStore } from './clickhouse-archive-store.ts';
import { createClickHouseRunStore } from './clickhouse-run-store.ts';
import { collect } from './collector.ts';
import { createDeadLetterWriter } from './dead-letters.ts';
import { createBatchMetrics } from './metrics.ts';
import { createRedisSpeedState } from './redis-speed-state.ts';

export interface BatchLayerOptions {
  readonly generation: Generation;
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly recordLog: RecordLog;
  readonly producer: EventProducer;
  readonly clickhouse: ClickHouse;
  readonly redis: Redis;
  readonly redisPrefix: string;
  readonly operatorToken: string;
  readonly archiveIntervalMs: number;
  readonly batchMaxRunRecords: number;
  readonly collectMinutes: number;
  readonly keepViewsMinutes: number;
  readonly keepRunsDays: number;
  /** Cron expression; absent: runs on demand only. */
  readonly batchSchedule?: string;
  readonly log: Logger;
  readonly clock: () => number;
  readonly randomBits: () => number;
}

const firstCollectMs = 120_000;

export interface BatchLayer extends BatchApp {
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openBatchLayer(options: BatchLayerOptions): Promise<BatchLayer> {
  const { generation, brokers, topic, recordLog, clickhouse, log, clock } = options;
  await claimArchivedTopic(clickhouse, generation, recordLog.topicId(), clock());
  const archive = createClickHouseArchiveStore(clickhouse, generation, clock);
  const speedState = createRedisSpeedState(options.redis, options.redisPrefix, generation);
  let archiver: Archiver | undefined;
  const runs = createClickHouseRunStore(clickhouse, generation);
  const logStarts = async () => (await recordLog.ranges()).map(({ start }) => start);
  const registry = new Registry();
  const archived = async () => (await archive.archivedVector()).map((offset) => offset ?? 0);
  const metrics = createBatchMetrics(registry, {
    archive: async () =>
      countBetween(
        await archived(),
        (await recordLog.ranges()).map(({ end }) => end),
      ),
    tidemark: async () => countBetween((await runs.currentRun())?.tidemark ?? [], await archived()),
  });
  const runner = createBatchRunner({
    ...options,
    runs,
    archive,
    speedState,
    limits: { ...runLimits, maxRecords: options.batchMaxRunRecords },
    nudgeArchiver: () => archiver?.nudge(),
    checkArchive: createArchiveCheck({
      archive,
      archiveStarts: async () => (await runs.currentRun())?.starts,
      logStarts,
      resumeArchiver: () => archiver?.resume(),
      log,
    }),
  });
  const first = await runner.begin(await logStarts());
  const writeDeadLetters = createDeadLetterWriter(options.producer, topic, deadLetterTopicOf(topic));
  archiver = await openArchiver({
    generation,
    recordLog,
    archive,
    async writeDeadLetters(letters) {
      await writeDeadLetters(letters);
      metrics.deadLetters(letters);
    },
    starts: first.starts,
    join: (handlers) =>
      joinGroup({
        ...handlers,
        brokers: [...brokers],
        clientId: 'tidemark-batch-layer',
        groupId: `${topic}-archiver-${generation.archiveId}`,
        topic,
      }),
    log,
    intervalMs: options.archiveIntervalMs,
    retryMs: 1_000,
  });
  const opened = archiver;
  const batchApp = createBatchApp({ ...options, runner, registry, metrics, waitingFor: opened.waitingFor });
  const schedule =
    options.batchSchedule === undefined
      ? undefined
      : cron.schedule(options.batchSchedule, scheduledRun, { noOverlap: true });

  async function scheduledRun(): Promise<void> {
    await batchApp.makeRun().catch((err: unknown) => log.error({ err }, 'batch run failed; the current run stays'));
  }

  const keepViewsMs = options.keepViewsMinutes * 60_000;
  const keepRunsMs = options.keepRunsDays * 86_400_000;
  const collecting = setInterval(() => void collectOnce(), options.collectMinutes * 60_000);
  // Also of a process that never lives for an hour.
  const firstCollect = setTimeout(() => void collectOnce(), firstCollectMs);
  async function collectOnce(): Promise<void> {
    const collected = await collect({ clickhouse, generation, log, clock, keepViewsMs, keepRunsMs }).catch(
      (err: unknown) => log.warn({ err }, 'collecting failed; the next one finishes it'),
    );
    metrics.collected(collected ?? undefined);
  }

  return {
    ...batchApp,
    async [Symbol.asyncDispose]() {
      clearInterval(collecting);
      clearTimeout(firstCollect);
      await schedule?.destroy();
      batchApp.stop();
      await batchApp.app.close();
      await opened[Symbol.asyncDispose]();
    },
  };
}
