// The pipeline's state as GET /v1/status and GET /v1/batch-runs tell it. Pure.
import type { BatchRuns, Status } from '../../api/client.ts';

export type { BatchRuns, Status } from '../../api/client.ts';

export type PartitionStatus = Status['partitions'][number];
export type ToldRun = BatchRuns['runs'][number];

/** How an offset can be spent. */
export const fates = ['counted', 'duplicate', 'deferred', 'rejected', 'gap'] as const;
export type Fate = (typeof fates)[number];
