// An epoch is whole only if range, ledger and cells all say the same.
import { expect, test } from 'vitest';
import type { LogEntry } from '../schemas/oracle.ts';
import { type Epoch, isWhole, tallyOf } from './epoch.ts';
import { createWorld, testEvent, testGeneration } from './test-live-world.ts';

const generation = testGeneration(1);
const { rollups } = generation.definition;
const items = [
  { sku: 'a', name: null, category: 'c', quantity: 2, amountMinor: 5 },
  { sku: 'b', name: null, category: 'd', quantity: 1, amountMinor: 5 },
];
const log: LogEntry[] = Array.from({ length: 10 }, (_, offset) => ({
  partition: 0,
  offset,
  timestampMs: Date.UTC(2024, 0, 1),
  event: offset === 4 ? undefined : testEvent({ orderId: `o${offset}`, items }),
}));
const { from, to, ledger, cells } = createWorld(generation, log).epoch(0, 2, 9);
const tally = tallyOf(cells);
const whole = (some: Partial<Epoch> & { tally?: typeof tally } = {}) =>
  isWhole({ from: some.from ?? from, to: some.to ?? to }, some.ledger ?? ledger, some.tally ?? tally, rollups);
const last = rollups.length - 1;

test('an epoch as it was written is whole', () => {
  expect(whole()).toBe(true);
  expect(ledger).toMatchObject({ counted: 6, rejected: 1 });
});

test.each([
  ['it ends later', { to: to + 1 }],
  ['it begins earlier', { from: from - 1 }],
  ['it ends before it begins', { from: to, to: from }],
  ['more are booked as gaps', { ledger: { ...ledger, gap: 1 } }],
  ['one is booked as counted that was rejected', { ledger: { ...ledger, counted: 7, rejected: 0 } }],
  ['a cell is missing', { tally: { ...tally, cells: tally.cells.with(last, tally.cells[last]! - 1) } }],
  ['a cell holds other facts', { tally: { ...tally, facts: tally.facts.with(last, tally.facts[last]! + 1) } }],
])('it is not whole when %s', (_, spoilt) => {
  expect(whole(spoilt)).toBe(false);
});

test('facts of a rollup over all events must be those counted, even where its ledger says otherwise', () => {
  const facts = tally.facts.with(0, 5);
  expect(whole({ ledger: { ...ledger, facts }, tally: { ...tally, facts } })).toBe(false);
});
