// `customers`: different customers of any group of orders. That random queries count them as a plain set does:
// query-oracle.property.test.ts; the sets themselves: distinct.test.ts; on ClickHouse: clickhouse-batch-views.integration.test.ts.
import { describe, expect, test } from 'vitest';
import { pseudonymOf } from '../schemas/pseudonym.ts';
import { DistinctSet, standardError } from './distinct.ts';
import { createTestApp } from './test-app.ts';
import { testGeneration } from './test-live-world.ts';

const nowMs = Date.UTC(2024, 2, 15, 12, 0, 30);
const at = (text: string) => Date.parse(`2024-03-${text}Z`);
const placed = (customerId: string | null, storeId = 'a', occurredAt = at('14T10:05:00')) => ({
  customerId,
  storeId,
  occurredAt,
});
const customersOf = (rows: readonly Record<string, unknown>[]) =>
  rows.map(({ store, customers }) => [store, customers]);

describe('customers', () => {
  const world = {
    nowMs,
    batch: [placed('Zoë'), placed('🛒'), placed(null), placed('Zoë', 'b'), placed('c1', 'c', at('13T10:00:00'))],
    live: [
      placed('Zoë'),
      placed('c1', 'b', at('15T10:00:00')),
      placed(null, 'd'),
      {
        ...placed('c9', 'e'),
        type: 'OrderRefunded' as const,
        placedAt: at('14T10:00:00'),
      },
    ],
  };

  test('are counted once however many orders they place and wherever those are counted, and none for orders of nobody', async () => {
    const { get } = createTestApp(world);
    const { body } = await get('measures=customers,orders&by=store');
    expect(body.rows.map(({ store, customers, orders }) => [store, customers, orders])).toEqual([
      ['a', 2, 4],
      ['b', 2, 2],
      ['c', 1, 1],
      ['d', 0, 1],
    ]);
    expect(body['estimates']).toEqual({ customers: { exactUpTo: 4_096, standardError } });
    expect((await get('measures=customers')).body.rows).toMatchObject([{ customers: 3 }]);
    expect((await get('measures=orders')).body).not.toHaveProperty('estimates');
    expect(JSON.stringify(body)).not.toContain('"customer"');
  });

  test('of the rest are the union of its groups, and those of two windows are not added', async () => {
    const { get } = createTestApp(world);
    const ranked = await get('measures=customers,grossMinor&by=store&order=-customers&limit=1&other=true');
    expect(customersOf(ranked.body.rows)).toEqual([
      ['a', 2],
      [null, 2],
    ]);
    const day = 'measures=customers&from=2024-03-13&to=2024-03-16';
    expect((await get(`${day}&window=day`)).body.rows.map(({ customers }) => customers)).toEqual([1, 2, 1]);
    expect((await get(day)).body.rows).toMatchObject([{ customers: 3 }]);
  });

  test('are compared by their two numbers, and filled with 0', async () => {
    const { get } = createTestApp(world);
    const { body } = await get(
      'measures=customers,refunds&by=store&window=day&from=2024-03-14&to=2024-03-16&fill=true&compare=day-ago&where.store=b',
    );
    const told = body.rows.map(({ customers, compare }) => {
      const then = compare as { customers: number; change: { customers: number | null } };
      return [customers, then.customers, then.change.customers];
    });
    expect(told).toEqual([
      [1, 0, null],
      [1, 1, 0],
    ]);
  });

  test('are the same by either attribution: an order is placed when it occurs', async () => {
    const { get } = createTestApp(world);
    const [event, order] = await Promise.all(
      ['event', 'order'].map((name) => get(`measures=customers&by=store&window=day&attribution=${name}`)),
    );
    expect(order!.body.rows).toEqual(event!.body.rows);
  });

  test('are told in a table too, with where an estimate begins', async () => {
    const { get } = createTestApp(world);
    const { text, headers } = await get(
      'measures=customers&by=store&where.store=a&format=csv&from=2024-03-14&to=2024-03-15',
    );
    expect(text.split('\r\n')[1]).toMatch(/,a,2$/);
    expect(JSON.parse(String(headers['tidemark-estimates']))).toEqual({
      customers: { exactUpTo: 4_096, standardError },
    });
  });

  test.each([
    ['measures=customers&window=minute', 'window', 'windows of at least 15 minutes, or a rollup by occurredAt of []'],
    ['measures=orders,customers&window=minute', 'window', 'with customers by minute'],
    ['measures=customers&by=sku', 'measures', 'a rollup by occurredAt of [sku] with customers'],
    ['measures=orders,customers&from=2024-03-14T10:05:00Z', 'from', 'the grain of rollup customer_quarter_hour'],
  ])('where no rollup has them it is said which would: ?%s', async (query, field, expected) => {
    const { status, body } = await createTestApp(world).get(query);
    expect([status, body['field']]).toEqual([400, field]);
    expect(body['expected']).toContain(expected);
  });
});

describe('around 4,096 customers', () => {
  const { identityKey } = testGeneration(1);
  const setOf = (size: number) => {
    const set = new DistinctSet();
    for (let i = 0; i < size; i += 1) set.addHex(pseudonymOf(`c${i}`, identityKey));
    return set;
  };

  test.each([4_095, 4_096, 4_097, 4_100])(
    '%d are counted alike whatever is live and whatever batch has counted',
    async (size) => {
      const orders = Array.from({ length: size }, (_, i) =>
        placed(`c${i}`, 'a', at('14T10:00:00') + (i % 40) * 60_000),
      );
      const again = orders.filter((_, i) => i % 3 === 0);
      for (const cut of [0, 1, 2_000, size]) {
        const { get } = createTestApp({ nowMs, batch: orders.slice(0, cut), live: [...orders.slice(cut), ...again] });
        const { body } = await get('measures=customers');
        expect(body.rows).toMatchObject([{ customers: Number(setOf(size).count()) }]);
        if (size <= 4_096) expect(body.rows).toMatchObject([{ customers: size }]);
        else expect(body.rows[0]!['customers']).toBeGreaterThan(4_096);
      }
    },
  );
});
