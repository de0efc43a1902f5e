// What is known of one topic: its leaders, kept until someone says that they are stale, and connections for questions
// about it (not for long polls). Shared by everything that one record log does.
import { type BrokerConnection, type BrokerConnectionOptions, createBrokerConnection } from './broker-connection.ts';
import { KafkaError } from './errors.ts';
import { readTopicLeaders, type TopicLeaders } from './topic-leaders.ts';
import type { LogPosition, LogRange } from './record-log.ts';
import { type LeaderQuestion, readCuts, readRanges } from './topic-ranges.ts';

export interface TopicView {
  current(): TopicLeaders;
  /** One request at a time, shared by all who ask. Rejects with `topic-replaced` (for good), `unknown-topic` or network trouble. */
  refresh(): Promise<TopicLeaders>;
  /** By partition; refreshes the leaders once if they turn out stale. */
  ranges(partitions: readonly number[]): Promise<Map<number, LogRange>>;
  /** As `RecordLog.findCuts`. */
  cuts(positions: ReadonlyMap<number, LogPosition>): Promise<Map<number, number>>;
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

  async function ask<Answer>(put: (question: LeaderQuestion) => Promise<Answer>): Promise<Answer> {
    const questionOf = ({ leaders }: TopicLeaders) => ({ leaders, topic, connectionTo });
    const answer = await put(questionOf(known ?? current)).catch(async () => put(questionOf(await refresh())));
    // Such questions go by name: the answer is of our topic only if the name still stands for it afterwards.
    await refresh();
    return answer;
  }

  return {
    current: () => known ?? current,
    refresh,
    ranges: (partitions) => ask((question) => readRanges(question, partitions)),
    cuts: (positions) => ask((question) => readCuts(question, positions)),
    close,
  };
}
