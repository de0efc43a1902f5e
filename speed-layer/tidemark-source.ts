// What a writer asks of the batch side: the current run, and the identities that lie below its tidemark.
import { readEpochsBefore } from '../runtime/archived-epochs.ts';
import { readCurrentRun, readRun } from '../runtime/batch-runs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import type { Identity } from '../schemas/identity.ts';
import { type BatchRun, tables } from '../schemas/layout-clickhouse.ts';

export interface TidemarkSource {
  /** The current run; undefined before run 0 is published. */
  currentRun(): Promise<BatchRun | undefined>;
  /** The tidemark of a run's parent; undefined for run 0. */
  parentTidemark(run: BatchRun): Promise<readonly number[] | undefined>;
  /** Leader epoch of the partition's record before `offset`; undefined where the archive does not know it. */
  epochBefore(partition: number, offset: number): Promise<number | undefined>;
  /** Identities of archived events of the partition below `below` that occurred at or after `floor`. */
  identities(partition: number, below: number, floor: number): Promise<Identity[]>;
}

export function createTidemarkSource(clickhouse: ClickHouse, generation: Generation): TidemarkSource {
  return {
    currentRun: () => readCurrentRun(clickhouse, generation),
    parentTidemark: async (run) =>
      run.parent === '' ? undefined : (await readRun(clickhouse, generation, run.parent))?.tidemark,
    async epochBefore(partition, offset) {
      const vector = Array.from({ length: generation.partitions }, (_, p) => (p === partition ? offset : 0));
      return (await readEpochsBefore(clickhouse, generation, vector))[partition];
    },
    identities: (partition, below, floor) =>
      clickhouse.query<Identity>(
        `SELECT toUInt32(bitShiftRight(identity, 32)) AS high, toUInt32(bitAnd(identity, 4294967295)) AS low
         FROM ${tables.orderEvents}
         WHERE archive = {archive:String} AND partition = {partition:UInt32} AND offset < {below:UInt64}
           AND chunk >= {chunk:UInt32} AND occurredAt >= {floor:Int64}`,
        {
          archive: generation.archiveId,
          partition,
          below,
          floor: Math.max(0, floor),
          chunk: Math.max(0, Math.floor(floor / generation.chunkMs)),
        },
      ),
  };
}
