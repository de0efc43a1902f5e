// An archive of many orders without sending them: rows put straight into order_events by ClickHouse itself, with the
// archive_log rows that make them count, as the archiver would have written them. Kafka is brought to where it would stand
// long after: the topic had as many records (empty ones, in place of the orders), and retention has deleted them. So the
// offsets, the topic's id, the chunks and the vectors are real; the raw bytes of the records are not kept.
import { Connection, createAPI, produceV9, Writer } from '@platformatic/kafka';
import { claimArchivedTopic } from '../../runtime/archived-topic.ts';
import { type ClickHouse, ensureTables, openClickHouse } from '../../runtime/clickhouse.ts';
import { createKafkaJs } from '../../runtime/kafka/kafkajs-client.ts';
import { openKafkaRecordLog } from '../../runtime/kafka/kafka-record-log.ts';
import { makeBatch } from '../../runtime/kafka/test-batches.ts';
import { ensureTopics } from '../../runtime/kafka/topics.ts';
import { currentSchemaId } from '../../schemas/codec.ts';
import type { Generation } from '../../schemas/generation.ts';
import { tables } from '../../schemas/layout-clickhouse.ts';
import type { Settings } from './world.ts';

export interface GeneratedOrders {
  readonly count: number;
  readonly fromMs: number;
  readonly days: number;
}

/** Offsets of one archive_log row: what the archiver inserts at a time. */
const rangeRecords = 100_000;
const batchRecords = 10_000;

export async function putIntoArchive(
  settings: Settings,
  generation: Generation,
  orders: GeneratedOrders,
  onProgress: (share: number) => void,
): Promise<void> {
  const { topic, partitions } = generation;
  const brokers = [...settings.kafkaBrokers];
  if (orders.count % (partitions * batchRecords) !== 0)
    throw new Error(`${orders.count} orders cannot be spread evenly over ${partitions} partitions`);
  const perPartition = orders.count / partitions;
  await ensureTopics({ brokers, clientId: 'bench', topic, partitions });
  await fillAndExpire(brokers[0]!, topic, partitions, perPartition);
  onProgress(0.1);
  await ensureTables(settings, generation, Date.now());
  const clickhouse = openClickHouse(settings);
  try {
    const recordLog = await openKafkaRecordLog({ brokers, clientId: 'bench', topic });
    await claimArchivedTopic(clickhouse, generation, recordLog.topicId(), Date.now());
    await recordLog.close();
    for (let from = 0; from < perPartition; from += rangeRecords) {
      const to = Math.min(from + rangeRecords, perPartition);
      await insertRange(clickhouse, generation, orders, { from, to, perPartition });
      onProgress(0.1 + (0.9 * to) / perPartition);
    }
  } finally {
    await clickhouse.close();
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly perPartition: number;
}

/** The same offsets of every partition: order n has offset n / partitions, and time goes on with n. */
async function insertRange(clickhouse: ClickHouse, generation: Generation, orders: GeneratedOrders, range: Range) {
  const { archiveId: archive, partitions, chunkMs } = generation;
  const { from, to, perPartition } = range;
  const params = {
    archive,
    partitions,
    chunkMs,
    first: from * partitions,
    records: (to - from) * partitions,
    fromMs: orders.fromMs,
    stepMs: (orders.days * 86_400_000) / (perPartition * partitions),
    schemaId: currentSchemaId,
  };
  await clickhouse.command(
    `INSERT INTO ${tables.orderEvents} (${generatedColumns.map(([name]) => `\`${name}\``).join(', ')})
     SELECT ${generatedColumns.map(([name, sql]) => `${sql} AS \`${name}\``).join(', ')}
     FROM numbers({first:UInt64}, {records:UInt64})`,
    params,
  );
  await clickhouse.command(
    `INSERT INTO ${tables.archiveLog} (archive, partition, \`from\`, \`to\`, rows, chunks, rejected, gaps, leaderEpochs, insertedAt)
     SELECT archive, partition, toUInt64(${from}), toUInt64(${to}), count(), groupUniqArray(chunk), [], [],
       [(toUInt64(${from}), toInt32(0))], ${Date.now()}
     FROM ${tables.orderEvents} WHERE archive = {archive:String} AND offset >= ${from} AND offset < ${to}
     GROUP BY archive, partition`,
    params,
  );
}

/** Every column in a SELECT over numbers; `number` is the order's. Unequal shares of stores, a hundred articles. */
const hash = (salt: string) => `cityHash64(number, '${salt}')`;
const occurredAt = 'toInt64({fromMs:Int64} + floor(number * {stepMs:Float64}))';
const generatedColumns: readonly (readonly [name: string, sql: string])[] = [
  ['archive', '{archive:String}'],
  ['chunk', `toUInt32(intDiv(${occurredAt}, {chunkMs:Int64}))`],
  ['partition', 'toUInt32(number % {partitions:UInt32})'],
  ['identity', hash('identity')],
  ['offset', 'intDiv(number, {partitions:UInt32})'],
  ['recordTime', `${occurredAt} + 5`],
  ['schemaId', '{schemaId:UInt32}'],
  ['eventId', `concat('00000000-0000-4000-8000-', lower(leftPad(hex(number), 12, '0')))`],
  ['type', `'OrderPlaced'`],
  ['orderId', `concat('generated-', toString(number))`],
  ['storeId', `['West', 'West', 'East', 'East', 'Central', 'South'][${hash('store')} % 6 + 1]`],
  ['channel', `['web', 'app'][${hash('channel')} % 2 + 1]`],
  ['country', `'US'`],
  ['currency', `'USD'`],
  ['occurredAt', occurredAt],
  ['placedAt', occurredAt],
  ['amountMinor', `toInt64(${hash('amount')} % 20000)`],
  ['items.sku', `[concat('sku-', toString(${hash('sku')} % 100))]`],
  ['items.name', '[CAST(NULL AS Nullable(String))]'],
  ['items.category', `[['Food', 'Tools', 'Books'][${hash('sku')} % 100 % 3 + 1]]`],
  ['items.quantity', `[toInt64(${hash('quantity')} % 5 + 1)]`],
  ['items.amountMinor', `[toInt64(${hash('amount')} % 20000)]`],
];

/** The same ready-made batch to every partition; the broker gives it its offsets. */
const produceBatch = createAPI(
  0,
  9,
  (topic: string, partitions: number, batch: Buffer) =>
    Writer.create()
      .appendString(null)
      .appendInt16(-1)
      .appendInt32(30_000)
      .appendArray([topic], (writer, name) => {
        writer.appendString(name).appendArray([...Array.from({ length: partitions }).keys()], (each, partition) => {
          each
            .appendInt32(partition)
            .appendUnsignedVarInt(batch.length + 1)
            .append(batch);
        });
      })
      .appendTaggedFields(),
  produceV9.parseResponse,
);

/** Records without an order in them up to the offset, then the deletion of all of them, as retention does it. */
async function fillAndExpire(broker: string, topic: string, partitions: number, perPartition: number): Promise<void> {
  const [host, port] = broker.split(':') as [string, string];
  const connection = new Connection('bench', { connectTimeout: 5_000, requestTimeout: 30_000 });
  await connection.connect(host, Number(port));
  const batch = makeBatch({ baseOffset: 0, deltas: [...Array.from({ length: batchRecords }).keys()], codec: 'gzip' });
  for (let written = 0; written < perPartition; written += batchRecords)
    await produceBatch.async(connection, topic, partitions, batch);
  await connection.close();
  const admin = createKafkaJs({ brokers: [broker], clientId: 'bench' }).admin();
  await admin.connect();
  try {
    const ends = await admin.fetchTopicOffsets(topic);
    const wrong = ends.filter(({ high }) => Number(high) !== perPartition);
    if (wrong.length > 0) throw new Error(`${topic}: ${JSON.stringify(wrong)}, expected ${perPartition} records each`);
    const all = ends.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.deleteTopicRecords({ topic, partitions: all });
  } finally {
    await admin.disconnect();
  }
}
