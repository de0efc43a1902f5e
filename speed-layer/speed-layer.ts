// The speed layer of one process: a member of the group, one writer for each partition it was given, one reader of the
// topic that feeds them. Runs are watched by message and once a second.
import type { GroupMember, GroupMemberOptions } from '../runtime/kafka/group-member.ts';
import type { RecordLog } from '../runtime/kafka/record-log.ts';
import type { Subscriber } from '../runtime/redis.ts';
import { endProcess } from '../runtime/service.ts';
import { channels } from '../schemas/layout-redis.ts';
import { createSpeedMetrics, type SpeedMetrics } from './metrics.ts';
import { openPartitionWriter, type PartitionWriter, type WriterDependencies } from './partition-writer.ts';

export interface SpeedLayerOptions extends Omit<WriterDependencies, 'wake' | 'metrics'> {
  readonly join: (options: Pick<GroupMemberOptions, 'onAssignment' | 'onTrouble'>) => Promise<GroupMember>;
  readonly redisPrefix: string;
  /** A connection of its own: it subscribes. */
  readonly subscriber: Subscriber;
  readonly recordLog: RecordLog;
  readonly flushIntervalMs: number;
  /** What is wrong with the store though it answers; undefined where nothing is. */
  readonly storeAlarm?: () => string | undefined;
}

export interface SpeedLayer {
  readonly writers: ReadonlyMap<number, PartitionWriter>;
  readonly metrics: SpeedMetrics;
  /** undefined when every assigned partition is counting and the store can be trusted to keep it. */
  waitingFor(): string | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

const runPollMs = 1_000;
const commitMs = 5_000;
/** The last commit is a hint: leaving the group does not wait longer for it. */
const lastCommitMs = 1_000;

export async function openSpeedLayer(options: SpeedLayerOptions): Promise<SpeedLayer> {
  const { recordLog, generation, log, source, subscriber, limits } = options;
  const writers = new Map<number, PartitionWriter>();
  const metrics = createSpeedMetrics(() => writers.values());
  let assigned = false;

  async function assign(partitions: ReadonlySet<number>): Promise<void> {
    const leaving = [...writers.values()].filter((writer) => !partitions.has(writer.partition));
    for (const writer of leaving) writers.delete(writer.partition);
    await Promise.all(leaving.map((writer) => writer.close()));
    for (const partition of partitions) {
      if (writers.has(partition)) continue;
      writers.set(partition, openPartitionWriter(partition, { ...options, metrics, wake: () => recordLog.wake() }));
    }
    assigned = true;
    log.info({ partitions: [...partitions].toSorted((a, b) => a - b) }, 'assigned');
  }

  /** Why nothing is fetched, of no partition. */
  function full(): string | undefined {
    let held = 0;
    for (const writer of writers.values()) held += writer.identities;
    if (held <= limits.maxIdentities) return undefined;
    return `${held} events lie within the horizon, at most ${limits.maxIdentities} are remembered: more processes or a shorter horizon are needed`;
  }

  const reading = new AbortController();
  const following = recordLog.follow(
    {
      positions() {
        const positions = new Map<number, number>();
        if (full() !== undefined) return positions;
        for (const [partition, writer] of writers) {
          const position = writer.position();
          if (position !== undefined) positions.set(partition, position);
        }
        return positions;
      },
      leaderEpoch: (partition) => writers.get(partition)?.leaderEpoch(),
      onRecordSet: (set) => writers.get(set.partition)?.accept(set),
      onOffsetLost: (lost) => writers.get(lost.partition)?.offsetLost(lost),
    },
    reading.signal,
  );
  following.catch((err: unknown) => {
    log.fatal({ err }, 'reading the topic ended');
    endProcess(err);
  });

  let polling: Promise<void> | undefined;
  function lookForRun(): void {
    polling ??= (async () => {
      try {
        const run = await source.currentRun();
        if (run) await Promise.all([...writers.values()].map((writer) => writer.runPublished(run)));
      } catch (err) {
        log.debug({ err }, 'the current run could not be read');
      } finally {
        polling = undefined;
      }
    })();
  }

  const { cut, run } = channels(options.redisPrefix, generation);
  subscriber.on('message', (channel: string) => {
    if (channel === cut) for (const writer of writers.values()) writer.requestCut();
    else if (channel === run) lookForRun();
  });
  await subscriber.subscribe(cut, run);

  const member = await options.join({
    onAssignment: assign,
    onTrouble: (err) => log.warn({ err }, 'group membership'),
  });

  const timers = [
    setInterval(() => {
      for (const writer of writers.values()) writer.tick();
    }, options.flushIntervalMs),
    setInterval(lookForRun, runPollMs),
    setInterval(() => void member.commit(flushedVector(writers)), commitMs),
  ];

  return {
    writers,
    metrics,
    waitingFor() {
      if (!assigned) return 'waiting for partitions of the group';
      const waiting = [...writers.values()].find((writer) => writer.trouble !== undefined);
      if (waiting) return `partition ${waiting.partition}: ${waiting.trouble}`;
      return full() ?? options.storeAlarm?.() ?? recordLog.trouble();
    },
    // Stop reading, flush, then leave: whoever takes over goes on from the last order.
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      reading.abort();
      await following.catch(() => undefined);
      await Promise.all([...writers.values()].map((writer) => writer.close()));
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, lastCommitMs);
      await Promise.race([member.commit(flushedVector(writers)), late]);
      clearTimeout(timer);
      await member.leave();
    },
  };
}

function flushedVector(writers: ReadonlyMap<number, PartitionWriter>): Map<number, number> {
  const vector = new Map<number, number>();
  for (const [partition, writer] of writers)
    if (writer.flushedNext !== undefined) vector.set(partition, writer.flushedNext);
  return vector;
}
