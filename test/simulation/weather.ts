// What a seed makes of a world: its size, its settings, and which faults it knows. Each seed has some kinds and not others
// (swarm testing): where everything happens all the time, what takes a long calm is never reached.
import { type RunLimits, runLimits } from '../../batch-layer/batch-runner.ts';
import type { Random } from '../../cli/random.ts';
import { type WriterLimits, writerLimits } from '../../speed-layer/writer-limits.ts';
import { type CallFaults, type StoreName, storeNames } from './network.ts';

const faultKinds = [
  'crash',
  'freeze',
  'planned restart',
  'fresh reader',
  'rebalance',
  'kafka: away',
  'kafka: hangs',
  'kafka: retention',
  'kafka: retention past the archive',
  'kafka: log cut',
  'kafka: clock steps',
  'redis: away',
  'redis: hangs',
  'redis: wiped',
  'redis: set back',
  'redis: key lost',
  'redis: messages lost',
  'redis: subscribers cut off',
  'clickhouse: away',
  'clickhouse: hangs',
  'clickhouse: away for long',
  'clickhouse: view rows lost',
  'clickhouse: runs set back',
  'clickhouse: range archived twice',
  'clickhouse: archived rows lost',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Of a hundred seeds, how many know a kind that ends something for good or takes long. */
const rare: Partial<Record<FaultKind, number>> = {
  'kafka: retention past the archive': 0.05,
  'kafka: log cut': 0.05,
  'clickhouse: away for long': 0.05,
};

export interface Weather {
  readonly partitions: number;
  readonly speeds: number;
  readonly batches: number;
  readonly readers: number;
  readonly horizonMs: number;
  readonly flushIntervalMs: number;
  readonly limits: WriterLimits;
  readonly runs: RunLimits;
  readonly archiveIntervalMs: number;
  readonly runEveryMs: number;
  readonly orderEveryMs: number;
  readonly pollEveryMs: number;
  readonly faultsMs: number;
  readonly faultEveryMs: number;
  readonly kinds: readonly FaultKind[];
  readonly calls: Readonly<Record<StoreName, CallFaults>>;
}

export function drawWeather(random: Random): Weather {
  const one = <T>(...list: readonly T[]): T => list[random.integer(0, list.length - 1)]!;
  const rate = () => (random.chance(0.6) ? 0 : one(0.003, 0.01, 0.03));
  const kinds = faultKinds.filter((kind) => random.chance(rare[kind] ?? 0.45));
  const long = kinds.includes('clickhouse: away for long');
  const callFaults = (): CallFaults => ({ replyLost: rate(), notApplied: rate(), appliedLate: rate(), slow: rate() });
  return {
    partitions: random.integer(1, 3),
    speeds: long ? 1 : random.integer(1, 3),
    batches: long ? 1 : random.integer(1, 2),
    readers: long ? 1 : 2,
    horizonMs: one(5, 10, 60) * 60_000,
    flushIntervalMs: long ? 5_000 : one(100, 250, 1_000),
    limits: {
      ...writerLimits,
      maxTouchedCells: one(8, 60, 20_000),
      maxEpochRecords: one(7, 60, 500_000),
      maxEpochAgeMs: one(4_000, 60_000),
      maxPendingRecords: one(30, 50_000),
    },
    runs: { ...runLimits, maxRecords: one(300, 2_000_000), runsPerBase: one(3, 500) },
    archiveIntervalMs: long ? 10_000 : one(300, 1_000, 4_000),
    runEveryMs: long ? 60_000 : one(5_000, 15_000, 40_000),
    orderEveryMs: long ? 20_000 : one(300, 1_000, 2_500),
    pollEveryMs: long ? 60_000 : random.integer(2_000, 6_000),
    faultsMs: (long ? 300 : random.integer(40, 150)) * 1_000,
    faultEveryMs: long ? 30_000 : one(2_000, 5_000, 12_000),
    kinds,
    calls: Object.fromEntries(storeNames.map((store) => [store, callFaults()])) as Record<StoreName, CallFaults>,
  };
}
