// The archive counts only what its log says was inserted.
import { expect, test } from 'vitest';
import { createGeneration } from '../schemas/generation.ts';
import { recordSetOf } from '../test/record-sets.ts';
import { createArchiveBlockBuilder } from './archive-block.ts';
import { createClickHouseArchiveStore } from './clickhouse-archive-store.ts';
import { openOwnDatabase } from '../test/own-database.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey });
const { clickhouse } = openOwnDatabase(generation);

const blockOf = (from: number, next: number) => {
  const builder = createArchiveBlockBuilder(generation);
  builder.add(recordSetOf(from, next));
  return builder.take()!;
};

test('rows whose insert failed, or whose log row was never written, are not archived: they are read again', async () => {
  const archive = createClickHouseArchiveStore(clickhouse, generation, () => 0);
  await archive.insert(blockOf(0, 5));
  const away = () => Promise.reject(new Error('ClickHouse was killed'));
  const withoutRows = createClickHouseArchiveStore({ ...clickhouse, insertBinary: away }, generation, () => 0);
  await expect(withoutRows.insert(blockOf(5, 10))).rejects.toThrow('killed');
  expect(await archive.archivedVector()).toEqual([5]);
  const withoutLog = createClickHouseArchiveStore({ ...clickhouse, insertRows: away }, generation, () => 0);
  await expect(withoutLog.insert(blockOf(5, 10))).rejects.toThrow('killed');
  expect(await archive.archivedVector()).toEqual([5]);
});
