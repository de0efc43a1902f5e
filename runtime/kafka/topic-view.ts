// What is known of one topic: its leaders, kept until someone says that they are stale, and connections for questions
// about it (not for long polls). Shared by everything that one record log does.
import { type BrokerConnection, type BrokerConnectionOptions, createBrokerConnection } from './broker-connection.ts';
import { KafkaError } from './errors.ts';
import { readTopicLeaders, type TopicLeaders } from './topic-leaders.ts';
import { type OffsetRange, readRanges } from './topic-ranges.ts';

export interface TopicView {
  current(): TopicLeaders;
  /** One request at a time, shared by all who ask. Rejects with `topic-replaced` (for good), `unknown-topic` or network trouble. */
  refresh(): Promise<TopicLeaders>;
  /** By partition; refreshes the leaders once if they turn out stale. */
  ranges(partitions: readonly number[]): Promise<Map<number, OffsetRange>>;
  close(): void;
}

export interface TopicViewOptions {
  brokers: readonly string[];
  topic: string;
  connection: BrokerConnectionOptions;
}

export async function openTopicView({ brokers, topic, connection }: TopicViewOptions): Promise<TopicView> {
  const connections = new Map<string, BrokerConnection>();
  let refreshing: Promise<TopicLeaders> | null = null;
  let known: TopicLeaders | null = null;

  function connectionTo(address: string): BrokerConnection {
    let found = connections.get(address);
    if (!found) connections.set(address, (found = createBrokerConnection(address, connection)));
    return found;
  }

  async function read(): Promise<TopicLeaders> {
    const addresses = new Set(brokers);
    for (const { address } of known?.leaders ?? []) if (address !== null) addresses.add(address);
    const found = await readTopicLeaders(addresses.values().map(connectionTo), topic);
    if (known && known.topicId !== found.topicId) {
      const message = `topic ${topic} was deleted and made again; its offsets are not those that were stored`;
      throw new KafkaError('topic-replaced', message, { topic }, { retryable: false });
    }
    known = found;
    return found;
  }

  const refresh = () =>
    (refreshing ??= read().finally(() => {
      refreshing = null;
    }));

  const close = () => {
    for (const each of connections.values()) each.close();
  };

  let current: TopicLeaders;
  try {
    current = await refresh();
  } catch (error) {
    close();
    throw error;
  }

  return {
    current: () => known ?? current,
    refresh,
    async ranges(partitions) {
      try {
        return await readRanges(known ?? current, topic, partitions, connectionTo);
      } catch {
        return await readRanges(await refresh(), topic, partitions, connectionTo);
      }
    },
    close,
  };
}
