// What the archive knows of the log's leader epochs: proof that the log, read on, is still the one that was archived.
import type { Generation } from '../schemas/generation.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { ClickHouse } from './clickhouse.ts';

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
