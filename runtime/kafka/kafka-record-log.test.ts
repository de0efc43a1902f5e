import { describe, expect, test, vi } from 'vitest';
import { openKafkaRecordLog } from './kafka-record-log.ts';
import type { RecordLog } from './record-log.ts';
import { createTestTopic, startFollower, type TestTopic } from './test-topic.ts';

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 10 });

async function openLog(topic: TestTopic, options: { topic?: string; maxWaitMs?: number } = {}) {
  const troubles: unknown[] = [];
  const onTrouble = (error: unknown) => void troubles.push(error);
  const { brokers } = topic;
  const log = await openKafkaRecordLog({ brokers, clientId: 'test', topic: topic.topic, onTrouble, ...options });
  return { log, troubles };
}

function everyPartition(partitions: number, from = 0): [number, number][] {
  return Array.from({ length: partitions }, (_, partition) => [partition, from]);
}

async function withLog(topic: TestTopic, use: (log: RecordLog, troubles: unknown[]) => Promise<void>): Promise<void> {
  const { log, troubles } = await openLog(topic);
  try {
    await use(log, troubles);
  } finally {
    await log.close();
  }
}

describe('the record log of a Kafka topic', () => {
  test('reads every record of every partition once, and goes on with what comes later', async () => {
    await using topic = await createTestTopic({ partitions: 3 });
    await withLog(topic, async (log, troubles) => {
      for (let partition = 0; partition < 3; partition++) await topic.write(partition, ['a', 'b', 'c']);
      expect(log.topicId()).toMatch(/^[0-9a-f-]{36}$/);
      expect(await log.ranges()).toEqual(Array.from({ length: 3 }, () => ({ start: 0, end: 3, highWatermark: 3 })));
      await using follower = startFollower(log, everyPartition(3));
      await until(() => expect(follower.seen.length).toBe(9));
      await topic.write(1, ['d']);
      await until(() => expect(follower.seen.length).toBe(10));
      const expected = [0, 1, 2].flatMap((p) => ['a', 'b', 'c'].map((v, offset) => `${p}:${offset}=${v}`));
      expect(follower.seen.toSorted()).toEqual([...expected, '1:3=d'].toSorted());
      expect(troubles).toEqual([]);
    });
  });

  test('does not stop at transaction markers and leaves out aborted records', async () => {
    await using topic = await createTestTopic({ partitions: 1 });
    const foreign = topic.kafka.producer({ transactionalId: topic.topic, idempotent: true, maxInFlightRequests: 1 });
    await foreign.connect();
    for (const [value, outcome] of [
      ['x', 'abort'],
      ['y', 'commit'],
      ['z', 'abort'],
    ] as const) {
      const transaction = await foreign.transaction();
      await transaction.send({ topic: topic.topic, messages: [{ value: `${value}1` }, { value: `${value}2` }] });
      await transaction[outcome]();
    }
    await withLog(topic, async (log) => {
      // The last marker is written after the transaction ends.
      await until(async () => expect(await log.ranges()).toEqual([{ start: 0, end: 9, highWatermark: 9 }]));
      await topic.write(0, ['end']);
      await using follower = startFollower(log, [[0, 0]]);
      await until(() => expect(follower.positions.get(0)).toBe(10));
      expect(follower.seen).toEqual(['0:[0,3)', '0:3=y1', '0:4=y2', '0:[5,9)', '0:9=end']);
      await using middle = startFollower(log, [[0, 7]]);
      await until(() => expect(middle.positions.get(0)).toBe(10));
      expect(middle.seen).toEqual(['0:[7,9)', '0:9=end']);
    });
    await foreign.disconnect();
  });

  test('passes the end of an open transaction only when it is decided', async () => {
    await using topic = await createTestTopic({ partitions: 1 });
    const foreign = topic.kafka.producer({ transactionalId: topic.topic, idempotent: true, maxInFlightRequests: 1 });
    await foreign.connect();
    const transaction = await foreign.transaction();
    await transaction.send({ topic: topic.topic, messages: [{ value: 'open' }] });
    await topic.write(0, ['behind']);
    await withLog(topic, async (log) => {
      expect(await log.ranges()).toEqual([{ start: 0, end: 0, highWatermark: 2 }]); // both wait
      await using follower = startFollower(log, [[0, 0]]);
      await transaction.commit();
      await until(() => expect(follower.positions.get(0)).toBe(3));
      expect(follower.seen).toEqual(['0:0=open', '0:1=behind', '0:[2,3)']);
    });
    await foreign.disconnect();
  });

  test('reports a lost offset once, rests the partition, and reads again from where it is told', async () => {
    await using topic = await createTestTopic({ partitions: 2 });
    await topic.write(0, ['a', 'b', 'c', 'd']);
    await topic.write(1, ['e']);
    await topic.admin.fetchTopicOffsets(topic.topic); // kafkajs finds no leader without
    await topic.admin.deleteTopicRecords({ topic: topic.topic, partitions: [{ partition: 0, offset: '2' }] });
    await withLog(topic, async (log) => {
      expect(await log.ranges()).toEqual([
        { start: 2, end: 4, highWatermark: 4 },
        { start: 0, end: 1, highWatermark: 1 },
      ]);
      await using follower = startFollower(log, [
        [0, 0],
        [1, 99],
      ]);
      await until(() => expect(follower.lost.length).toBe(2));
      expect(follower.lost.toSorted((a, b) => a.partition - b.partition)).toEqual([
        { partition: 0, wanted: 0, logStart: 2, end: 4 },
        { partition: 1, wanted: 99, logStart: 0, end: 1 },
      ]);
      follower.positions.set(0, 2);
      log.wake();
      await until(() => expect(follower.seen).toEqual(['0:2=c', '0:3=d']));
      expect(follower.lost.length).toBe(2);
    });
  });

  test('tells a topic that was made anew under its name, also where nothing else differs', async () => {
    await using topic = await createTestTopic({ partitions: 1 });
    await topic.write(0, ['a']);
    await withLog(topic, async (log) => {
      await log.ranges();
      await topic.admin.deleteTopics({ topics: [topic.topic] });
      await using again = await createTestTopic({ partitions: 1, topic: topic.topic });
      await until(() => again.write(0, ['a']));
      await expect(log.ranges()).rejects.toMatchObject({ code: 'topic-replaced', retryable: false });
    });
  });

  test('does not fetch a partition that is left out, and takes it up when woken', async () => {
    await using topic = await createTestTopic({ partitions: 2 });
    await topic.write(0, ['a']);
    await topic.write(1, ['b']);
    await withLog(topic, async (log) => {
      await using follower = startFollower(log, [[0, 0]]);
      await until(() => expect(follower.seen).toEqual(['0:0=a']));
      follower.positions.delete(0);
      await topic.write(0, ['later']);
      follower.positions.set(1, 0);
      log.wake();
      await until(() => expect(follower.seen).toEqual(['0:0=a', '1:0=b']));
    });
  });

  test('wakes at once from the wait for something to fetch', async () => {
    await using topic = await createTestTopic({ partitions: 1 });
    await topic.write(0, ['a']);
    await withLog(topic, async (log) => {
      await using follower = startFollower(log, []);
      await new Promise(setImmediate);
      const start = performance.now();
      follower.positions.set(0, 0);
      log.wake();
      await until(() => expect(follower.seen).toEqual(['0:0=a']));
      expect(performance.now() - start).toBeLessThan(700);
    });
  });

  test('ends at once when aborted in the middle of a long poll', async () => {
    await using topic = await createTestTopic({ partitions: 1 });
    const { log } = await openLog(topic, { maxWaitMs: 20_000 });
    await topic.write(0, ['a']);
    const follower = startFollower(log, [[0, 0]]);
    await until(() => expect(follower.seen.length).toBe(1));
    const start = performance.now();
    follower.abort();
    await follower.done;
    await log.close();
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  test('a fault of the handler ends follow with that fault', async () => {
    await using topic = await createTestTopic({ partitions: 2 });
    await topic.write(1, ['a']);
    await withLog(topic, async (log) => {
      const fault = new Error('handler');
      const following = log.follow(
        {
          positions: () => new Map(everyPartition(2)),
          onRecordSet: async () => Promise.reject(fault),
          onOffsetLost: () => {},
        },
        new AbortController().signal,
      );
      await expect(following).rejects.toBe(fault);
    });
  });

  test('drops a set whose position was moved while it was fetched', async () => {
    await using topic = await createTestTopic({ partitions: 1 });
    await topic.write(0, ['a', 'b', 'c']);
    await withLog(topic, async (log) => {
      let asked = 0;
      const ended = new AbortController();
      const from: number[] = [];
      const following = log.follow(
        {
          positions: () => new Map([[0, asked++ === 0 ? 0 : 2]]), // moves right after the first fetch was planned
          onRecordSet(set) {
            from.push(set.from);
            ended.abort();
          },
          onOffsetLost: () => expect.unreachable(),
        },
        ended.signal,
      );
      await following;
      expect(from).toEqual([2]);
    });
  });

  test('names a missing topic and an unreachable broker', async () => {
    await using topic = await createTestTopic({ partitions: 1 });
    await expect(openLog(topic, { topic: `${topic.topic}-missing` })).rejects.toMatchObject({ code: 'unknown-topic' });
    const nowhere = { ...topic, brokers: ['127.0.0.1:1'] };
    await expect(openLog(nowhere)).rejects.toMatchObject({ code: 'broker-unreachable', retryable: true });
  });
});
