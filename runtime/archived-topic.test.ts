// An archive belongs to the topic that it was begun with.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createGeneration } from '../schemas/generation.ts';
import { claimArchivedTopic } from './archived-topic.ts';
import { type ClickHouse, ensureTables, openClickHouse } from './clickhouse.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey });
const options = {
  clickhouseUrl: inject('stack').clickhouseUrl,
  clickhouseUser: 'default',
  clickhousePassword: '',
  clickhouseDatabase: `t${randomBytes(5).toString('hex')}`,
};
let clickhouse: ClickHouse;
beforeAll(async () => {
  await ensureTables(options, generation, 0);
  clickhouse = openClickHouse(options);
});
afterAll(async () => {
  await clickhouse.command(`DROP DATABASE ${options.clickhouseDatabase}`);
  await clickhouse.close();
});

test('the first to ask says which topic; one made anew under its name is refused for good', async () => {
  await claimArchivedTopic(clickhouse, generation, 'id-1', 5);
  await claimArchivedTopic(clickhouse, generation, 'id-1', 6);
  await expect(claimArchivedTopic(clickhouse, generation, 'id-2', 4)).rejects.toMatchObject({
    code: 'topic-replaced',
    retryable: false,
  });
  await claimArchivedTopic(clickhouse, generation, 'id-1', 7);
});
