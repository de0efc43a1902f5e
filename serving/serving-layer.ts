// Serving without its HTTP: the live view and those who feed it.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { RecordLog } from '../runtime/kafka/record-log.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Redis } from '../runtime/redis.ts';
import type { Generation } from '../schemas/generation.ts';
import { startArchiveFollower } from './archive-follower.ts';
import { type BatchViews } from './batch-views.ts';
import { createClickHouseBatchViews } from './clickhouse-batch-views.ts';
import { startLiveFollower } from './live-follower.ts';
import { createLiveSource, type LiveSource } from './live-source.ts';
import { createLiveView } from './live-view.ts';
import { startLogEndFollower } from './log-end-follower.ts';
import type { Pipeline } from './pipeline.ts';
import { openRedisSnapshotSource } from './redis-snapshot-source.ts';
import { startRunFollower } from './run-follower.ts';

export interface ServingLayer extends AsyncDisposable {
  readonly live: LiveSource;
  readonly batchViews: BatchViews;
  readonly pipeline: Pipeline;
}

export interface ServingLayerDependencies {
  readonly generation: Generation;
  readonly redisPrefix: string;
  readonly clickhouse: ClickHouse;
  /** Two connections: one subscribes, the other asks. */
  readonly subscriber: Redis;
  readonly redis: Redis;
  readonly openLog: () => Promise<Pick<RecordLog, 'ranges' | 'close'>>;
  readonly log: Logger;
  readonly clock: () => number;
  readonly random: () => number;
}

/** Never fails because a store is away: it follows when they come. */
export async function openServingLayer(dependencies: ServingLayerDependencies): Promise<ServingLayer> {
  const { generation, redisPrefix, clickhouse, subscriber, redis, openLog, log, clock, random } = dependencies;
  const view = createLiveView(generation);
  const source = createLiveSource(view);
  await using opened = new AsyncDisposableStack();

  const snapshots = await openRedisSnapshotSource(redis, redisPrefix, generation);
  const archive = opened.use(startArchiveFollower({ clickhouse, generation, log, clock }));
  const logEnds = opened.use(startLogEndFollower({ openLog, vector: () => view.capture()?.vector, log, clock }));
  const runs = opened.use(
    startRunFollower({
      clickhouse,
      generation,
      view,
      log,
      clock,
      onAdopted: () => {
        source.notify();
        archive.look();
      },
      onPending: (partitions) => live.refresh(partitions),
    }),
  );
  const live = opened.use(
    startLiveFollower({
      subscriber,
      source: snapshots,
      generation,
      redisPrefix,
      view,
      log,
      clock,
      random,
      onChange: () => source.notify(),
      onRun: () => runs.look(),
    }),
  );

  function waitingFor(): string | undefined {
    if (!view.adopted()) return ['no batch run is adopted yet', ...runs.notes()].join('; ');
    return live.ready() ? undefined : 'the first snapshot of the live counters in Redis is not taken yet';
  }

  const resources = opened.move();
  return {
    live: source,
    batchViews: createClickHouseBatchViews(clickhouse, generation),
    pipeline: {
      waitingFor,
      ends: () => logEnds.ends(),
      lagOf: (vector) => logEnds.lagOf(vector),
      deadLetters: () => archive.deadLetters(),
      runs: () => archive.runs(),
      notes: () => [...live.notes(), ...runs.notes(), ...logEnds.notes(), ...archive.notes()],
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
