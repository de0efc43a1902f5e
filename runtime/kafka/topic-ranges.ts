// Asks the leaders for first offsets and last stable offsets (ListOffsets, read_committed).
import { FetchIsolationLevels, ListOffsetTimestamps, listOffsetsV7 } from '@platformatic/kafka';
import type { BrokerConnection } from './broker-connection.ts';
import { KafkaError } from './errors.ts';
import { toSafeNumber } from './safe-integer.ts';
import type { TopicLeaders } from './topic-leaders.ts';

export interface OffsetRange {
  start: number;
  /** End up to which committed records can be read. */
  end: number;
}

/** The wanted partitions' ranges. Rejects with a retryable error if one of them has no leader or another one now. */
export async function readRanges(
  { leaders }: TopicLeaders,
  topic: string,
  partitions: readonly number[],
  connectionTo: (address: string) => BrokerConnection,
): Promise<Map<number, OffsetRange>> {
  const byLeader = Map.groupBy(partitions, (partition) => leaders[partition]?.address ?? null);
  const ranges = new Map<number, OffsetRange>();
  await Promise.all(
    [...byLeader].map(async ([address, led]) => {
      if (address === null) {
        const message = `partition ${led[0]} of topic ${topic} has no leader`;
        throw new KafkaError(
          'request-failed',
          message,
          { request: 'ListOffsets', partition: led[0]! },
          { retryable: true },
        );
      }
      const ask = async (timestamp: bigint) => {
        const asked = led.map((partitionIndex) => ({
          partitionIndex,
          currentLeaderEpoch: leaders[partitionIndex]!.epoch,
          timestamp,
        }));
        const answer = await connectionTo(address).request(
          'ListOffsets',
          listOffsetsV7.api,
          -1,
          FetchIsolationLevels.READ_COMMITTED,
          [{ name: topic, partitions: asked }],
        );
        return new Map(answer.topics[0]?.partitions.map((p) => [p.partitionIndex, toSafeNumber(p.offset)]));
      };
      const [starts, ends] = await Promise.all([ask(ListOffsetTimestamps.EARLIEST), ask(ListOffsetTimestamps.LATEST)]);
      for (const partition of led) ranges.set(partition, { start: starts.get(partition)!, end: ends.get(partition)! });
    }),
  );
  return ranges;
}
