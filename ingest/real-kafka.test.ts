// ingest on real Kafka, over a socket: what a 202 says is in the log, at the offsets it names, as the same event.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { listen } from '../runtime/http-server.ts';
import { openEventProducer } from '../runtime/kafka/kafka-event-producer.ts';
import { openKafkaRecordLog } from '../runtime/kafka/kafka-record-log.ts';
import { createKafkaJs } from '../runtime/kafka/kafkajs-client.ts';
import { createTopicIdReader } from '../runtime/kafka/topic-id.ts';
import { ensureTopics } from '../runtime/kafka/topics.ts';
import { createLogger } from '../runtime/logger.ts';
import { parseEvent } from '../schemas/event-json.ts';
import { createGeneration } from '../schemas/generation.ts';
import { type JudgedRecord, judgeRecord } from '../schemas/judge-record.ts';
import { until } from '../test/until.ts';
import { createIngestApp } from './app.ts';
import { openOrdersTopic } from './orders-topic.ts';

const topic = `ingest-${randomUUID()}`;
const generation = createGeneration({ topic, partitions: 3, horizonMs: 3_600_000, hashKey: '0f'.repeat(16) });
const brokers = inject('stack').kafkaBrokers.split(',');
const resources = new AsyncDisposableStack();
let address: string;

beforeAll(async () => {
  const log = createLogger('ingest-test', 'silent');
  const topicId = createTopicIdReader({ brokers, clientId: 'ingest-test', topic });
  resources.defer(() => topicId.close());
  const orders = await openOrdersTopic({
    ensureTopic: () => ensureTopics({ brokers, clientId: 'ingest-test', topic, partitions: 3 }),
    readTopicId: () => topicId.read(),
    archivedTopicId: async () => undefined,
    topic,
    openProducer: () => openEventProducer({ brokers, clientId: 'ingest-test' }),
    log,
  });
  resources.defer(() => orders.close());
  const { waitingFor } = orders;
  const app = createIngestApp(
    { producer: orders, generation, waitingFor, now: Date.now, randomBytes, log },
    { maxRequests: 16, idleMs: 5_000 },
  );
  resources.defer(() => app.close());
  address = await listen(app, '127.0.0.1', 0);
});
afterAll(() => resources.disposeAsync());

interface Answer {
  accepted: number;
  vector: number[];
}

test('what was accepted can be read back and is the same event', async () => {
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  const sent = Array.from({ length: 2_500 }, (_, n) => ({
    type: 'OrderPlaced',
    orderId: `order-${n}-ü`,
    storeId: 'Lisbon',
    channel: 'web',
    country: 'PT',
    currency: 'EUR',
    occurredAt: Date.UTC(2026, 0, 1) + n,
    amountMinor: n,
    items: [{ sku: `sku-${n}`, category: 'Kitchen', quantity: 1, amountMinor: n }],
  }));
  const answer = await fetch(`${address}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: sent.map((event) => JSON.stringify(event)).join('\n'),
  });
  expect(answer.status).toBe(202);
  const { accepted, vector } = (await answer.json()) as Answer;
  expect(accepted).toBe(2_500);

  const records = await readTo(vector);
  const read = records.map((record) => judgeRecord(record, generation.rules));
  const wanted = sent.map((event) => parseEvent(event, generation.rules, Date.now()));
  expect(read.every((judged) => judged.kind === 'valid')).toBe(true);
  expect(byOrder(read)).toEqual(byOrder(wanted));
  expect(records.every(({ trace }) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/.test(trace))).toBe(true);
});

test('a topic that is deleted and made anew takes nothing: no 202 for what would never be counted', async () => {
  const post = () =>
    fetch(`${address}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        type: 'OrderPlaced',
        orderId: 'order-late',
        storeId: 'Lisbon',
        channel: 'web',
        country: 'PT',
        currency: 'EUR',
        occurredAt: Date.UTC(2026, 0, 1),
        amountMinor: 1,
        items: [],
      }),
    });
  const admin = createKafkaJs({ brokers, clientId: 'ingest-test' }).admin();
  await admin.connect();
  resources.defer(() => admin.disconnect());
  await admin.deleteTopics({ topics: [topic] });
  await ensureTopics({ brokers, clientId: 'ingest-test', topic, partitions: 3 });
  const statuses: number[] = [];
  await until('refused for what it is', async () => {
    const answer = await post();
    statuses.push(answer.status);
    return ((await answer.json()) as { code?: string }).code === 'topic-made-anew';
  });
  // Written there or not, none of them was accepted.
  expect(new Set(statuses)).toEqual(new Set([503]));
  expect(await (await fetch(`${address}/readyz`)).text()).toContain('was made anew');
});

/** All records below the vector, copied out of the log. */
async function readTo(vector: readonly number[]): Promise<(JudgedRecord & { trace: string })[]> {
  const log = await openKafkaRecordLog({ brokers, clientId: 'ingest-test', topic });
  const next = new Map(vector.map((_, partition) => [partition, 0]));
  const records: (JudgedRecord & { trace: string })[] = [];
  const done = new AbortController();
  const positions = () => new Map([...next].filter(([partition, offset]) => offset < vector[partition]!));
  const reading = log.follow(
    {
      positions,
      onRecordSet(set) {
        set.walk({
          record({ key, value, timestampMs, headers }) {
            const trace = headers.find(([name]) => name === 'traceparent')?.[1]?.toString() ?? '';
            records.push({ partition: set.partition, timestampMs, key: copyOf(key), value: copyOf(value), trace });
          },
          gap() {},
        });
        next.set(set.partition, set.next);
        if (positions().size === 0) done.abort();
      },
      onOffsetLost(lost) {
        throw new Error(`offset ${lost.wanted} is lost`);
      },
    },
    done.signal,
  );
  await reading;
  await log.close();
  return records;
}

function byOrder(judged: readonly object[]): string[] {
  return judged.map((each) => JSON.stringify('event' in each && each.event)).toSorted();
}

function copyOf(bytes: Buffer | null): Buffer | null {
  return bytes && Buffer.from(bytes);
}
