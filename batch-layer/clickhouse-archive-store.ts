// ArchiveStore in ClickHouse: binary insert into order_events, then one row for each partition into archive_log.
import { readArchivedVector, readEpochsBefore } from '../runtime/archived-ends.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import { orderEventColumns, tables } from '../schemas/layout-clickhouse.ts';
import { firstMissing, type Stretch, stretchesOf } from '../runtime/archived-ranges.ts';
import { countStretchesSql } from './archive-sql.ts';
import type { ArchiveStore, LostRange } from './archive-store.ts';

export function createClickHouseArchiveStore(
  clickhouse: ClickHouse,
  generation: Generation,
  clock: () => number,
): ArchiveStore {
  const { archiveId, rules } = generation;
  const columns = orderEventColumns.map(([name]) => name);
  const params = { archive: archiveId };

  /** By partition. */
  async function readStretches(): Promise<Stretch[][]> {
    type Row = { partition: number; from: string; to: string; rejected: string[]; gaps: [string, string][] };
    const rows = await clickhouse.query<Row>(
      `SELECT partition, \`from\`, \`to\`, rejected.1 AS rejected, gaps FROM ${tables.archiveLog} WHERE archive = {archive:String}`,
      params,
    );
    return Array.from({ length: rules.partitions }, (_, partition) =>
      stretchesOf(
        rows
          .filter((row) => row.partition === partition)
          .map((row) => ({
            from: Number(row.from),
            to: Number(row.to),
            rejected: row.rejected.map(Number),
            gaps: row.gaps.map(([from, to]) => [Number(from), Number(to)] as const),
          })),
      ),
    );
  }

  async function lostIn(partition: number, stretches: readonly Stretch[]): Promise<LostRange[]> {
    const sql = countStretchesSql(stretches.map(({ from }) => from));
    type Row = { stretch: string; present: string };
    const rows = await clickhouse.query<Row>(sql, { ...params, partition });
    const present = new Map(rows.map((row) => [Number(row.stretch), Number(row.present)]));
    return stretches
      .map((stretch) => ({ ...stretch, partition, present: present.get(stretch.from) ?? 0 }))
      .filter((stretch) => stretch.present < stretch.events);
  }

  return {
    archivedVector: () => readArchivedVector(clickhouse, generation),
    epochsBefore: (vector) => readEpochsBefore(clickhouse, generation, vector),
    async archivedStarts() {
      const rows = await clickhouse.query<{ partition: number; archivedFrom: string }>(
        `SELECT partition, min(\`from\`) AS archivedFrom FROM ${tables.archiveLog} WHERE archive = {archive:String} GROUP BY partition`,
        { archive: archiveId },
      );
      const begins = new Map(rows.map((row) => [row.partition, Number(row.archivedFrom)]));
      return Array.from({ length: rules.partitions }, (_, partition) => begins.get(partition));
    },
    async firstMissing(starts) {
      const stretches = await readStretches();
      return starts.map((start, partition) => firstMissing(stretches[partition]!, start));
    },
    async lostRanges(everywhere) {
      const stretches = await readStretches();
      const counts = await clickhouse.query<{ partition: number; rows: string }>(
        `SELECT partition, count() AS rows FROM ${tables.orderEvents} WHERE archive = {archive:String} GROUP BY partition`,
        params,
      );
      const rows = new Map(counts.map((count) => [count.partition, Number(count.rows)]));
      const lost: LostRange[] = [];
      for (const [partition, list] of stretches.entries()) {
        const events = list.reduce((sum, stretch) => sum + stretch.events, 0);
        if (events > 0 && (everywhere || (rows.get(partition) ?? 0) < events))
          lost.push(...(await lostIn(partition, list)));
      }
      return lost;
    },
    async retract(ranges) {
      for (const { partition, from, to } of ranges) {
        await clickhouse.command(
          `DELETE FROM ${tables.archiveLog} WHERE archive = {archive:String} AND partition = {partition:UInt32}
             AND \`from\` < {to:UInt64} AND \`to\` > {from:UInt64}`,
          { ...params, partition, from, to },
        );
      }
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
