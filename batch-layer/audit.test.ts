import { expect, test } from 'vitest';
import { encodeCellKey } from '../schemas/cells.ts';
import { emptyCells } from '../schemas/fold.ts';
import { createGeneration } from '../schemas/generation.ts';
import { emptyLedger } from '../schemas/layout-redis.ts';
import { audit } from './audit.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey });
const rollup = generation.definition.rollups[0]!;
const key = encodeCellKey(5, ['a', 'b', 'c', 'd']);

function epochOf(gross: number) {
  const cells = emptyCells(generation.definition);
  cells[0]!.set(key, [1, 1, gross, 0, 0, 0, 0, 0, 0]);
  return { from: 0, to: 1, ledger: { ...emptyLedger(), counted: 1, newest: 0, cells: [], facts: [] }, cells };
}

function auditOf(epochs: number[], batchGross: bigint) {
  const zeros = Object.fromEntries(rollup.measures.map((name) => [`total_${name}`, '0']));
  const n = String(epochs.length);
  const dimensions = { store: 'a', channel: 'b', country: 'c', currency: 'd' };
  const row = {
    windowStart: 5 * rollup.windowMs,
    ...dimensions,
    ...zeros,
    total_facts: n,
    total_orders: n,
    total_grossMinor: String(batchGross),
  };
  return audit({
    generation,
    epochs: epochs.map(epochOf),
    apart: [],
    compared: [0],
    increment: async (asked) => (asked === rollup ? [row] : []),
  });
}

test('sums beyond 2^53 are compared to the last unit', async () => {
  const most = 2 ** 52 + 1; // as much as one epoch may hold
  expect(await auditOf([most, most, most], 3n * BigInt(most))).toMatchObject({ audit: 'equal', auditedEvents: 3 });
  expect(await auditOf([most, most, most], 3n * BigInt(most) + 1n)).toMatchObject({ audit: 'different' });
});

test('a difference is told by rollup, window, dimensions and both values', async () => {
  const { auditNote } = await auditOf([7], 8n);
  expect(auditNote).toMatch(/^order_minute 1970-01-01T00:05:00.000Z a\/b\/c\/d: batch 1,1,8,.* live 1,1,7,/);
});
