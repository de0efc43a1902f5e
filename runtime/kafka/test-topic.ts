// For integration tests: a topic of one's own on the stack, a way to write to it, and a follower that remembers.
import { randomUUID } from 'node:crypto';
import type { Admin, Kafka, Producer } from 'kafkajs';
import { inject } from 'vitest';
import { createKafkaJs } from './kafkajs-client.ts';
import type { FollowHandler, OffsetLost, RecordLog } from './record-log.ts';

export interface TestTopic extends AsyncDisposable {
  brokers: string[];
  topic: string;
  kafka: Kafka;
  admin: Admin;
  producer: Producer;
  /** Writes values to one partition. */
  write(partition: number, values: string[]): Promise<void>;
}

export function stackBrokers(): string[] {
  return inject('stack').kafkaBrokers.split(',');
}

export async function createTestTopic({
  partitions = 3,
  brokers = stackBrokers(),
  topic = `test-${randomUUID()}`,
} = {}): Promise<TestTopic> {
  const kafka = createKafkaJs({ brokers, clientId: 'test' });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] });
  const producer = kafka.producer();
  await producer.connect();
  return {
    brokers,
    topic,
    kafka,
    admin,
    producer,
    async write(partition, values) {
      await producer.send({ topic, messages: values.map((value) => ({ partition, value, key: value })) });
    },
    async [Symbol.asyncDispose]() {
      await producer.disconnect();
      await admin.disconnect();
    },
  };
}

export interface Follower extends AsyncDisposable {
  /** Next offset wanted, by partition; change it and call `wake`. */
  positions: Map<number, number>;
  /** Leader epoch of the record before each position, where it is known. */
  epochs: Map<number, number>;
  /** `p:offset=value` of each record, `p:[from,to)` of each gap, in the order they came. */
  seen: string[];
  lost: OffsetLost[];
  /** Rejects with what follow rejects with. */
  done: Promise<void>;
  abort(): void;
}

/** Follows from the given positions, checking that sets continue where the last one ended. */
export function startFollower(
  log: RecordLog,
  start: Iterable<[number, number]>,
  knownEpochs: Iterable<[number, number]> = [],
): Follower {
  const positions = new Map(start);
  const epochs = new Map(knownEpochs);
  const seen: string[] = [];
  const lost: OffsetLost[] = [];
  const ended = new AbortController();
  const handler: FollowHandler = {
    positions: () => positions,
    leaderEpoch: (partition) => epochs.get(partition),
    onRecordSet(set) {
      const { partition } = set;
      if (positions.get(partition) !== set.from) throw new Error(`set of ${partition} does not continue: ${set.from}`);
      set.walk({
        record: ({ offset, value }) => seen.push(`${partition}:${offset}=${value?.toString()}`),
        gap: (from, to) => seen.push(`${partition}:[${from},${to})`),
      });
      positions.set(partition, set.next);
      const epoch = set.leaderEpochs?.at(-1)?.epoch;
      if (epoch !== undefined) epochs.set(partition, epoch);
    },
    onOffsetLost: (each) => void lost.push(each),
  };
  const done = log.follow(handler, ended.signal);
  done.catch(() => {});
  return {
    positions,
    epochs,
    seen,
    lost,
    done,
    abort: () => ended.abort(),
    async [Symbol.asyncDispose]() {
      ended.abort();
      await done;
    },
  };
}
