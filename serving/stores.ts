// The real stores behind serving's ports.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Redis } from '../runtime/redis.ts';
import type { Generation } from '../schemas/generation.ts';
import { createClickHouseArchiveReader } from './clickhouse-archive-reader.ts';
import { createClickHouseBatchViews } from './clickhouse-batch-views.ts';
import { createClickHouseRunSource } from './clickhouse-run-source.ts';
import { openRedisSnapshotSource } from './redis-snapshot-source.ts';
import type { ServingLayerDependencies } from './serving-layer.ts';

type Stores = Pick<ServingLayerDependencies, 'runSource' | 'batchViews' | 'archiveReader' | 'snapshots'>;

export async function openStores(
  clickhouse: ClickHouse,
  redis: Redis,
  redisPrefix: string,
  generation: Generation,
): Promise<Stores> {
  return {
    runSource: createClickHouseRunSource(clickhouse, generation),
    batchViews: createClickHouseBatchViews(clickhouse, generation),
    archiveReader: createClickHouseArchiveReader(clickhouse, generation),
    snapshots: await openRedisSnapshotSource(redis, redisPrefix, generation),
  };
}
