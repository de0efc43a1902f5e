// Serving without its HTTP: the live view and those who feed it.
import type { Logger } from '../runtime/logger.ts';
import type { Subscriber } from '../runtime/redis.ts';
import type { Generation } from '../schemas/generation.ts';
import type { ArchiveReader } from './archive-reader.ts';
import { startArchiveFollower } from './archive-follower.ts';
import type { BatchViews } from './batch-views.ts';
import { startLiveFollower } from './live-follower.ts';
import { createLiveSource, type LiveSource } from './live-source.ts';
import { createLiveView } from './live-view.ts';
import { type LogEndFollowerDependencies, startLogEndFollower } from './log-end-follower.ts';
import type { Pipeline } from './pipeline.ts';
import { startRunFollower } from './run-follower.ts';
import type { RunSource } from './run-source.ts';
import type { SnapshotSource } from './snapshot-source.ts';

export interface ServingLayer extends AsyncDisposable {
  readonly live: LiveSource;
  readonly batchViews: BatchViews;
  readonly pipeline: Pipeline;
}

export interface ServingLayerDependencies {
  readonly generation: Generation;
  readonly redisPrefix: string;
  readonly runSource: RunSource;
  readonly batchViews: BatchViews;
  readonly archiveReader: ArchiveReader;
  readonly snapshots: SnapshotSource;
  /** A connection of its own: it subscribes. */
  readonly subscriber: Subscriber;
  readonly openLog: LogEndFollowerDependencies['openLog'];
  readonly log: Logger;
  readonly clock: () => number;
  readonly random: () => number;
}

/** Never fails because a store is away: it follows when they come. */
export function openServingLayer(dependencies: ServingLayerDependencies): ServingLayer {
  const { generation, redisPrefix, subscriber, openLog, log, clock, random } = dependencies;
  const view = createLiveView(generation);
  const source = createLiveSource(view);
  const opened = new AsyncDisposableStack();

  const archive = opened.use(startArchiveFollower({ reader: dependencies.archiveReader, log, clock }));
  const logEnds = opened.use(
    startLogEndFollower({
      openLog,
      counted: () => ({
        vector: view.capture()?.vector ?? [],
        live: live.positions(),
        archived: archive.archivedLog(),
      }),
      topic: generation.topic,
      log,
      clock,
    }),
  );
  const runs = opened.use(
    startRunFollower({
      source: dependencies.runSource,
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
      source: dependencies.snapshots,
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
    if (!view.adopted()) return ['the first count is not done yet', ...runs.notes()].join('; ');
    return live.ready() ? undefined : 'the first snapshot of the live counters in Redis is not taken yet';
  }

  return {
    live: source,
    batchViews: dependencies.batchViews,
    pipeline: {
      waitingFor,
      ends: () => logEnds.ends(),
      lagOf: (vector) => logEnds.lagOf(vector),
      deadLetters: () => archive.deadLetters(),
      runs: () => archive.runs(),
      notes: () => [...live.notes(), ...runs.notes(), ...logEnds.notes(), ...archive.notes()],
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
