// An archive belongs to the topic that it was begun with.
import { expect, test } from 'vitest';
import { createGeneration } from '../schemas/generation.ts';
import { claimArchivedTopic } from './archived-topic.ts';
import { openOwnDatabase } from '../test/own-database.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey });
const { clickhouse } = openOwnDatabase(generation);

test('the first to ask says which topic; one made anew under its name is refused for good', async () => {
  await claimArchivedTopic(clickhouse, generation, 'id-1', 5);
  await claimArchivedTopic(clickhouse, generation, 'id-1', 6);
  await expect(claimArchivedTopic(clickhouse, generation, 'id-2', 4)).rejects.toMatchObject({
    code: 'topic-replaced',
    retryable: false,
  });
  await claimArchivedTopic(clickhouse, generation, 'id-1', 7);
});
