// Attacks "nothing is skipped silently" with what a sound broker can do: foreign producers' transactions, ended and never
// ended, and retention past what is live. Whole pipelines on the shared stack.
import { expect, inject, test } from 'vitest';
import { createKafkaJs } from '../runtime/kafka/kafkajs-client.ts';
import { encodeEvent } from '../schemas/codec.ts';
import { openPipeline, type Pipeline, type TestServing } from './pipeline.ts';
import { placedOrder } from './record-sets.ts';
import { until } from './until.ts';

const now = Date.now();
const order = (n: number) => placedOrder(n, { occurredAt: now });
const messageOf = (n: number) => ({ key: order(n).orderId, value: encodeEvent(order(n)), partition: 0 });

interface Answer {
  rows: { orders: number }[];
  provenance: { vector: number[]; lagRecords: number | null; notes: string[] };
}

const ask = async (serving: TestServing) =>
  (await serving.app.inject('/v1/query?measures=orders&provenance=full')).json<Answer>();
const ordersOf = async (serving: TestServing) => (await ask(serving)).rows[0]?.orders;

async function openWorld() {
  const pipeline = await openPipeline({ stack: inject('stack'), partitions: 1 });
  const kafka = createKafkaJs({ brokers: pipeline.brokers, clientId: 'foreign' });
  return { pipeline, kafka };
}

/** The run's ledger of the only partition. */
async function runLedger(pipeline: Pipeline, cover: number) {
  const { run } = await pipeline.batch.makeRun([cover]);
  const { tidemark, counted, duplicate, rejected, gap, audit } = run;
  return {
    tidemark: tidemark[0],
    counted: counted[0],
    duplicate: duplicate[0],
    rejected: rejected[0],
    gap: gap[0],
    audit,
  };
}

test.concurrent('aborted records and markers are gaps in both layers; what waits behind an open transaction is said', async () => {
  const { pipeline, kafka } = await openWorld();
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(pipeline);
  cleanup.use(await pipeline.openSpeed());
  await using serving = await pipeline.openServing();
  const foreign = kafka.producer({ transactionalId: pipeline.topic, idempotent: true, maxInFlightRequests: 1 });
  await foreign.connect();
  const write = async (numbers: number[]) => {
    const transaction = await foreign.transaction();
    await transaction.send({ topic: pipeline.topic, messages: numbers.map(messageOf) });
    return transaction;
  };
  await pipeline.produce([order(0)]);
  await (await write([1, 2])).abort(); // offsets 1, 2 and the marker
  await (await write([3])).commit(); // offset 4 and the marker
  await pipeline.produce([order(2)]); // what was aborted is no copy
  await until('live', async () => (await ask(serving)).provenance.vector[0] === 7);
  expect(await ordersOf(serving)).toBe(3);
  expect(await runLedger(pipeline, 7)).toEqual({
    tidemark: 7,
    counted: 3,
    duplicate: 0,
    rejected: 0,
    gap: 4,
    audit: 'equal',
  });

  const open = await write([4, 5]);
  await pipeline.produce([order(6)]);
  const note = 'partition 0: 3 records from offset 7 on wait behind a transaction that is open';
  await until('said', async () => (await ask(serving)).provenance.notes.includes(note));
  expect((await ask(serving)).provenance).toMatchObject({ vector: [7], lagRecords: 3 });
  await open.abort();
  await until('passed', async () => (await ask(serving)).provenance.vector[0] === 11);
  await until('said no more', async () => !(await ask(serving)).provenance.notes.includes(note));
  expect(await ordersOf(serving)).toBe(4);
  expect(await runLedger(pipeline, 11)).toMatchObject({ counted: 4, gap: 7, audit: 'equal' });
  await foreign.disconnect();
});

test.concurrent('retention past the live counters: said, and they go on from the run that counted it', async () => {
  const { pipeline, kafka } = await openWorld();
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(pipeline);
  await using serving = await pipeline.openServing();
  {
    await using first = await pipeline.openSpeed();
    await pipeline.produce([order(0), order(1)]);
    await until('live', async () => (await ordersOf(serving)) === 2);
    expect(first.waitingFor()).toBeUndefined();
  }
  await pipeline.produce([order(2), order(3), order(4)]);
  await until('archived', async () => {
    const [row] = await pipeline.clickhouse.query<{ end: string }>(
      'SELECT max(`to`) AS end FROM archive_log WHERE archive = {archive:String}',
      { archive: pipeline.generation.archiveId },
    );
    return row?.end === '5';
  });
  const admin = kafka.admin();
  await admin.connect();
  await admin.fetchTopicOffsets(pipeline.topic); // kafkajs finds no leader without
  await admin.deleteTopicRecords({ topic: pipeline.topic, partitions: [{ partition: 0, offset: '5' }] });
  await admin.disconnect();
  await using speed = await pipeline.openSpeed();
  const why = 'offsets 2 to 4 left the log before they were';
  await until('speed stands', () => speed.waitingFor() === `partition 0: ${why} read (retention)`);
  const note = `partition 0: ${why} live: the next batch run counts them`;
  await until('said', async () => (await ask(serving)).provenance.notes.includes(note));
  expect(await runLedger(pipeline, 5)).toMatchObject({ tidemark: 5, counted: 5 });
  await pipeline.produce([order(5)]);
  await until('live again', async () => (await ordersOf(serving)) === 6);
  expect(speed.waitingFor()).toBeUndefined();
  await until('said no more', async () => !(await ask(serving)).provenance.notes.includes(note));
});
