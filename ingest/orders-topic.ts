// The way to the topic of the orders: makes the topic and the producer as soon as Kafka is there, goes on looking, and
// tells readiness what is missing. Until then every send fails with a retryable error. A topic that was deleted and made
// anew takes nothing more: what is written there would be accepted and never counted.
import { topicMadeAnew } from '../runtime/archived-topic.ts';
import { KafkaError } from '../runtime/kafka/errors.ts';
import type { EventProducer } from '../runtime/kafka/event-producer.ts';
import type { Logger } from '../runtime/logger.ts';

export interface OrdersTopicDeps {
  /** Makes the topic or checks it: its partitions, its settings. */
  readonly ensureTopic: () => Promise<void>;
  /** Kafka's id of the topic, asked after the call. */
  readonly readTopicId: () => Promise<string>;
  /** Id of the topic that is counted; undefined where it is not known (nothing archived yet, ClickHouse away). */
  readonly archivedTopicId: () => Promise<string | undefined>;
  readonly topic: string;
  readonly openProducer: () => Promise<EventProducer>;
  readonly log: Logger;
  readonly checkEveryMs?: number;
  readonly retryEveryMs?: number;
}

export interface OrdersTopic extends EventProducer {
  /** What readiness waits for; undefined when Kafka answers and the topic is as configured. */
  readonly waitingFor: () => string | undefined;
}

/** @throws KafkaError at once where the topic is there but not as configured: no retry mends that. */
export async function openOrdersTopic(deps: OrdersTopicDeps): Promise<OrdersTopic> {
  const {
    ensureTopic,
    readTopicId,
    archivedTopicId,
    topic: name,
    openProducer,
    log,
    checkEveryMs = 15_000,
    retryEveryMs = 1_000,
  } = deps;
  let waiting: string | undefined = 'Kafka has not answered yet';
  let producer: EventProducer | undefined;
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> | undefined;
  /** Id that the topic must have: that of the archive, else the one that was found first. */
  let expected: string | undefined;
  let madeAnew: KafkaError | undefined;
  let closed = false;

  async function checkTopic(): Promise<void> {
    const found = await readTopicId();
    expected ??= found;
    madeAnew = found === expected ? undefined : topicMadeAnew(name, found, expected);
    if (madeAnew) throw madeAnew;
  }

  async function look(): Promise<void> {
    expected = (await archivedTopicId()) ?? expected;
    // Before it is made where it is missing: one that was deleted is not made anew from here.
    if (expected !== undefined) await checkTopic();
    await ensureTopic();
    await checkTopic();
    producer ??= await openProducer();
    if (waiting !== undefined) log.info('Kafka answers and the topic is as configured');
    waiting = undefined;
  }

  function check(): Promise<void> {
    clearTimeout(timer);
    checking ??= look()
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (waiting !== message) log.warn({ err: error }, 'Kafka or the topic is not ready');
        waiting = message;
      })
      .finally(() => {
        checking = undefined;
        if (!closed) timer = setTimeout(() => void check(), waiting === undefined ? checkEveryMs : retryEveryMs);
      });
    return checking;
  }

  try {
    await look();
    timer = setTimeout(() => void check(), checkEveryMs);
  } catch (error) {
    if (error instanceof KafkaError && !error.retryable) throw error;
    log.warn({ err: error }, 'Kafka is not there yet, trying again');
    timer = setTimeout(() => void check(), retryEveryMs);
  }

  return {
    // A send may have found the topic made anew before the next look does.
    waitingFor: () => madeAnew?.message ?? waiting,
    async send(topic, messages) {
      if (!producer)
        throw new KafkaError('send-unconfirmed', waiting ?? 'Kafka is away', { topic }, { retryable: true });
      if (madeAnew) throw madeAnew;
      try {
        const next = await producer.send(topic, messages);
        // Once they are in the log: if the name stands for our topic still, it is our topic that they are in.
        await checkTopic();
        return next;
      } catch (error) {
        if (!closed) void check();
        throw error;
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await checking;
      clearTimeout(timer);
      await producer?.close();
    },
  };
}
