// Sends to one topic by kafkajs's idempotent producer, which is sound only under two rules that this file keeps:
// 1. One send at a time: kafkajs gives the sequence numbers of a failed send back, and a send waiting behind it would
//    take them, so that the broker acknowledges it as a copy and never stores it. (Waiting calls share the next send.)
// 2. After a failed send the producer is thrown away, for the same reason; a new one has a new producer id.
import type { Producer } from 'kafkajs';
import { KafkaError } from './errors.ts';
import type { OutgoingMessage } from './event-producer.ts';
import { partitionOf } from '../../schemas/murmur2.ts';
import { createSendQueue, type Flight, landFlight } from './send-queue.ts';

export interface SendLane {
  send(messages: readonly OutgoingMessage[]): Promise<Map<number, number>>;
  /** Sends what is queued first. */
  close(): Promise<void>;
}

export interface SendLaneOptions {
  topic: string;
  partitions: number;
  sendTimeoutMs: number;
  connect: () => Promise<Producer>;
}

const LIMITS = { partitionBytes: 512 * 1024, totalBytes: 8 * 1024 * 1024 };

export function createSendLane({ topic, partitions, sendTimeoutMs, connect }: SendLaneOptions): SendLane {
  const queue = createSendQueue(LIMITS);
  let producer: Promise<Producer> | null = null;
  let flying: Promise<void> | null = null;

  async function flyAll(): Promise<void> {
    await Promise.resolve(); // calls of one turn share a flight
    for (;;) {
      for (const late of queue.dropLate(performance.now())) {
        late.reject(sendFault(topic, new Error(`not sent within ${sendTimeoutMs} ms: earlier sends took too long`)));
      }
      const flight = queue.take();
      if (!flight) {
        flying = null; // at once: a call that was just told its offsets may send again before this promise settles
        return;
      }
      try {
        landFlight(flight, await withinTime(fly(flight), sendTimeoutMs));
      } catch (cause) {
        discardProducer();
        const owners = new Set(flight.owners);
        queue.drop(owners);
        for (const owner of owners) owner.reject(sendFault(topic, cause));
      }
    }
  }

  /** Base offset by partition. */
  async function fly({ messages }: Flight): Promise<Map<number, number>> {
    const live = await (producer ??= connect());
    const sent = await live.send({ topic, acks: -1, timeout: sendTimeoutMs, messages });
    const baseOffsets = new Map(sent.map((each) => [each.partition, Number(each.baseOffset ?? -1)]));
    // If leadership moves between kafkajs's own attempts, it can forget a partition and still report success.
    for (const { partition } of messages) {
      if ((baseOffsets.get(partition) ?? -1) < 0) throw new Error(`partition ${partition} was not acknowledged`);
    }
    return baseOffsets;
  }

  function discardProducer(): void {
    producer?.then((old) => old.disconnect()).catch(() => {});
    producer = null;
  }

  return {
    send(messages) {
      const placed = messages.map((message) => ({ ...message, partition: partitionOf(message.key, partitions) }));
      const deadlineMs = performance.now() + sendTimeoutMs;
      const answer = new Promise<Map<number, number>>((resolve, reject) => {
        queue.add({ messages: placed, deadlineMs, landed: 0, next: new Map(), resolve, reject });
      });
      flying ??= flyAll();
      return answer;
    },
    async close() {
      await flying;
      await producer?.then((live) => live.disconnect()).catch(() => {});
    },
  };
}

/** Protocol errors that sending again cannot cure. Anything else may have been stored or may succeed later. */
const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
]);

export function sendFault(topic: string, cause: unknown): KafkaError {
  for (let each = cause as (Error & { type?: string }) | undefined; each; each = each.cause as typeof each) {
    if (each.type === undefined || !REFUSALS.has(each.type)) continue;
    const message = `Kafka refuses messages for topic ${topic}: ${each.type}`;
    return new KafkaError('send-refused', message, { topic }, { retryable: false, cause });
  }
  const message = `messages for topic ${topic} are unconfirmed: ${(cause as Error).message}`;
  return new KafkaError('send-unconfirmed', message, { topic }, { retryable: true, cause });
}

async function withinTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
