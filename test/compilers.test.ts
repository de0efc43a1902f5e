// The differential test: both compilers of the definition (fold.ts in TypeScript, sql.ts in ClickHouse) and the naive
// oracle agree on random events. Rows reach ClickHouse as the archiver writes them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createArchiveBlockBuilder } from '../batch-layer/archive-block.ts';
import { createClickHouseArchiveStore } from '../batch-layer/clickhouse-archive-store.ts';
import { decodeCellKey } from '../schemas/cells.ts';
import { encodeEvent } from '../schemas/codec.ts';
import { compileFold, emptyCells } from '../schemas/fold.ts';
import { createGeneration } from '../schemas/generation.ts';
import { hashKeyParams, identityBytes, identityOf } from '../schemas/identity.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import { partitionOf } from '../schemas/murmur2.ts';
import { itemTotals, orderTotals } from '../schemas/oracle.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { pseudonymOf } from '../schemas/pseudonym.ts';
import { foldSql } from '../schemas/sql.ts';
import { baseMs, validEvent } from '../schemas/test-events.ts';
import { openOwnDatabase } from './own-database.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 3_600_000, hashKey });
const { clickhouse } = openOwnDatabase(generation);

type Table = Map<string, string[]>;

function byFold(events: readonly OrderEvent[], rollupIndex: number): Table {
  const fold = compileFold(generation);
  const cells = emptyCells(generation.definition);
  for (const event of events) fold.add(event, cells);
  const { windowMs } = generation.definition.rollups[rollupIndex]!;
  return new Map(
    [...cells[rollupIndex]!].map(([key, cell]) => {
      const { windowIndex, values } = decodeCellKey(key);
      return [JSON.stringify([windowIndex * windowMs, ...values]), cell.map(String)];
    }),
  );
}

async function bySql(rollupIndex: number): Promise<Table> {
  const rollup = generation.definition.rollups[rollupIndex]!;
  const rows = await clickhouse.query<Record<string, string>>(
    `SELECT * EXCEPT chunk FROM (${foldSql(generation.definition, rollup, tables.orderEvents)})`,
    hashKeyParams(generation.identityKey),
  );
  const table: Table = new Map();
  for (const row of rows) {
    const key = JSON.stringify([Number(row['windowStart']), ...rollup.dimensions.map((name) => row[name])]);
    const cell = ['facts', ...rollup.measures].map((name) => Number(row[name]));
    // One window may have rows in several chunks: readers add them.
    table.set(
      key,
      (table.get(key) ?? cell.map(() => '0')).map((sum, i) => String(Number(sum) + cell[i]!)),
    );
  }
  return table;
}

async function archive(events: readonly OrderEvent[]): Promise<void> {
  const builder = createArchiveBlockBuilder(generation);
  builder.add({
    partition: 0,
    from: 0,
    next: events.length,
    highWatermark: events.length,
    logStart: 0,
    walk(visitor) {
      for (const [offset, event] of events.entries()) {
        const headers: [string, Buffer | null][] = [
          ['traceparent', Buffer.from('x')],
          ['empty', null],
        ];
        visitor.record({
          offset,
          timestampMs: baseMs,
          key: Buffer.from(event.orderId),
          value: encodeEvent(event),
          headers,
        });
      }
    },
  });
  const block = builder.take()!;
  expect(block.deadLetters).toEqual([]);
  expect(partitionOf(Buffer.from('any'), 1)).toBe(0);
  await createClickHouseArchiveStore(clickhouse, generation, () => 0).insert(block);
}

test('fold and SQL give the same cells for every rollup, and the naive oracle the same totals', async () => {
  const batches = fc.sample(fc.array(validEvent, { minLength: 1, maxLength: 120 }), { numRuns: 12, seed: 20_260_105 });
  for (const events of batches) {
    await clickhouse.command(`TRUNCATE TABLE ${tables.orderEvents}`);
    await archive(events);
    for (const [index, rollup] of generation.definition.rollups.entries()) {
      const [fold, sql] = [byFold(events, index), await bySql(index)];
      expect(sql, rollup.name).toEqual(fold);
    }
    const orders = [...byFold(events, 0).values()].map((cell) => cell.map(Number));
    const sumOf = (rows: number[][], i: number) => rows.reduce((sum, cell) => sum + cell[i]!, 0);
    const totals = orderTotals(events, () => 'all').get('all')!;
    expect([1, 2, 3, 4, 5, 6, 7, 8].map((i) => sumOf(orders, i))).toEqual([
      totals.orders,
      totals.grossMinor,
      totals.cancelledOrders,
      totals.cancelledMinor,
      totals.refunds,
      totals.refundedMinor,
      totals.units,
      totals.fulfilledOrders,
    ]);
    const items = [...byFold(events, 3).values()].map((cell) => cell.map(Number));
    const lines = itemTotals(events, () => 'all').get('all') ?? { units: 0, itemMinor: 0 };
    expect([sumOf(items, 1), sumOf(items, 2)]).toEqual([lines.units, lines.itemMinor]);
  }
});

test("a cell's pseudonym is ClickHouse's keyed hash of the customer's id, whatever text it is, and '' for none", async () => {
  const ids = ['c-1', 'Zoë', '顧客', '🛒', 'x'.repeat(128), "O'Neill \\ |3:x"];
  // Hashes that begin with zeros, and one that has its high bit set.
  const other = Array.from({ length: 3_000 }, (_, i) => `c-${i}`);
  for (const pattern of [/^0[^0]/, /^00/, /^[89a-f]/])
    ids.push(other.find((id) => pattern.test(pseudonymOf(id, generation.identityKey)))!);
  const [event] = fc.sample(
    validEvent.filter((e) => e.type === 'OrderPlaced'),
    { numRuns: 1, seed: 5 },
  );
  await clickhouse.command(`TRUNCATE TABLE ${tables.orderEvents}`);
  await archive([...ids, null].map((customerId, i) => ({ ...event!, customerId, sequence: i })));
  const rollup = generation.definition.rollups.find(({ name }) => name === 'customer_quarter_hour')!;
  const found = await clickhouse.query<{ customer: string }>(
    `SELECT customer FROM (${foldSql(generation.definition, rollup, tables.orderEvents)})`,
    hashKeyParams(generation.identityKey),
  );
  const [k0, k1] = [0, 8].map((at) => Buffer.from(hashKey, 'hex').readBigUInt64LE(at).toString());
  const hashes = await clickhouse.query<{ hash: string }>(
    'SELECT sipHash64Keyed(({k0:UInt64}, {k1:UInt64}), arrayJoin({ids:Array(String)})) AS hash',
    { k0, k1, ids },
  );
  const wanted = hashes.map(({ hash }) => BigInt(hash).toString(16).padStart(16, '0'));
  expect(ids.map((id) => pseudonymOf(id, generation.identityKey))).toEqual(wanted);
  expect(found.map(({ customer }) => customer).toSorted()).toEqual(['', ...wanted].toSorted());
});

test('an archived row holds every field of its event, and the value as it was', async () => {
  const [event] = fc.sample(
    validEvent.filter((e) => e.items.length > 1 && e.customerId !== null),
    { numRuns: 1, seed: 7 },
  );
  await clickhouse.command(`TRUNCATE TABLE ${tables.orderEvents}`);
  await archive([event!]);
  const [row] = await clickhouse.query<Record<string, unknown>>(
    `SELECT *, hex(value) AS valueHex FROM ${tables.orderEvents}`,
  );
  const { items, placedAt, sequence, ...scalars } = event!;
  expect(row).toMatchObject({
    ...scalars,
    occurredAt: String(event!.occurredAt),
    amountMinor: String(event!.amountMinor),
    placedAt: String(placedAt ?? event!.occurredAt),
    sequence: sequence === null ? null : String(sequence),
    'items.sku': items.map((item) => item.sku),
    'items.name': items.map((item) => item.name),
    'items.category': items.map((item) => item.category),
    'items.quantity': items.map((item) => String(item.quantity)),
    'items.amountMinor': items.map((item) => String(item.amountMinor)),
    'headers.name': ['traceparent', 'empty'],
    'headers.value': ['x', null],
    valueHex: encodeEvent(event!).toString('hex').toUpperCase(),
  });
});

test("the identity is ClickHouse's sipHash64Keyed of the same bytes", async () => {
  const [k0, k1] = [0, 8].map((at) => Buffer.from(hashKey, 'hex').readBigUInt64LE(at).toString());
  for (const event of fc.sample(validEvent, { numRuns: 20, seed: 3 })) {
    const { high, low } = identityOf(event, generation.identityKey);
    const [row] = await clickhouse.query<{ hash: string }>(
      `SELECT sipHash64Keyed(({k0:UInt64}, {k1:UInt64}), unhex({bytes:String})) AS hash`,
      { k0, k1, bytes: identityBytes(event).toString('hex') },
    );
    expect((BigInt(high) << 32n) | BigInt(low)).toBe(BigInt(row!.hash));
  }
});
