// ingest: the door. Takes events by HTTP, judges them, and answers once Kafka has them. Keeps no state of its own.
import { randomBytes } from 'node:crypto';
import { readArchivedTopic } from '../runtime/archived-topic.ts';
import { openClickHouse } from '../runtime/clickhouse.ts';
import { loadConfig } from '../runtime/config.ts';
import { listen } from '../runtime/http-server.ts';
import { openEventProducer } from '../runtime/kafka/kafka-event-producer.ts';
import { createTopicIdReader } from '../runtime/kafka/topic-id.ts';
import { ensureTopics } from '../runtime/kafka/topics.ts';
import { runService } from '../runtime/service.ts';
import { generationOf } from '../runtime/shared-settings.ts';
import { createIngestApp } from './app.ts';
import { ingestSettings } from './config.ts';
import { openOrdersTopic } from './orders-topic.ts';

await runService(
  'ingest',
  () => loadConfig({ logLevel: ingestSettings.logLevel }, process.env).logLevel,
  async (resources, log) => {
    const config = loadConfig(ingestSettings, process.env);
    const { kafkaBrokers: brokers, topic, partitions, host, ingestPort } = config;
    const generation = generationOf(config);

    const clickhouse = openClickHouse(config);
    resources.defer(() => clickhouse.close());
    const topicId = createTopicIdReader({ brokers: [...brokers], clientId: 'tidemark-ingest', topic });
    resources.defer(() => topicId.close());
    const orders = await openOrdersTopic({
      ensureTopic: () => ensureTopics({ brokers: [...brokers], clientId: 'tidemark-ingest', topic, partitions }),
      readTopicId: () => topicId.read(),
      // Asked beside the flow: without ClickHouse the topic that is found first is the one.
      archivedTopicId: () => readArchivedTopic(clickhouse, generation, { timeoutMs: 2_000 }).catch(() => undefined),
      topic,
      openProducer: () => openEventProducer({ brokers: [...brokers], clientId: 'tidemark-ingest' }),
      log,
    });
    resources.defer(() => orders.close());

    const app = createIngestApp(
      { producer: orders, generation, waitingFor: orders.waitingFor, now: Date.now, randomBytes, log },
      { maxRequests: config.ingestMaxRequests, idleMs: config.ingestIdleSeconds * 1_000 },
    );
    resources.defer(() => app.close());
    const address = await listen(app, host, ingestPort);
    log.info({ address, topic, partitions, generation: generation.id }, 'ready for events');
  },
);
