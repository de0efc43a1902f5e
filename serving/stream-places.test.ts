// Places of streams: bounded by a bound of their own, given back however the reader leaves.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { LogEntry } from '../schemas/oracle.ts';
import { encodeToken } from '../schemas/token.ts';
import { until } from '../test/until.ts';
import { createServingApp } from './app.ts';
import { testEvent, testGeneration } from './test-live-world.ts';
import { openStreamReader } from './test-stream-reader.ts';
import { createStreamingApp } from './test-streaming-app.ts';

const generation = testGeneration(2);
const start = Date.UTC(2024, 5, 1, 12);
const path = '/v1/stream?measures=orders&minIntervalMs=10&from=2024-06-01&to=2024-06-02';
const log: LogEntry[] = Array.from({ length: 60 }, (_, i) => ({
  partition: i % 2,
  offset: Math.floor(i / 2),
  timestampMs: start + i * 1_000,
  event: testEvent({ orderId: `o${i}`, occurredAt: start + i * 1_000 }),
}));

test('readers of streams leave queries their places', { timeout: 60_000 }, async () => {
  const { dependencies, publish } = createStreamingApp(generation, log, start + 3_600_000, 0);
  const app = createServingApp({ ...dependencies, servingMaxStreams: 5_000 });
  publish();
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const readers = await Promise.all(Array.from({ length: 257 }, () => openStreamReader(`${address}${path}`)));
  const query = await fetch(`${address}/v1/query?measures=orders`);
  expect(query.status).toBe(200);
  await query.text();
  for (const reader of readers) reader.close();
  await app.close();
});

test('who goes away while atLeast waits gives its place back', async () => {
  const { app, publish, listen } = createStreamingApp(generation, log, start + 3_600_000, 60_000);
  publish();
  const { port } = new URL(await listen());
  const readers = async () =>
    Number(/^tidemark_serving_stream_readers (.+)$/m.exec((await app.inject('/metrics')).body)?.[1]);
  const token = encodeToken({ generation: generation.id, run: '', vector: [10, 0] });
  const sockets = Array.from({ length: 3 }, () => connect(Number(port), '127.0.0.1'));
  for (const socket of sockets) socket.write(`GET ${path}&atLeast=${token} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await until('three wait', async () => (await readers()) === 3);
  for (const socket of sockets) socket.destroy();
  await until('nobody is left', async () => (await readers()) === 0);
  await app.close();
});
