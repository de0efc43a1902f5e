// The numbers of the real orders, which every layer after this one has to reproduce.
import { describe, expect, test } from 'vitest';
import { parseEvent } from '../schemas/event-json.ts';
import { createGeneration } from '../schemas/generation.ts';
import type { EventInput } from './event-input.ts';
import { centsOf, readSuperstore, superstoreEvents } from './superstore.ts';

const events = readSuperstore();
const placed = events.filter((event) => event.type === 'OrderPlaced');
const lines = placed.flatMap((event) => event.items);
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

function totalsBy<T extends { amountMinor: number }>(list: readonly T[], keyOf: (each: T) => string | number) {
  const groups = Object.entries(Object.groupBy(list, keyOf) as Record<string, T[]>);
  return Object.fromEntries(groups.map(([key, group]) => [key, [group.length, sum(group.map((e) => e.amountMinor))]]));
}

const gross = (totals: Record<string, number[]>) =>
  Object.fromEntries(Object.entries(totals).map(([key, [, total]]) => [key, total]));

test('there are 5,009 orders with 9,994 lines, each placed and fulfilled', () => {
  expect(events).toHaveLength(superstoreEvents);
  expect(new Set(placed.map((event) => event.orderId)).size).toBe(5_009);
  expect(placed).toHaveLength(5_009);
  expect(lines).toHaveLength(9_994);
  expect(sum(placed.map((event) => event.amountMinor))).toBe(229_720_107);
  expect(sum(lines.map((line) => line.quantity))).toBe(37_873);
});

test('by region, year and category they are those of the issue', () => {
  expect(gross(totalsBy(placed, (event) => event.storeId))).toEqual({
    West: 72_545_793,
    East: 67_878_136,
    Central: 50_123_988,
    South: 39_172_190,
  });
  expect(totalsBy(placed, (event) => new Date(event.occurredAt).getUTCFullYear())).toEqual({
    2014: [969, 48_424_756],
    2015: [1_038, 47_053_246],
    2016: [1_315, 60_920_586],
    2017: [1_687, 73_321_519],
  });
  expect(gross(totalsBy(lines, (line) => line.category))).toEqual({
    Technology: 83_615_410,
    Furniture: 74_199_998,
    'Office Supplies': 71_904_699,
  });
});

test('ingest accepts each of them, and importing twice makes the same identities', () => {
  const { rules } = createGeneration({ topic: 'orders', partitions: 12, horizonMs: 1, hashKey: '0f'.repeat(16) });
  const identities = (list: readonly EventInput[]) =>
    list.map((event) => {
      const parsed = parseEvent(JSON.parse(JSON.stringify(event)), rules, Date.UTC(2026, 0));
      return parsed.kind === 'valid' ? `${parsed.event.orderId} ${parsed.event.eventId}` : parsed.problem;
    });
  const first = identities(events);
  expect(first.filter((identity) => typeof identity !== 'string')).toEqual([]);
  expect(new Set(first).size).toBe(superstoreEvents);
  expect(identities(readSuperstore())).toEqual(first);
});

describe('dollars to cents', () => {
  test.each([
    ['261.96', 26_196],
    ['957.5775', 95_758],
    ['0.005', 1],
    ['0.0049', 0],
    ['1.005', 101],
    ['8.5', 850],
    ['22638.48', 2_263_848],
    ['12', 1_200],
    ['9.995', 1_000],
  ])('%s is %i', (dollars, cents) => expect(centsOf(dollars)).toBe(cents));

  test.each(['', '-1', '1e3', '1,5', '.5'])('%j is refused', (text) =>
    expect(() => centsOf(text)).toThrow(/no amount/),
  );
});
