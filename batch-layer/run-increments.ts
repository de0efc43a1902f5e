// What a run adds to its parent, read from the archive by partition.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import { coveredOffsets } from './run-ledger.ts';
import { eventsSql, gapsSql, newlyCountedSql, rejectedSql } from './run-sql.ts';
import type { Increments } from './run-store.ts';

export async function readIncrements(
  clickhouse: ClickHouse,
  generation: Generation,
  params: Readonly<Record<string, unknown>> & { readonly v: readonly number[]; readonly vp: readonly number[] },
): Promise<Increments> {
  const events = await clickhouse.query<{ partition: number; events: string; maxTimestamp: string }>(eventsSql, params);
  const counted = await clickhouse.query<{ partition: number; counted: string; newest: string }>(
    newlyCountedSql(generation),
    params,
  );
  const rejected = await clickhouse.query<{ partition: number; rejected: string }>(rejectedSql, params);
  const gaps = await clickhouse.query<{ partition: number; from: string; to: string }>(gapsSql, params);
  const of = <Row extends { partition: number }>(rows: readonly Row[], partition: number) =>
    rows.find((row) => row.partition === partition);
  return {
    partitions: params.v.map((to, partition) => {
      const ranges = gaps
        .filter((gap) => gap.partition === partition)
        .map((gap) => ({ from: Number(gap.from), to: Number(gap.to) }));
      return {
        events: Number(of(events, partition)?.events ?? 0),
        counted: Number(of(counted, partition)?.counted ?? 0),
        rejected: Number(of(rejected, partition)?.rejected ?? 0),
        gap: coveredOffsets(ranges, params.vp[partition]!, to),
      };
    }),
    maxTimestamps: params.v.map((_, partition) => Number(of(events, partition)?.maxTimestamp ?? -1)),
    newestEventAt: Math.max(0, ...counted.map((row) => Number(row.newest))),
  };
}
