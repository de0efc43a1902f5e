// `RecordLog` over Kafka's own protocol by @platformatic/kafka: raw fetches, read committed, checksums verified.
// Needs brokers of Kafka 3.1 or later (Metadata v12, ListOffsets v7, OffsetForLeaderEpoch v4, Fetch v13).
import { followTopic } from './follow-topic.ts';
import type { FollowHandler, RecordLog } from './record-log.ts';
import { DEFAULT_MAX_INFLATED_BYTES } from './record-set.ts';
import { openTopicView } from './topic-view.ts';
import { createWakeBell } from './wake-bell.ts';

export interface KafkaRecordLogOptions {
  /** `host:port` of some brokers. */
  brokers: string[];
  clientId: string;
  topic: string;
  /** How long a leader may wait for new records before it answers with none. */
  maxWaitMs?: number;
  minBytes?: number;
  /** Bound of one answer, of one partition's part in it, and of one inflated batch. */
  maxBytes?: number;
  partitionMaxBytes?: number;
  maxInflatedBytes?: number;
  connectTimeoutMs?: number;
  /** On top of `maxWaitMs`. */
  requestTimeoutMs?: number;
  /** Told of every failed attempt; `follow` goes on by itself. Must not throw. */
  onTrouble?: (error: unknown) => void;
}

/** Reads the topic's metadata once. Rejects with `broker-unreachable`, `unknown-topic` or `request-failed`. */
export async function openKafkaRecordLog(options: KafkaRecordLogOptions): Promise<RecordLog> {
  const { brokers, clientId, topic, maxWaitMs = 250, onTrouble = () => {} } = options;
  const connection = {
    clientId,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    requestTimeoutMs: maxWaitMs + (options.requestTimeoutMs ?? 10_000),
  };
  const settings = {
    topic,
    maxWaitMs,
    minBytes: options.minBytes ?? 1,
    maxBytes: options.maxBytes ?? 16 * 1024 * 1024,
    partitionMaxBytes: options.partitionMaxBytes ?? 2 * 1024 * 1024,
    maxInflatedBytes: options.maxInflatedBytes ?? DEFAULT_MAX_INFLATED_BYTES,
    connection,
  };
  const view = await openTopicView({ brokers, topic, connection });
  const bell = createWakeBell();
  const closing = new AbortController();
  const follows = new Set<Promise<void>>();
  const troubles = new Map<string | number, string>();

  return {
    topicId: () => view.current().topicId,
    async ranges() {
      const partitions = view.current().leaders.map((_, partition) => partition);
      const ranges = await view.ranges(partitions);
      return partitions.map((partition) => ranges.get(partition)!);
    },
    findCuts: (positions) => view.cuts(positions),
    async follow(handler: FollowHandler, signal: AbortSignal) {
      const ended = AbortSignal.any([signal, closing.signal]);
      const running = followTopic({ view, settings, bell, handler, onTrouble, troubles }, ended);
      follows.add(running);
      try {
        await running;
      } finally {
        follows.delete(running);
      }
    },
    // What is wrong with the topic explains what is wrong with its parts.
    trouble: () => troubles.get('leaders') ?? troubles.values().next().value,
    wake: () => bell.ring(),
    async close() {
      closing.abort();
      await Promise.allSettled(follows);
      view.close();
    },
  };
}
