// `EventProducer` over kafkajs: one lane for each topic, each with a producer of its own. Refuses what can be refused early.
import type { Producer } from 'kafkajs';
import { KafkaError } from './errors.ts';
import type { EventProducer } from './event-producer.ts';
import { createKafkaJs, type KafkaJsOptions, RETRY } from './kafkajs-client.ts';
import { createSendLane, type SendLane, sendFault } from './send-lane.ts';
import { messageBytes } from './send-queue.ts';

export interface EventProducerOptions extends KafkaJsOptions {
  /** Bound of one send, from call or take-off. */
  sendTimeoutMs?: number;
  /** Larger messages are refused at once, so that they cannot fail the calls that share their flight. */
  maxMessageBytes?: number;
}

/** Connects first: rejects with `broker-unreachable` if no broker answers. */
export async function openEventProducer(options: EventProducerOptions): Promise<EventProducer> {
  const kafka = createKafkaJs(options);
  const { sendTimeoutMs = 15_000, maxMessageBytes = 900_000, brokers } = options;
  const lanes = new Map<string, Promise<SendLane>>();
  const admin = kafka.admin();
  let closed = false;
  try {
    await admin.connect();
  } catch (cause) {
    const address = brokers.join(',');
    const message = `cannot reach Kafka at ${address}: ${(cause as Error).message}`;
    throw new KafkaError('broker-unreachable', message, { address }, { retryable: true, cause });
  }

  /** Partition counts are fixed for a topic's life. */
  async function openLane(topic: string): Promise<SendLane> {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const partitions = topics[0]!.partitions.length;
      return createSendLane({ topic, partitions, sendTimeoutMs, connect });
    } catch (cause) {
      lanes.delete(topic);
      throw sendFault(topic, cause);
    }
  }

  async function connect(): Promise<Producer> {
    const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false, retry: RETRY });
    await producer.connect();
    return producer;
  }

  return {
    async send(topic, messages) {
      if (closed)
        throw new KafkaError('closed', 'the event producer was closed', { what: topic }, { retryable: false });
      const tooLarge = messages.find((message) => messageBytes(message) > maxMessageBytes);
      if (tooLarge) {
        const message = `a message of ${messageBytes(tooLarge)} bytes for topic ${topic}; at most ${maxMessageBytes} are allowed`;
        throw new KafkaError('send-refused', message, { topic }, { retryable: false });
      }
      if (messages.length === 0) return new Map();
      let lane = lanes.get(topic);
      if (!lane) lanes.set(topic, (lane = openLane(topic)));
      return (await lane).send(messages);
    },
    async close() {
      closed = true;
      const closings = lanes.values().map((lane) => lane.then((opened) => opened.close()));
      await Promise.allSettled(closings);
      await admin.disconnect().catch(() => {});
    },
  };
}
