// Which archived identities a writer is told: those of its own archive and partition, strictly below the tidemark, at or above
// the floor.
import { expect, test } from 'vitest';
import { createGeneration } from '../schemas/generation.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import { baseMs } from '../schemas/test-events.ts';
import { createTidemarkSource } from './tidemark-source.ts';
import { openOwnDatabase } from '../test/own-database.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 2, horizonMs: 600_000, hashKey });
const { clickhouse } = openOwnDatabase(generation);

test('the archive tells the identities below the tidemark and not below the floor, of one archive and partition', async () => {
  const archived = (
    low: number,
    some: { archive?: string; partition?: number; offset: number; occurredAt?: number },
  ) => {
    const { occurredAt = baseMs } = some;
    const identity = (2n ** 63n + BigInt(low)).toString();
    const chunk = Math.floor(occurredAt / generation.chunkMs);
    return { archive: generation.archiveId, partition: 1, occurredAt, chunk, identity, ...some };
  };
  await clickhouse.insertRows(tables.orderEvents, [
    archived(1, { offset: 4 }),
    archived(2, { offset: 9 }),
    archived(3, { offset: 10 }), // at the tidemark
    archived(4, { offset: 5, occurredAt: baseMs - 1 }), // below the floor
    archived(5, { offset: 5, partition: 0 }),
    archived(6, { offset: 5, archive: 'another' }),
  ]);
  const found = await createTidemarkSource(clickhouse, generation).identities(1, 10, baseMs);
  expect([...found].toSorted((a, b) => a.low - b.low)).toEqual([
    { high: 2 ** 31, low: 1 },
    { high: 2 ** 31, low: 2 },
  ]);
});
