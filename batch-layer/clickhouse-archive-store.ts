// ArchiveStore in ClickHouse: binary insert into order_events, then one row for each partition into archive_log.
import { readEpochsBefore } from '../runtime/archived-epochs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import { orderEventColumns, tables } from '../schemas/layout-clickhouse.ts';
import type { ArchiveStore } from './archive-store.ts';

export function createClickHouseArchiveStore(
  clickhouse: ClickHouse,
  generation: Generation,
  clock: () => number,
): ArchiveStore {
  const { archiveId, rules } = generation;
  const columns = orderEventColumns.map(([name]) => name);
  return {
    async archivedVector() {
      const rows = await clickhouse.query<{ partition: number; archivedTo: string }>(
        `SELECT partition, max(\`to\`) AS archivedTo FROM ${tables.archiveLog} WHERE archive = {archive:String} GROUP BY partition`,
        { archive: archiveId },
      );
      const ends = new Map(rows.map((row) => [row.partition, Number(row.archivedTo)]));
      return Array.from({ length: rules.partitions }, (_, partition) => ends.get(partition));
    },
    epochsBefore: (vector) => readEpochsBefore(clickhouse, generation, vector),
    async archivedStarts() {
      const rows = await clickhouse.query<{ partition: number; archivedFrom: string }>(
        `SELECT partition, min(\`from\`) AS archivedFrom FROM ${tables.archiveLog} WHERE archive = {archive:String} GROUP BY partition`,
        { archive: archiveId },
      );
      const begins = new Map(rows.map((row) => [row.partition, Number(row.archivedFrom)]));
      return Array.from({ length: rules.partitions }, (_, partition) => begins.get(partition));
    },
    async insert(block) {
      if (block.rows > 0) await clickhouse.insertBinary(tables.orderEvents, columns, block.bytes);
      const insertedAt = clock();
      const logRows = block.ranges.map(({ chunks, ...range }) => ({
        archive: archiveId,
        ...range,
        chunks: [...chunks],
        insertedAt,
      }));
      await clickhouse.insertRows(tables.archiveLog, logRows);
    },
  };
}
