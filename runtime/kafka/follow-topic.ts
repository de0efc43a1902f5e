// Runs the reading of a topic: one loop for each leader, so that a quiet broker never delays a busy one, and one that
// asks who leads when a loop finds that its knowledge is stale. Fetches nothing itself.
import { createBackoff } from './backoff.ts';
import { KafkaError } from './errors.ts';
import { type FollowShared, followLeader } from './follow-leader.ts';
import { createPartitionRest } from './partition-rest.ts';
import { createWakeBell } from './wake-bell.ts';

const LOOK_MS = 1_000;

export type FollowDeps = Omit<FollowShared, 'inFlight' | 'lost' | 'rest' | 'markStale'>;

/** See `RecordLog.follow`. */
export async function followTopic(deps: FollowDeps, signal: AbortSignal): Promise<void> {
  const { view, settings, bell, onTrouble, troubles } = deps;
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const loops = new Map<string, Promise<void>>();
  const staleBell = createWakeBell();
  let stale = false;
  let failure: { error: unknown } | null = null;

  const shared: FollowShared = {
    ...deps,
    inFlight: new Set(),
    lost: new Map(),
    rest: createPartitionRest(),
    markStale() {
      stale = true;
      staleBell.ring();
    },
  };

  function startLoops(): void {
    for (const { address } of view.current().leaders) {
      if (address === null || loops.has(address)) continue;
      const loop = followLeader(shared, address, ended)
        .catch((error: unknown) => {
          failure ??= { error };
          stop.abort();
        })
        .finally(() => loops.delete(address));
      loops.set(address, loop);
    }
  }

  async function keepLeadersFresh(): Promise<void> {
    const backoff = createBackoff();
    while (!ended.aborted) {
      if (!stale) {
        backoff.reset();
        await staleBell.wait(LOOK_MS, ended);
        startLoops(); // others refresh the view, too
        continue;
      }
      stale = false;
      try {
        const { leaders } = await view.refresh();
        const leaderless = leaders.findIndex(({ address }) => address === null);
        if (leaderless >= 0) throw noLeader(settings.topic, leaderless);
        troubles.delete('leaders');
      } catch (error) {
        stale = true;
        if (ended.aborted) return;
        troubles.set('leaders', (error as Error).message);
        onTrouble(error);
      }
      await backoff.pause(ended);
      // After the pause: a loop that has just found its leadership gone has left `loops` by now.
      if (ended.aborted) return;
      startLoops();
      bell.ring();
    }
  }

  startLoops();
  await keepLeadersFresh();
  await Promise.all(loops.values());
  if (failure) throw (failure as { error: unknown }).error;
}

function noLeader(topic: string, partition: number): KafkaError {
  const message = `partition ${partition} of topic ${topic} has no leader at the moment`;
  return new KafkaError('request-failed', message, { request: 'Metadata', partition }, { retryable: true });
}
