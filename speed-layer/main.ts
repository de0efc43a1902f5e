// Speed layer: Kafka → judged, deduplicated, folded → Redis. One process of any number.
import { claimArchivedTopic } from '../runtime/archived-topic.ts';
import { ensureTables, openClickHouse } from '../runtime/clickhouse.ts';
import { loadConfig } from '../runtime/config.ts';
import { listen } from '../runtime/http-server.ts';
import { isKafkaError } from '../runtime/kafka/errors.ts';
import { joinGroup } from '../runtime/kafka/kafka-group-member.ts';
import { openKafkaRecordLog } from '../runtime/kafka/kafka-record-log.ts';
import { ensureTopics } from '../runtime/kafka/topics.ts';
import { connectRedis, openRedis, requireNoEviction, watchEviction } from '../runtime/redis.ts';
import { endProcess, runService } from '../runtime/service.ts';
import { generationOf } from '../runtime/shared-settings.ts';
import { createSpeedApp } from './app.ts';
import { speedSettings } from './config.ts';
import { openRedisCounterStore } from './redis-counter-store.ts';
import { openSpeedLayer } from './speed-layer.ts';
import { createTidemarkSource } from './tidemark-source.ts';
import { writerLimits } from './writer-limits.ts';

const clock = () => Date.now();
const config = () => loadConfig(speedSettings, process.env);

await runService(
  'speed-layer',
  () => config().logLevel,
  async (resources, log) => {
    const settings = config();
    const generation = generationOf(settings);
    const brokers = [...settings.kafkaBrokers];
    await ensureTopics({
      brokers,
      clientId: 'tidemark-speed-layer',
      topic: settings.topic,
      partitions: settings.partitions,
    });
    await ensureTables(settings, generation, clock());

    const clickhouse = openClickHouse(settings);
    resources.defer(() => clickhouse.close());
    const redis = openRedis(settings, log);
    resources.defer(() => redis.disconnect());
    const subscriber = openRedis(settings, log);
    resources.defer(() => subscriber.disconnect());
    await Promise.all([connectRedis(redis), connectRedis(subscriber)]);
    await requireNoEviction(redis, log);
    const eviction = watchEviction(redis, log);
    resources.defer(() => eviction.stop());

    const recordLog = await openKafkaRecordLog({
      brokers,
      clientId: 'tidemark-speed-layer',
      topic: settings.topic,
      onTrouble(err) {
        log.warn({ err }, 'reading Kafka');
        if (isKafkaError(err, 'topic-replaced')) endProcess(err);
      },
    });
    resources.defer(() => recordLog.close());
    await claimArchivedTopic(clickhouse, generation, recordLog.topicId(), clock());

    const speedLayer = await openSpeedLayer({
      ...settings,
      join: (handlers) =>
        joinGroup({
          ...handlers,
          brokers,
          clientId: 'tidemark-speed-layer',
          groupId: `${settings.topic}-speed-layer-${generation.id}`,
          topic: settings.topic,
          sessionTimeoutMs: settings.sessionTimeoutMs,
        }),
      generation,
      log,
      clock,
      subscriber,
      recordLog,
      store: await openRedisCounterStore({ redis, redisPrefix: settings.redisPrefix, generation, clock }),
      source: createTidemarkSource(clickhouse, generation),
      limits: { ...writerLimits, maxIdentities: settings.maxIdentities },
      storeAlarm: eviction.alarm,
    });
    resources.use(speedLayer);

    const app = createSpeedApp(speedLayer, log);
    resources.defer(() => app.close());
    log.info(
      { address: await listen(app, settings.host, settings.speedPort), generation: generation.id },
      'speed layer',
    );
  },
);
