// ingest: the door. Takes events by HTTP, judges them, and answers once Kafka has them. Keeps no state of its own.
import { randomBytes } from 'node:crypto';
import { loadConfig } from '../runtime/config.ts';
import { listen } from '../runtime/http-server.ts';
import { openEventProducer } from '../runtime/kafka/kafka-event-producer.ts';
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

    const orders = await openOrdersTopic({
      ensureTopic: () => ensureTopics({ brokers: [...brokers], clientId: 'tidemark-ingest', topic, partitions }),
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
