import { describe, expect, test, vi } from 'vitest';
import { openEventProducer } from './kafka-event-producer.ts';
import { openKafkaRecordLog } from './kafka-record-log.ts';
import { partitionOf } from '../../schemas/murmur2.ts';
import { createSendLane } from './send-lane.ts';
import { createTestTopic, stackBrokers, startFollower } from './test-topic.ts';

describe('the event producer', () => {
  test('tells the next offsets of each call, also of calls that share a flight', async () => {
    await using topic = await createTestTopic({ partitions: 4 });
    const { brokers } = topic;
    const producer = await openEventProducer({ brokers, clientId: 'test' });
    const log = await openKafkaRecordLog({ brokers, clientId: 'test', topic: topic.topic });
    const calls = Array.from({ length: 50 }, (_, call) =>
      Array.from({ length: 1 + (call % 7) }, (_, i) => ({
        key: `order-${(call * 31 + i * 7) % 40}`,
        value: Buffer.from(`${call}/${i}`),
        headers: { traceparent: 't' },
      })),
    );
    const answers = await Promise.all(calls.map((messages) => producer.send(topic.topic, messages)));
    const total = calls.flat().length;
    await using follower = startFollower(
      log,
      [0, 1, 2, 3].map((partition) => [partition, 0]),
    );
    await vi.waitFor(() => expect(follower.seen.length).toBe(total), { timeout: 20_000, interval: 10 });
    for (const [call, messages] of calls.entries()) {
      const next = new Map<number, number>();
      for (const [i, { key }] of messages.entries()) {
        const partition = partitionOf(key, 4);
        const found = follower.seen.find((line) => line.startsWith(`${partition}:`) && line.endsWith(`=${call}/${i}`));
        next.set(partition, Number(found?.split(/[:=]/)[1]) + 1);
      }
      expect(answers[call]).toEqual(next);
    }
    await follower[Symbol.asyncDispose]();
    await log.close();
    await producer.close();
  });

  test('refuses what is too large before it can fail its neighbours', async () => {
    await using topic = await createTestTopic({ partitions: 1 });
    const producer = await openEventProducer({ brokers: topic.brokers, clientId: 'test' });
    const huge = producer.send(topic.topic, [{ key: 'k', value: Buffer.alloc(2_000_000) }]);
    const small = producer.send(topic.topic, [{ key: 'k', value: Buffer.from('v') }]);
    await expect(huge).rejects.toMatchObject({ code: 'send-refused', retryable: false });
    await expect(small).resolves.toEqual(new Map([[0, 1]]));
    await producer.close();
  });

  test('splits a call that is larger than one batch may be', async () => {
    await using topic = await createTestTopic({ partitions: 1 });
    const producer = await openEventProducer({ brokers: topic.brokers, clientId: 'test' });
    const messages = Array.from({ length: 30 }, () => ({ key: 'k', value: Buffer.alloc(100_000) }));
    await expect(producer.send(topic.topic, messages)).resolves.toEqual(new Map([[0, 30]]));
    await producer.close();
  });

  test('fails with a retryable error for a missing topic, and is closed after close', async () => {
    const producer = await openEventProducer({ brokers: stackBrokers(), clientId: 'test' });
    const message = { key: 'k', value: Buffer.from('v') };
    await expect(producer.send('missing', [message])).rejects.toMatchObject({
      code: 'send-unconfirmed',
      retryable: true,
    });
    await producer.close();
    await expect(producer.send('missing', [message])).rejects.toMatchObject({ code: 'closed' });
  });
});

/** A lane on a client that answers each send with the next of these. */
function laneOn(outcomes: (() => Promise<unknown>)[], sendTimeoutMs = 5_000) {
  let connected = 0;
  const sizes: number[] = [];
  const send = ({ messages }: { messages: unknown[] }) => {
    sizes.push(messages.length);
    return outcomes.shift()!();
  };
  const connect = async () => {
    connected++;
    return { send, disconnect: async () => {} } as never;
  };
  const lane = createSendLane({ topic: 't', partitions: 1, sendTimeoutMs, connect });
  return { lane, sizes, connections: () => connected };
}

const stored = (baseOffset: string) => async () => [{ topicName: 't', partition: 0, errorCode: 0, baseOffset }];

describe('a send lane', () => {
  const message = { key: 'k', value: Buffer.from('v') };

  test('never reuses a producer after a failed send: its sequence numbers would hide a loss', async () => {
    const { lane, connections } = laneOn([async () => Promise.reject(new Error('cut')), stored('4')]);
    await expect(lane.send([message])).rejects.toMatchObject({ code: 'send-unconfirmed', retryable: true });
    await expect(lane.send([message])).resolves.toEqual(new Map([[0, 5]]));
    expect(connections()).toBe(2);
  });

  test('has one send in the air; calls meanwhile share the next one', async () => {
    const first = Promise.withResolvers<unknown>();
    const { lane, sizes } = laneOn([() => first.promise, stored('1')]);
    const one = lane.send([message]);
    await vi.waitFor(() => expect(sizes).toEqual([1]));
    const others = [lane.send([message]), lane.send([message])];
    first.resolve(await stored('0')());
    expect(await one).toEqual(new Map([[0, 1]]));
    expect(await Promise.all(others)).toEqual([new Map([[0, 2]]), new Map([[0, 3]])]);
    expect(sizes).toEqual([1, 2]);
  });

  test('a call made in the turn that another was answered in is sent', async () => {
    const { lane } = laneOn([stored('0'), stored('1'), stored('2')]);
    for (let next = 1; next <= 3; next++) expect(await lane.send([message])).toEqual(new Map([[0, next]]));
  });

  test('does not believe a success that leaves a partition out', async () => {
    const { lane } = laneOn([async () => []]);
    await expect(lane.send([message])).rejects.toMatchObject({ code: 'send-unconfirmed' });
  });

  test('gives up in bounded time', async () => {
    const { lane } = laneOn([() => new Promise(() => {})], 50);
    await expect(lane.send([message])).rejects.toMatchObject({ code: 'send-unconfirmed', retryable: true });
  });
});
