// Makes the topics that the pipeline needs, and refuses existing ones on which its promises would not hold.
import kafkajs, { type Admin } from 'kafkajs';
import { createBackoff } from './backoff.ts';
import { KafkaError } from './errors.ts';
import { createKafkaJs, type KafkaJsOptions } from './kafkajs-client.ts';

export interface TopicsOptions extends KafkaJsOptions {
  topic: string;
  /** Fixed for the topic's life: keys would move. */
  partitions?: number;
  replicationFactor?: number;
  /** Milliseconds; -1 keeps everything; absent leaves it to the broker. */
  retentionMs?: number;
  deadLetterPartitions?: number;
}

/** Where the archiver puts what cannot be counted. */
export function deadLetterTopicOf(topic: string): string {
  return `${topic}.dlq`;
}

const KNOWN_WITHIN_MS = 10_000;

/** On both topics: append time orders the floor, and compaction would drop events. */
const REQUIRED = { 'cleanup.policy': 'delete', 'message.timestamp.type': 'LogAppendTime' } as const;

/**
 * Safe to call from several processes at once. Rejects with `topic-mismatch` if a topic exists with another number of
 * partitions or a wrong setting, with a retryable `broker-unreachable` if Kafka does not answer.
 */
export async function ensureTopics(options: TopicsOptions): Promise<void> {
  const { topic, partitions = 12, replicationFactor = 1, deadLetterPartitions = 1, retentionMs, brokers } = options;
  const admin = createKafkaJs(options).admin();
  try {
    await admin.connect();
    const wanted = new Map([
      [topic, partitions],
      [deadLetterTopicOf(topic), deadLetterPartitions],
    ]);
    for (const [name, numPartitions] of wanted) {
      await onceKnown(async () => {
        await createIfMissing(admin, name, numPartitions, replicationFactor, retentionMs);
        await checkPartitions(admin, name, numPartitions);
        await checkSettings(admin, name);
      });
    }
  } catch (cause) {
    if (cause instanceof KafkaError) throw cause;
    const address = brokers.join(',');
    const message = `cannot prepare topic ${topic} on Kafka at ${address}: ${(cause as Error).message}`;
    throw new KafkaError('broker-unreachable', message, { address }, { retryable: true, cause });
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

/** A topic that another process has just made is not known to the broker at once. */
async function onceKnown(work: () => Promise<void>): Promise<void> {
  const deadline = AbortSignal.timeout(KNOWN_WITHIN_MS);
  const backoff = createBackoff({ firstMs: 50 });
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as { type?: string }).type !== 'UNKNOWN_TOPIC_OR_PARTITION' || deadline.aborted) throw error;
      await backoff.pause(deadline);
    }
  }
}

async function createIfMissing(
  admin: Admin,
  topic: string,
  numPartitions: number,
  replicationFactor: number,
  retentionMs: number | undefined,
): Promise<void> {
  const settings: Record<string, string> = { ...REQUIRED };
  if (retentionMs !== undefined) settings['retention.ms'] = String(retentionMs);
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  // One topic a call: with two, kafkajs tells of "already exists" for either by one boolean. False is no fault.
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor, configEntries }] });
}

async function checkPartitions(admin: Admin, topic: string, expected: number): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const found = topics[0]?.partitions.length ?? 0;
  if (found !== expected) throw mismatch(topic, 'partitions', String(expected), String(found));
}

async function checkSettings(admin: Admin, topic: string): Promise<void> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: Object.keys(REQUIRED) }],
  });
  for (const { configName, configValue } of resources[0]?.configEntries ?? []) {
    const expected = REQUIRED[configName as keyof typeof REQUIRED];
    if (expected !== undefined && configValue !== expected) throw mismatch(topic, configName, expected, configValue);
  }
}

function mismatch(topic: string, setting: string, expected: string, found: string): KafkaError {
  const message = `topic ${topic} exists with ${setting}=${found}; expected ${setting}=${expected}`;
  return new KafkaError('topic-mismatch', message, { topic, setting, expected, found }, { retryable: false });
}
