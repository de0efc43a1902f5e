// The simulated shop as a pure function, and its own counting.
import { expect, test } from 'vitest';
import { parseEvent } from '../schemas/event-json.ts';
import { createGeneration } from '../schemas/generation.ts';
import { createShopCounter } from './shop-totals.ts';
import { type Arrival, type ShopOptions, simulateShop } from './simulate-shop.ts';

const startMs = Date.UTC(2026, 4, 1, 10);
const take = (count: number, options: Partial<ShopOptions> = {}): Arrival[] =>
  simulateShop({ seed: 1, startMs, rate: 100, ...options })
    .take(count)
    .toArray();
const { rules } = createGeneration({ topic: 't', partitions: 1, horizonMs: 1, hashKey: '0f'.repeat(16) });

test('the same seed and start make the same events, another seed others', () => {
  expect(take(2_000)).toEqual(take(2_000));
  expect(take(50, { seed: 2 })).not.toEqual(take(50));
  expect(take(50, { startMs: startMs + 1 })).not.toEqual(take(50));
});

test.each([{}, { rhythm: true }, { daysLate: 0.1 }, { rate: 2_000 }, { rate: 0.03, rhythm: true }])(
  'arrivals follow each other, nothing occurs after it arrives, and ingest accepts all of it: %j',
  (options) => {
    let before = startMs;
    for (const { arrivalMs, event } of take(5_000, options)) {
      expect(arrivalMs).toBeGreaterThanOrEqual(before);
      expect(event.occurredAt).toBeLessThanOrEqual(arrivalMs);
      expect(parseEvent(event, rules, arrivalMs)).toMatchObject({ kind: 'valid' });
      before = arrivalMs;
    }
  },
);

test('shares of types, copies and late events are those of a believable shop', () => {
  const arrivals = take(20_000, { rate: 2_000 });
  const first = arrivals.filter((arrival) => !arrival.copy);
  const count = (type: string) => first.filter(({ event }) => event.type === type).length;
  const orders = count('OrderPlaced');
  expect(orders / first.length).toBeGreaterThan(0.45);
  expect(count('OrderFulfilled') / orders).toBeGreaterThan(0.85);
  expect(count('OrderCancelled') / orders).toBeCloseTo(0.03, 1);
  expect(count('OrderCancelled')).toBeGreaterThan(100);
  expect(count('OrderRefunded') / orders).toBeCloseTo(0.05, 1);
  expect(count('OrderRefunded')).toBeGreaterThan(100);
  expect((arrivals.length - first.length) / arrivals.length).toBeCloseTo(0.01, 2);
  const late = first.filter(
    ({ arrivalMs, event }) => event.type === 'OrderPlaced' && arrivalMs - event.occurredAt >= 60_000,
  );
  expect(late.length / orders).toBeCloseTo(0.03, 2);
  expect(new Set(first.map(({ event }) => event.currency))).toEqual(new Set(['EUR', 'USD', 'GBP', 'JPY']));
});

test('the pace is the one asked for, on average also with the rhythm of a day', () => {
  const even = take(10_001);
  expect(even.at(-1)!.arrivalMs - startMs).toBe(100_000);
  const days = take(20_000, { rate: 20_000 / (8 * 86_400), rhythm: true });
  expect((days.at(-1)!.arrivalMs - startMs) / 86_400_000).toBeGreaterThan(6);
  expect((days.at(-1)!.arrivalMs - startMs) / 86_400_000).toBeLessThan(14);
});

test('the counter counts a copy once and keeps currencies apart', () => {
  const arrivals = take(5_000);
  const counter = createShopCounter();
  for (const { event } of arrivals) counter.add(event);
  const totals = counter.totals();
  const copies = arrivals.filter((arrival) => arrival.copy).length;
  expect(totals).toMatchObject({ sent: 5_000, copies, distinct: 5_000 - copies });
  expect(copies).toBeGreaterThan(20);
  const euros = arrivals.filter(({ copy, event }) => !copy && event.currency === 'EUR' && event.type === 'OrderPlaced');
  expect(totals.byCurrency['EUR']).toMatchObject({
    orders: euros.length,
    grossMinor: euros.reduce((sum, { event }) => sum + event.amountMinor, 0),
  });
});
