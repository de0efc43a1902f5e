// Orders at a fixed rate, in small requests, in an open loop; a probe reads the stream beside it.
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { createRandom } from '../../cli/random.ts';
import { covers, type OffsetVector } from '../../schemas/offset-vector.ts';
import { runOpenLoop } from './open-loop.ts';
import { freshnessOf, type SentBatch } from './seen-orders.ts';
import { type Latencies, latenciesOf } from './statistics.ts';
import { openStreamReader } from './stream-reader.ts';
import type { Tidemark } from './world.ts';

export interface FlowOptions {
  readonly ordersPerSecond: number;
  readonly seconds: number;
  /** Sent before, and not measured. */
  readonly warmUpSeconds: number;
  readonly signal: AbortSignal;
}

export interface FlowResult {
  /** From the time at which a request was due to its 202. */
  readonly acknowledgement: Latencies;
  /** From the time at which an order was due to be sent to the stream's event that counts it. */
  readonly freshness: Latencies;
}

const ordersPerRequest = 5;
const seenWithinMs = 20_000;

/** What the probe streams: a short table, as on a dashboard. */
const probeQuery = 'measures=orders,grossMinor&by=store,currency&last=1h';

export async function measureFlow(tidemark: Tidemark, seed: number, options: FlowOptions): Promise<FlowResult> {
  const { ordersPerSecond, seconds, warmUpSeconds, signal } = options;
  const agent = new Agent({ keepAlive: true });
  const probe = await openStreamReader(tidemark.servingUrl, `${probeQuery}&minIntervalMs=10`);
  try {
    const everyMs = (1_000 * ordersPerRequest) / ordersPerSecond;
    const warmUp = Math.round((warmUpSeconds * 1_000) / everyMs);
    const pieces = warmUp + Math.round((seconds * 1_000) / everyMs);
    const sending: Promise<SentBatch & { readonly ackMs: number }>[] = [];
    const bodyOf = orderBodies(seed);
    await runOpenLoop({ everyMs, pieces, signal }, (_, dueMs) => {
      sending.push(
        post(agent, tidemark.ingestUrl, bodyOf()).then((vector) => ({
          dueMs,
          ackMs: performance.now() - dueMs,
          orders: ordersPerRequest,
          vector,
        })),
      );
      sending.at(-1)!.catch(() => undefined);
    });
    const sent = await Promise.all(sending);
    const all = sent.reduce<OffsetVector>((most, { vector }) => vector.map((o, p) => Math.max(o, most[p] ?? 0)), []);
    await withinTime(probe.until((event) => covers(event.vector, all)));
    const measured = sent.slice(warmUp);
    return {
      acknowledgement: latenciesOf(measured.map(({ ackMs }) => ackMs)),
      freshness: latenciesOf(freshnessOf(measured, probe.events)),
    };
  } finally {
    probe.close();
    agent.destroy();
  }
}

function orderBodies(seed: number): () => string {
  const random = createRandom(seed);
  let made = 0;
  const stores = ['West', 'East', 'Central', 'South'];
  const order = () =>
    JSON.stringify({
      type: 'OrderPlaced',
      orderId: `bench-${seed}-${(made += 1)}`,
      storeId: stores[random.integer(0, stores.length - 1)],
      channel: 'web',
      country: 'US',
      currency: 'USD',
      occurredAt: Date.now(),
      amountMinor: random.integer(1, 20_000),
      items: [{ sku: `sku-${random.integer(1, 100)}`, category: 'Food', quantity: 1, amountMinor: 500 }],
    });
  return () => Array.from({ length: ordersPerRequest }, order).join('\n');
}

/** The vector of its 202. */
async function post(agent: Agent, ingestUrl: string, body: string): Promise<number[]> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { 'content-type': 'application/x-ndjson', 'content-length': Buffer.byteLength(body) };
  request(`${ingestUrl}/v1/events`, { method: 'POST', agent, headers }, resolve).on('error', reject).end(body);
  const response = await promise;
  const answer = await text(response);
  const { accepted, vector } = JSON.parse(answer) as { accepted?: number; vector?: number[] };
  if (response.statusCode !== 202 || accepted !== ordersPerRequest)
    throw new Error(`ingest answers ${response.statusCode}: ${answer.slice(0, 300)}`);
  return vector!;
}

async function withinTime(work: Promise<unknown>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`orders were not seen on the stream within ${seenWithinMs} ms`)),
    seenWithinMs,
  );
  await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
