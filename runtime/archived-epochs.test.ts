// What the archive remembers of leader epochs: exact at any offset, also inside a range, and unknown where it is older.
import { randomBytes } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { createGeneration } from '../schemas/generation.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import { readEpochsBefore } from './archived-ends.ts';
import { ensureTables, openClickHouse } from './clickhouse.ts';

const generation = createGeneration({
  topic: 'orders',
  partitions: 3,
  horizonMs: 60_000,
  hashKey: '000102030405060708090a0b0c0d0e0f',
});

test('the epoch of the record before an offset: of its range, of the ranges before, or not known', async () => {
  const name = `t${randomBytes(5).toString('hex')}`;
  const options = { clickhouseUrl: inject('stack').clickhouseUrl, clickhouseUser: 'default', clickhousePassword: '' };
  const clickhouse = openClickHouse({ ...options, clickhouseDatabase: name });
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => clickhouse.close());
  cleanup.defer(() => clickhouse.command(`DROP DATABASE IF EXISTS ${name}`));
  await ensureTables({ ...options, clickhouseDatabase: name }, generation, 1);
  // An archive of before leader epochs were kept.
  await clickhouse.command(`ALTER TABLE ${tables.archiveLog} DROP COLUMN leaderEpochs`);
  const range = (partition: number, from: number, to: number) => ({
    archive: generation.archiveId,
    partition,
    from,
    to,
    rows: 0,
    chunks: [],
    rejected: [],
    gaps: [],
    insertedAt: 1,
  });
  await clickhouse.insertRows(tables.archiveLog, [range(0, 0, 10), range(2, 0, 10)]);
  await ensureTables({ ...options, clickhouseDatabase: name }, generation, 1);
  const epochs = (...leaderEpochs: [number, number][]) => ({ leaderEpochs });
  await clickhouse.insertRows(tables.archiveLog, [
    { ...range(0, 10, 30), ...epochs([10, 4], [20, 6]) },
    { ...range(0, 30, 40), ...epochs([30, 6]) },
    { ...range(1, 0, 5), ...epochs([0, 2]) },
    // Written by a zombie that had read the log before it was cut: the older epoch finds the cut.
    { ...range(1, 5, 9), ...epochs([5, 7]) },
    { ...range(1, 5, 9), ...epochs([5, 2]) },
  ]);
  expect(await readEpochsBefore(clickhouse, generation, [40, 9, 10])).toEqual([6, 2, undefined]);
  expect(await readEpochsBefore(clickhouse, generation, [20, 5, 0])).toEqual([4, 2, undefined]);
  expect(await readEpochsBefore(clickhouse, generation, [21, 0, 0])).toEqual([6, undefined, undefined]);
  expect(await readEpochsBefore(clickhouse, generation, [10, 0, 0])).toEqual([undefined, undefined, undefined]);
});
