// Reads the topic independently of Tidemark's own reader (kafkajs), for the oracle.
import { createKafkaJs } from '../runtime/kafka/kafkajs-client.ts';
import { judgeRecord, type RecordRules } from '../schemas/judge-record.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { LogEntry } from '../schemas/oracle.ts';
import { until } from './until.ts';

export interface LogReader extends AsyncDisposable {
  /** Every entry read so far, at least those below the vector; by partition in the order of offsets. */
  upTo(vector: OffsetVector): Promise<readonly LogEntry[]>;
  /** The same list, as far as it is; it grows. */
  readonly entries: readonly LogEntry[];
  /** True once everything below the vector is among the entries. */
  hasRead(vector: OffsetVector): boolean;
}

export async function openLogReader(brokers: string[], topic: string, rules: RecordRules): Promise<LogReader> {
  const entries: LogEntry[] = [];
  const next: number[] = [];
  const hasRead = (vector: OffsetVector) => vector.every((offset, p) => (next[p] ?? 0) >= offset);
  const consumer = createKafkaJs({ brokers, clientId: 'oracle' }).consumer({
    groupId: `${topic}-oracle`,
    retry: { restartOnFailure: () => Promise.resolve(true) },
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const offset = Number(message.offset);
      if (offset < (next[partition] ?? 0)) return; // read again after a broker's restart
      const timestampMs = Number(message.timestamp);
      const judged = judgeRecord({ partition, timestampMs, key: message.key, value: message.value }, rules);
      entries.push({ partition, offset, timestampMs, event: judged.kind === 'valid' ? judged.event : undefined });
      next[partition] = offset + 1;
    },
  });
  return {
    async upTo(vector) {
      await until(`the oracle has read up to ${vector.join(',')}`, () => hasRead(vector));
      return entries;
    },
    entries,
    hasRead,
    [Symbol.asyncDispose]: () => consumer.disconnect(),
  };
}
