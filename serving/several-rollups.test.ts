// Measures that no one rollup holds, answered from several of them in one cut.
import { expect, test } from 'vitest';
import { createTestApp } from './test-app.ts';

const nowMs = Date.UTC(2024, 2, 15, 12, 0, 30);
const at = (text: string) => Date.parse(`2024-03-${text}Z`);
const lines = (...amounts: readonly number[]) =>
  amounts.map((amountMinor) => ({ sku: 's', name: null, category: 'k', quantity: 2, amountMinor }));
const placed = (occurredAt: number, storeId: string, ...amounts: readonly number[]) => ({
  occurredAt,
  storeId,
  items: lines(...amounts),
});
const refunded = (occurredAt: number, storeId: string) => ({
  type: 'OrderRefunded' as const,
  occurredAt,
  placedAt: occurredAt,
  storeId,
  items: lines(1),
});

const world = {
  nowMs,
  batch: [placed(at('14T10:05:00'), 'a', 5, 6, 7), refunded(at('14T10:07:00'), 'b')],
  live: [placed(at('14T10:50:00'), 'a', 100), placed(at('15T09:00:00'), 'c', 1_000)],
};

test('each measure is read of the smallest rollup that holds it, and a group is there where any of them has it', async () => {
  const { get, reads } = createTestApp(world);
  const { body } = await get('measures=refunds,itemMinor,orders&by=store&from=2024-03-14&order=-itemMinor');
  expect(body.rows.map(({ store, refunds, itemMinor, orders }) => [store, refunds, itemMinor, orders])).toEqual([
    ['c', 0, 1_000, 1],
    ['a', 0, 118, 2],
    ['b', 1, 0, 0],
  ]);
  expect(body['query']).toMatchObject({ rollups: ['order_minute', 'sku_quarter_hour'] });
  expect(body['query']).not.toHaveProperty('rollup');
  expect(reads.map(({ rollup, bases }) => [rollup, bases])).toEqual([
    ['order_minute', ['orders', 'refunds']],
    ['sku_quarter_hour', ['itemMinor']],
  ]);
});

test('events are counted once for the live share, however many rollups count them', async () => {
  const { get } = createTestApp(world);
  const { body } = await get('measures=orders,itemMinor');
  expect(body['provenance']).toMatchObject({ liveShare: 0.5 });
});

test('rest, windows, comparison and an open beginning hold what both say', async () => {
  const { get } = createTestApp(world);
  const { body } = await get(
    'measures=refunds,itemMinor&by=store&window=day&from=2024-03-15&compare=day-ago&limit=1&other=true&fill=true',
  );
  const told = body.rows.map(({ store, refunds, itemMinor, compare }) => {
    const then = compare as { refunds: number; itemMinor: number };
    return [store, refunds, itemMinor, then.refunds, then.itemMinor];
  });
  expect(told).toEqual([
    ['a', 0, 0, 0, 118],
    [null, 0, 1_000, 1, 0],
  ]);
  const open = await get('measures=orders,itemMinor');
  expect(open.body['query']).toMatchObject({ from: '2024-03-14T10:00:00+00:00' });
});

test('all reads lie on the edges that are asked', async () => {
  const { get, reads } = createTestApp(world);
  const { body } = await get('measures=refunds,itemMinor&from=2024-03-14T10:06:00Z&to=2024-03-14T10:51:00Z');
  expect(body.rows).toMatchObject([{ refunds: 1, itemMinor: 100 }]);
  expect(reads.map(({ rollup }) => rollup)).toEqual(['order_minute', 'item_minute']);
  expect(new Set(reads.map(({ from, to }) => `${from} ${to}`)).size).toBe(1);
});

test('an answer of several rollups is known by its tag, until one of them changes', async () => {
  const { get, arrive } = createTestApp(world);
  const { headers } = await get('measures=refunds,itemMinor');
  const held = { 'if-none-match': String(headers['etag']) };
  expect((await get('measures=refunds,itemMinor', held)).status).toBe(304);
  arrive([placed(at('15T09:00:00'), 'c', 1)]);
  expect((await get('measures=refunds,itemMinor', held)).body.rows).toMatchObject([{ itemMinor: 1_119 }]);
});
