// Serving: ClickHouse views + live counters → answers. One process of any number. Its stores may come later than it.
import { openClickHouse } from '../runtime/clickhouse.ts';
import { loadConfig } from '../runtime/config.ts';
import { listen } from '../runtime/http-server.ts';
import { openKafkaRecordLog } from '../runtime/kafka/kafka-record-log.ts';
import { openRedis } from '../runtime/redis.ts';
import { runService } from '../runtime/service.ts';
import { generationOf } from '../runtime/shared-settings.ts';
import { createServingApp } from './app.ts';
import { createBatchRunForward } from './batch-runs-forward.ts';
import { servingSettings } from './config.ts';
import { openReports } from './reports.ts';
import { openServingLayer } from './serving-layer.ts';
import { openStores } from './stores.ts';

const clock = () => Date.now();
const config = () => loadConfig(servingSettings, process.env);

await runService(
  'serving',
  () => config().logLevel,
  async (resources, log) => {
    const settings = config();
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
    log.info({ address: await listen(app, settings.host, settings.servingPort), generation: generation.id }, 'serving');
  },
);
