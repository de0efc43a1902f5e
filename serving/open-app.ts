// Serving in this process: its connections, its layer and its API, not listening yet.
import type { FastifyInstance } from 'fastify';
import { openClickHouse } from '../runtime/clickhouse.ts';
import type { ConfigOf } from '../runtime/config.ts';
import { openKafkaRecordLog } from '../runtime/kafka/kafka-record-log.ts';
import type { Logger } from '../runtime/logger.ts';
import { openRedis } from '../runtime/redis.ts';
import { generationOf } from '../runtime/shared-settings.ts';
import { createServingApp } from './app.ts';
import { createBatchRunForward } from './batch-runs-forward.ts';
import type { servingSettings } from './config.ts';
import { openReports } from './reports.ts';
import { openServingLayer } from './serving-layer.ts';
import { openStores } from './stores.ts';

/** `resources` closes all of it. Its stores may come later than it. */
export async function openServingApp(
  settings: ConfigOf<typeof servingSettings>,
  resources: AsyncDisposableStack,
  log: Logger,
  clock: () => number,
): Promise<FastifyInstance> {
  const generation = generationOf(settings);
  const clickhouse = openClickHouse(settings);
  resources.defer(() => clickhouse.close());
  const redis = openRedis(settings, log);
  resources.defer(() => redis.disconnect());
  const subscriber = openRedis(settings, log);
  resources.defer(() => subscriber.disconnect());
  // They reconnect by themselves; serving is not ready before, and says so.
  for (const connection of [redis, subscriber]) void connection.connect().catch(() => undefined);

  const openLog = () =>
    openKafkaRecordLog({
      brokers: [...settings.kafkaBrokers],
      clientId: 'tidemark-serving',
      topic: settings.topic,
      onTrouble: (err) => log.warn({ err }, 'reading Kafka'),
    });
  const layer = openServingLayer({
    ...settings,
    ...(await openStores(clickhouse, redis, settings.redisPrefix, generation)),
    generation,
    subscriber,
    openLog,
    log,
    clock,
    random: Math.random,
  });
  resources.use(layer);

  const random = Math.random;
  const reports = openReports({ ...settings, ...layer, generation, clickhouse, log, clock, random });
  resources.use(reports);

  const forwardBatchRun = createBatchRunForward(settings.batchUrl);
  const app = createServingApp({ ...settings, ...layer, generation, log, clock, forwardBatchRun, reports });
  resources.defer(() => app.close());
  return app;
}
