import { expect, test } from 'vitest';
import { createSendQueue, type Flight, landFlight, messageBytes, type PendingSend } from './send-queue.ts';

function call(partitions: number[], { deadlineMs = 100, bytes = 10 } = {}) {
  const settled: unknown[] = [];
  const pending: PendingSend = {
    messages: partitions.map((partition) => ({ partition, key: 'k', value: Buffer.alloc(bytes) })),
    deadlineMs,
    landed: 0,
    next: new Map(),
    resolve: (next) => settled.push(Object.fromEntries(next)),
    reject: (error) => settled.push(error),
  };
  return { pending, settled };
}

const partitionsOf = (flight: Flight | null) => flight?.messages.map((message) => message.partition);
const wide = { partitionBytes: 1e9, totalBytes: 1e9 };

test('calls share a flight, and each is told the next offsets of its own messages', () => {
  const queue = createSendQueue(wide);
  const [a, b] = [call([0, 1, 0]), call([0])];
  queue.add(a.pending);
  queue.add(b.pending);
  const flight = queue.take()!;
  expect(partitionsOf(flight)).toEqual([0, 1, 0, 0]);
  expect(queue.take()).toBeNull();
  landFlight(
    flight,
    new Map([
      [0, 100],
      [1, 7],
    ]),
  );
  expect(a.settled).toEqual([{ 0: 102, 1: 8 }]);
  expect(b.settled).toEqual([{ 0: 103 }]);
});

test('a flight ends before a partition has more than it may', () => {
  const size = messageBytes(call([0]).pending.messages[0]!);
  const queue = createSendQueue({ partitionBytes: 2 * size, totalBytes: 1e9 });
  const [a, b] = [call([0, 0, 0, 1]), call([1, 0, 0])];
  queue.add(a.pending);
  queue.add(b.pending);
  const flights = [queue.take()!, queue.take()!, queue.take()!];
  expect(flights.map(partitionsOf)).toEqual([[0, 0], [0, 1, 1, 0], [0]]);
  landFlight(flights[0]!, new Map([[0, 0]]));
  expect(a.settled).toEqual([]);
  landFlight(
    flights[1]!,
    new Map([
      [0, 50],
      [1, 0],
    ]),
  );
  expect(a.settled).toEqual([{ 0: 51, 1: 1 }]);
  landFlight(flights[2]!, new Map([[0, 52]]));
  expect(b.settled).toEqual([{ 0: 53, 1: 2 }]);
});

test('a message beyond every limit flies alone', () => {
  const queue = createSendQueue({ partitionBytes: 1, totalBytes: 1 });
  queue.add(call([0, 1]).pending);
  expect([partitionsOf(queue.take()), partitionsOf(queue.take()), queue.take()]).toEqual([[0], [1], null]);
});

test('what is left of a failed call is forgotten, other calls are kept whole', () => {
  const size = messageBytes(call([0]).pending.messages[0]!);
  const queue = createSendQueue({ partitionBytes: size, totalBytes: 1e9 });
  const [a, b] = [call([0, 0]), call([0, 0])];
  queue.add(a.pending);
  queue.add(b.pending);
  expect(queue.take()?.owners).toEqual([a.pending]);
  queue.drop(new Set([a.pending]));
  expect([queue.take()?.owners, queue.take()?.owners, queue.take()]).toEqual([[b.pending], [b.pending], null]);
});

test('a call that waited beyond its deadline is given back', () => {
  const queue = createSendQueue(wide);
  const [early, late] = [call([0], { deadlineMs: 5 }), call([1], { deadlineMs: 50 })];
  queue.add(early.pending);
  queue.add(late.pending);
  expect(queue.dropLate(10)).toEqual([early.pending]);
  expect(partitionsOf(queue.take())).toEqual([1]);
});
