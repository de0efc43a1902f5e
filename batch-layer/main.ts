// Batch layer: Kafka → archive in ClickHouse → exact views, once a minute or on demand.
import { randomBytes } from 'node:crypto';
import { ensureTables, openClickHouse } from '../runtime/clickhouse.ts';
import { loadConfig } from '../runtime/config.ts';
import { listen } from '../runtime/http-server.ts';
import { openEventProducer } from '../runtime/kafka/kafka-event-producer.ts';
import { isKafkaError } from '../runtime/kafka/errors.ts';
import { openKafkaRecordLog } from '../runtime/kafka/kafka-record-log.ts';
import { ensureTopics } from '../runtime/kafka/topics.ts';
import { connectRedis, openRedis } from '../runtime/redis.ts';
import { endProcess, runService } from '../runtime/service.ts';
import { generationOf } from '../runtime/shared-settings.ts';
import { openBatchLayer } from './batch-layer.ts';
import { batchSettings } from './config.ts';

const clock = () => Date.now();
const randomBits = () => randomBytes(4).readUInt32BE();
const config = () => loadConfig(batchSettings, process.env);
const clientId = 'tidemark-batch-layer';

await runService(
  'batch-layer',
  () => config().logLevel,
  async (resources, log) => {
    const settings = config();
    const generation = generationOf(settings);
    const brokers = [...settings.kafkaBrokers];
    await ensureTopics({ brokers, clientId, topic: settings.topic, partitions: settings.partitions });
    await ensureTables(settings, generation, clock());

    const clickhouse = openClickHouse(settings);
    resources.defer(() => clickhouse.close());
    const redis = openRedis(settings, log);
    resources.defer(() => redis.disconnect());
    await connectRedis(redis);
    const producer = await openEventProducer({ brokers, clientId });
    resources.defer(() => producer.close());
    const recordLog = await openKafkaRecordLog({
      brokers,
      clientId,
      topic: settings.topic,
      onTrouble(err) {
        log.warn({ err }, 'reading Kafka');
        if (isKafkaError(err, 'topic-replaced')) endProcess(err);
      },
    });
    resources.defer(() => recordLog.close());

    const batchLayer = await openBatchLayer({
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
    });
    resources.use(batchLayer);
    log.info(
      { address: await listen(batchLayer.app, settings.host, settings.batchPort), generation: generation.id },
      'batch layer',
    );
  },
);
