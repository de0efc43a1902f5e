// Who leads which partition of one topic. Asks any broker; knows nothing of fetching.
import { metadataV12, protocolErrorsCodesById } from '@platformatic/kafka';
import type { BrokerConnection } from './broker-connection.ts';
import { KafkaError } from './errors.ts';

interface PartitionLeader {
  /** `host:port`, or null while the partition has no leader. */
  address: string | null;
  /** Sent with requests, so that a broker with an older or newer view refuses instead of answering wrongly. */
  epoch: number;
}

export interface TopicLeaders {
  topicId: string;
  /** By partition. */
  leaders: PartitionLeader[];
}

const UNKNOWN_TOPIC = 3;

/** Tries the connections in turn. Throws `unknown-topic`, or what the last of them threw. */
export async function readTopicLeaders(connections: Iterable<BrokerConnection>, topic: string): Promise<TopicLeaders> {
  let trouble: unknown;
  for (const connection of connections) {
    try {
      return leadersOf(await askMetadata(connection, topic), topic);
    } catch (error) {
      if (error instanceof KafkaError && error.code === 'unknown-topic') throw error;
      trouble = error;
    }
  }
  throw trouble;
}

/** The library throws on any partition's error (a leader that is away), but keeps the answer on the error. */
async function askMetadata(connection: BrokerConnection, topic: string): Promise<metadataV12.MetadataResponse> {
  try {
    return await connection.request('Metadata', metadataV12.api, [topic], false, false);
  } catch (error) {
    const response = ((error as Error).cause as { response?: metadataV12.MetadataResponse } | undefined)?.response;
    if (response) return response;
    throw error;
  }
}

function leadersOf(response: metadataV12.MetadataResponse, topic: string): TopicLeaders {
  const found = response.topics[0];
  if (!found || found.errorCode === UNKNOWN_TOPIC) {
    throw new KafkaError('unknown-topic', `topic ${topic} does not exist`, { topic }, { retryable: true });
  }
  if (found.errorCode !== 0) {
    const protocolCode = protocolErrorsCodesById[found.errorCode] ?? String(found.errorCode);
    const message = `Kafka refuses to describe topic ${topic}: ${protocolCode}`;
    throw new KafkaError('request-failed', message, { request: 'Metadata', protocolCode }, { retryable: true });
  }
  const addresses = new Map(response.brokers.map((broker) => [broker.nodeId, addressOf(broker)]));
  const leaders: PartitionLeader[] = [];
  for (const partition of found.partitions) {
    leaders[partition.partitionIndex] = {
      address: addresses.get(partition.leaderId) ?? null,
      epoch: partition.leaderEpoch,
    };
  }
  return { topicId: found.topicId, leaders };
}

function addressOf({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
