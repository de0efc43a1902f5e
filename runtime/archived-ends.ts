// Where the archive ends, and the leader epochs that it knows there: proof that the log, read on, is still the one that was
// archived.
import type { Generation } from '../schemas/generation.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { ClickHouse } from './clickhouse.ts';

/** By partition where the archive's ranges end; from log rows only. Undefined where there is none yet. */
export async function readArchivedVector(
  clickhouse: ClickHouse,
  { archiveId, partitions }: Generation,
): Promise<(number | undefined)[]> {
  const rows = await clickhouse.query<{ partition: number; archivedTo: string }>(
    `SELECT partition, max(\`to\`) AS archivedTo FROM ${tables.archiveLog} WHERE archive = {archive:String} GROUP BY partition`,
    { archive: archiveId },
  );
  const ends = new Map(rows.map((row) => [row.partition, Number(row.archivedTo)]));
  return Array.from({ length: partitions }, (_, partition) => ends.get(partition));
}

/** By partition the leader epoch of the record before the vector's offset; undefined where the archive does not know it. */
export async function readEpochsBefore(
  clickhouse: ClickHouse,
  generation: Generation,
  vector: OffsetVector,
): Promise<(number | undefined)[]> {
  // Where two ranges disagree, the older epoch: it is the one that finds a cut.
  const rows = await clickhouse.query<{ partition: number; epoch: number }>(
    `SELECT partition, argMax(leaderEpoch.2, (leaderEpoch.1, -leaderEpoch.2)) AS epoch
     FROM ${tables.archiveLog} ARRAY JOIN leaderEpochs AS leaderEpoch
     WHERE archive = {archive:String} AND leaderEpoch.1 < {vector:Array(UInt64)}[partition + 1] GROUP BY partition`,
    { archive: generation.archiveId, vector },
  );
  const epochs = new Map(rows.map(({ partition, epoch }) => [partition, epoch]));
  return vector.map((_, partition) => epochs.get(partition));
}
