// ArchiveReader in ClickHouse.
import { readArchivedVector, readEpochsBefore } from '../runtime/archived-ends.ts';
import { readArchivedTopic } from '../runtime/archived-topic.ts';
import { readLastRuns } from '../runtime/batch-runs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import type { ArchiveReader } from './archive-reader.ts';
import { keptRuns, summarizeRuns } from './run-history.ts';

/** One row for each dead letter, however often its range was archived. */
const distinctRejected = `SELECT partition, letter.1 AS origin, any(letter.2) AS reason, max(insertedAt) AS at
  FROM ${tables.archiveLog} ARRAY JOIN rejected AS letter WHERE archive = {archive:String} GROUP BY partition, origin`;

export function createClickHouseArchiveReader(clickhouse: ClickHouse, generation: Generation): ArchiveReader {
  const archive = { archive: generation.archiveId };
  return {
    async log() {
      const topicId = await readArchivedTopic(clickhouse, generation);
      const vector = (await readArchivedVector(clickhouse, generation)).map((end) => end ?? 0);
      const epochs = await readEpochsBefore(clickhouse, generation, vector);
      return { topicId, positions: vector.map((next, partition) => ({ next, leaderEpoch: epochs[partition] })) };
    },

    async deadLetters() {
      const counts = await clickhouse.query<{ reason: string; letters: string }>(
        `SELECT reason, count() AS letters FROM (${distinctRejected}) GROUP BY reason ORDER BY letters DESC, reason`,
        archive,
      );
      const newest = await clickhouse.query<{ partition: number; origin: string; reason: string }>(
        `SELECT partition, origin, reason FROM (${distinctRejected}) ORDER BY at DESC, partition, origin DESC LIMIT 20`,
        archive,
      );
      return {
        total: counts.reduce((sum, { letters }) => sum + Number(letters), 0),
        byReason: Object.fromEntries(counts.map(({ reason, letters }) => [reason, Number(letters)])),
        newest: newest.map(({ partition, origin, reason }) => ({ partition, offset: Number(origin), reason })),
      };
    },

    runs: async () => summarizeRuns(await readLastRuns(clickhouse, generation, keptRuns + 1)),
  };
}
