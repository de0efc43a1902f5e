// A broker that is there and does not answer (frozen, cut off without a word): each request ends within its bound, and the
// next one has a connection of its own.
import { createServer, type Socket } from 'node:net';
import { metadataV12 } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { createBrokerConnection } from './broker-connection.ts';
import { createTopicIdReader } from './topic-id.ts';
import { createTestTopic } from './test-topic.ts';

/** Takes connections and bytes, says nothing. */
async function openSilentBroker() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a request without an answer ends within its bound, and the next one connects anew', async () => {
  await using broker = await openSilentBroker();
  const options = { clientId: 'test', connectTimeoutMs: 1_000, requestTimeoutMs: 30 };
  const connection = createBrokerConnection(broker.address, options);
  for (const sockets of [1, 2]) {
    await expect(connection.request('Metadata', metadataV12.api, ['t'], false, false)).rejects.toMatchObject({
      code: 'request-failed',
      retryable: true,
    });
    expect(broker.sockets.length).toBe(sockets);
  }
  connection.close();
});

test('a broker that does not answer is waited for once: the one that does is asked first from then on', async () => {
  await using broker = await openSilentBroker();
  await using topic = await createTestTopic({ partitions: 1 });
  const brokers = [broker.address, ...topic.brokers];
  const reader = createTopicIdReader({ brokers, clientId: 'test', topic: topic.topic, timeoutMs: 300 });
  const first = await reader.read();
  expect(broker.sockets.length).toBe(1);
  expect(await Promise.all([reader.read(), reader.read(), reader.read()])).toEqual([first, first, first]);
  expect(broker.sockets.length).toBe(1);
  reader.close();
});
