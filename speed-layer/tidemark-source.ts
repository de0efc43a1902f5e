// What a writer asks of the batch side: the current run, and the identities that lie below its tidemark.
import { readEpochsBefore } from '../runtime/archived-ends.ts';
import { readCurrentRun, readRun } from '../runtime/batch-runs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import type { Identity } from '../schemas/identity.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import {
  expectedStretches,
  identitiesSql,
  loggedRangesSql,
  readIdentities,
  type WantedIdentities,
} from './archived-identities.ts';

export interface TidemarkSource {
  /** The current run; undefined before run 0 is published. */
  currentRun(): Promise<BatchRun | undefined>;
  /** The tidemark of a run's parent; undefined for run 0. */
  parentTidemark(run: BatchRun): Promise<readonly number[] | undefined>;
  /** Leader epoch of the partition's record before `offset`; undefined where the archive does not know it. */
  epochBefore(partition: number, offset: number): Promise<number | undefined>;
  /**
   * Identities of archived events below the tidemark that occurred at or after the floor; to be walked once, to its end.
   * @throws SpeedError archive-incomplete, there too, where they are not all there.
   */
  identities(wanted: WantedIdentities, signal?: AbortSignal): Promise<Iterable<Identity>>;
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
    async identities(wanted, signal) {
      const { partition, below } = wanted;
      const floor = Math.max(0, wanted.floor);
      const params = { archive: generation.archiveId, partition, below, chunk: Math.floor(floor / generation.chunkMs) };
      // The log first: rows are there before it announces them.
      type Row = { from: string; to: string; recent: number; rejectedAt: string[]; gapsIn: [string, string][] };
      const rows = await clickhouse.query<Row>(loggedRangesSql, params);
      const ranges = rows.map((row) => ({
        from: Number(row.from),
        to: Number(row.to),
        recent: row.recent === 1,
        rejected: row.rejectedAt.map(Number),
        gaps: row.gapsIn.map(([from, to]) => [Number(from), Number(to)] as const),
      }));
      const stretches = expectedStretches(ranges, wanted);
      if (stretches.length === 0) return [];
      const pieces = await clickhouse.queryBinary(identitiesSql(stretches), { ...params, floor }, signal && { signal });
      return readIdentities(partition, stretches, readNumbers(pieces));
    },
  };
}

/** UInt64s, little-endian, wherever the pieces were cut. */
function* readNumbers(pieces: readonly Buffer[]): Generator<Identity> {
  let rest: Buffer = Buffer.alloc(0);
  for (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % 8);
    for (let at = 0; at < whole; at += 8) yield { low: bytes.readUInt32LE(at), high: bytes.readUInt32LE(at + 4) };
    rest = bytes.subarray(whole);
  }
}
