// Asks Kafka for which topic a name stands now, by the topic's id: a topic that was deleted and made anew has another one.
import { createBrokerConnection } from './broker-connection.ts';
import { isKafkaError } from './errors.ts';
import { readTopicLeaders } from './topic-leaders.ts';

export interface TopicIdReader {
  /**
   * Asked after the call, whatever other calls are under way; those made meanwhile share the next question. Rejects with
   * `unknown-topic`, or a retryable error while no broker answers.
   */
  read(): Promise<string>;
  close(): void;
}

export interface TopicIdOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly topic: string;
  readonly timeoutMs?: number;
}

export function createTopicIdReader({ brokers, clientId, topic, timeoutMs = 5_000 }: TopicIdOptions): TopicIdReader {
  const options = { clientId, connectTimeoutMs: timeoutMs, requestTimeoutMs: timeoutMs };
  let connections = brokers.map((address) => createBrokerConnection(address, options));
  let asking: Promise<string> | undefined;
  let next: Promise<string> | undefined;

  async function ask(): Promise<string> {
    let trouble: unknown;
    for (const connection of connections) {
      try {
        const { topicId } = await readTopicLeaders([connection], topic);
        // First the next time: a frozen broker is not waited for again and again.
        connections = [connection, ...connections.filter((other) => other !== connection)];
        return topicId;
      } catch (error) {
        trouble = error;
        if (isKafkaError(error, 'unknown-topic')) break;
      }
    }
    throw trouble;
  }

  function begin(): Promise<string> {
    next = undefined;
    asking = ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    read: () => (asking ? (next ??= asking.then(begin, begin)) : begin()),
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
