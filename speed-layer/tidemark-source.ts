// What a writer asks of the batch side: the current run, and the identities that lie below its tidemark.
import { readEpochsBefore } from '../runtime/archived-ends.ts';
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
  /** Identities of archived events of the partition below `below` that occurred at or after `floor`; to be walked once. */
  identities(partition: number, below: number, floor: number, signal?: AbortSignal): Promise<Iterable<Identity>>;
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
    async identities(partition, below, floor, signal) {
      const pieces = await clickhouse.queryBinary(
        `SELECT identity FROM ${tables.orderEvents}
         WHERE archive = {archive:String} AND partition = {partition:UInt32} AND offset < {below:UInt64}
           AND chunk >= {chunk:UInt32} AND occurredAt >= {floor:Int64}`,
        {
          archive: generation.archiveId,
          partition,
          below,
          floor: Math.max(0, floor),
          chunk: Math.max(0, Math.floor(floor / generation.chunkMs)),
        },
        signal && { signal },
      );
      return readIdentities(pieces);
    },
  };
}

/** UInt64s, little-endian, wherever the pieces were cut. */
function* readIdentities(pieces: readonly Buffer[]): Generator<Identity> {
  let rest: Buffer = Buffer.alloc(0);
  for (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % 8);
    for (let at = 0; at < whole; at += 8) yield { low: bytes.readUInt32LE(at), high: bytes.readUInt32LE(at + 4) };
    rest = bytes.subarray(whole);
  }
}
