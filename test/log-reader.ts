// Reads the topic independently of Tidemark's own reader (kafkajs), for the oracle.
import { createKafkaJs } from '../runtime/kafka/kafkajs-client.ts';
import { judgeRecord, type RecordRules } from '../schemas/judge-record.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { LogEntry } from '../schemas/oracle.ts';
import { until } from './until.ts';

export interface LogReader extends AsyncDisposable {
  /** Every entry read so far, at least those below the vector. */
  upTo(vector: OffsetVector): Promise<readonly LogEntry[]>;
}

export async function openLogReader(brokers: string[], topic: string, rules: RecordRules): Promise<LogReader> {
  const entries: LogEntry[] = [];
  const next: number[] = [];
  const consumer = createKafkaJs({ brokers, clientId: 'oracle' }).consumer({ groupId: `${topic}-oracle` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const offset = Number(message.offset);
      const timestampMs = Number(message.timestamp);
      const judged = judgeRecord({ partition, timestampMs, key: message.key, value: message.value }, rules);
      entries.push({ partition, offset, timestampMs, event: judged.kind === 'valid' ? judged.event : undefined });
      next[partition] = offset + 1;
    },
  });
  return {
    async upTo(vector) {
      await until(`the oracle has read up to ${vector.join(',')}`, () =>
        vector.every((offset, p) => (next[p] ?? 0) >= offset),
      );
      return entries;
    },
    [Symbol.asyncDispose]: () => consumer.disconnect(),
  };
}
