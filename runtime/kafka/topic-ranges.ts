// Asks the leaders about offsets: first and last ones (ListOffsets), and where leader epochs end (OffsetForLeaderEpoch).
import { FetchIsolationLevels, ListOffsetTimestamps, listOffsetsV7, offsetForLeaderEpochV4 } from '@platformatic/kafka';
import type { BrokerConnection } from './broker-connection.ts';
import { KafkaError } from './errors.ts';
import type { LogPosition, LogRange } from './record-log.ts';
import { toSafeNumber } from './safe-integer.ts';
import type { TopicLeaders } from './topic-leaders.ts';

export interface LeaderQuestion {
  readonly leaders: TopicLeaders['leaders'];
  readonly topic: string;
  readonly connectionTo: (address: string) => BrokerConnection;
}

/** The wanted partitions' ranges. Rejects with a retryable error if one of them has no leader or another one now. */
export async function readRanges(
  question: LeaderQuestion,
  partitions: readonly number[],
): Promise<Map<number, LogRange>> {
  const { leaders, topic } = question;
  const ranges = new Map<number, LogRange>();
  await askLeaders(question, 'ListOffsets', partitions, async (connection, led) => {
    const ask = async (
      timestamp: bigint,
      isolation: (typeof FetchIsolationLevels)[keyof typeof FetchIsolationLevels],
    ) => {
      const asked = led.map((partitionIndex) => ({
        partitionIndex,
        currentLeaderEpoch: leaders[partitionIndex]!.epoch,
        timestamp,
      }));
      const topics = [{ name: topic, partitions: asked }];
      const answer = await connection.request('ListOffsets', listOffsetsV7.api, -1, isolation, topics);
      return new Map(answer.topics[0]?.partitions.map((p) => [p.partitionIndex, toSafeNumber(p.offset)]));
    };
    const { READ_COMMITTED, READ_UNCOMMITTED } = FetchIsolationLevels;
    const [starts, highWatermarks] = await Promise.all([
      ask(ListOffsetTimestamps.EARLIEST, READ_COMMITTED),
      ask(ListOffsetTimestamps.LATEST, READ_UNCOMMITTED),
    ]);
    // Afterwards: with no open transaction it has reached that high watermark by now.
    const ends = await ask(ListOffsetTimestamps.LATEST, READ_COMMITTED);
    for (const partition of led) {
      const [start, end] = [starts.get(partition)!, ends.get(partition)!];
      ranges.set(partition, { start, end, highWatermark: Math.max(end, highWatermarks.get(partition)!) });
    }
  });
  return ranges;
}

/** See `RecordLog.findCuts`. */
export async function readCuts(
  question: LeaderQuestion,
  positions: ReadonlyMap<number, LogPosition>,
): Promise<Map<number, number>> {
  const { leaders, topic } = question;
  const known = [...positions]
    .filter(([, { leaderEpoch }]) => leaderEpoch !== undefined)
    .map(([partition]) => partition);
  const cuts = new Map<number, number>();
  await askLeaders(question, 'OffsetForLeaderEpoch', known, async (connection, led) => {
    const asked = led.map((partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: leaders[partitionIndex]!.epoch,
      leaderEpoch: positions.get(partitionIndex)!.leaderEpoch!,
    }));
    const topics = [{ name: topic, partitions: asked }];
    const answer = await connection.request('OffsetForLeaderEpoch', offsetForLeaderEpochV4.api, -1, topics);
    // Of the greatest epoch that the log has and that is not above the one asked for. -1: it has none.
    for (const { partition, leaderEpoch, endOffset } of answer.topics[0]?.partitions ?? []) {
      const { next, leaderEpoch: expected } = positions.get(partition)!;
      const end = toSafeNumber(endOffset);
      if (end >= 0 && (leaderEpoch < expected! || end < next)) cuts.set(partition, end);
    }
  });
  return cuts;
}

/** One call for each leader of the wanted partitions. */
async function askLeaders(
  { leaders, connectionTo }: LeaderQuestion,
  request: string,
  partitions: readonly number[],
  ask: (connection: BrokerConnection, led: readonly number[]) => Promise<void>,
): Promise<void> {
  const byLeader = Map.groupBy(partitions, (partition) => leaders[partition]?.address ?? null);
  await Promise.all(
    [...byLeader].map(([address, led]) => {
      if (address !== null) return ask(connectionTo(address), led);
      const message = `partition ${led[0]} has no leader`;
      throw new KafkaError('request-failed', message, { request, partition: led[0]! }, { retryable: true });
    }),
  );
}
