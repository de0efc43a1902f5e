// Follows the speed layer through Redis: subscribes first, then takes snapshots; polls where the writers stand once a
// second. Redis away: what is remembered keeps answering, and the notes say since when it is stale. Where no batch run is
// published for long, the live part stops growing at a bound: answers stand still, stay right, and say so.
import { notes } from '../api/notes.ts';
import type { LogPosition } from '../runtime/kafka/record-log.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Subscriber } from '../runtime/redis.ts';
import type { Generation } from '../schemas/generation.ts';
import { channels } from '../schemas/layout-redis.ts';
import { parseFlushMessage } from './flush-message.ts';
import type { LiveView } from './live-view.ts';
import { createPartitionFollower } from './partition-follower.ts';
import { startPolling } from './polling.ts';
import type { SnapshotSource, StoredStand } from './snapshot-source.ts';

export interface LiveFollower extends AsyncDisposable {
  /** True once every partition's first snapshot was taken. */
  ready(): boolean;
  /** Where the writers were seen last in Redis, by partition; undefined where they never were. */
  positions(): readonly (LogPosition | undefined)[];
  /** Takes new snapshots of these partitions soon. */
  refresh(partitions: readonly number[]): void;
  /** What a reader should know, in words; empty where all is well. */
  notes(): string[];
}

export interface LiveFollowerDependencies {
  readonly subscriber: Subscriber;
  readonly source: SnapshotSource;
  readonly generation: Generation;
  readonly redisPrefix: string;
  readonly view: LiveView;
  readonly log: Logger;
  readonly clock: () => number;
  readonly random: () => number;
  /** The view changed. */
  readonly onChange: () => void;
  /** A message said that a run was published. */
  readonly onRun: () => void;
  readonly maxLiveCells?: number;
}

const everyMs = 1_000;
const snapshotsAtOnce = 4;
const reconnectJitterMs = 500;
/** About 300 bytes each. */
const maxCells = 3_000_000;

export function startLiveFollower(dependencies: LiveFollowerDependencies): LiveFollower {
  const { subscriber, source, generation, redisPrefix, view, log, clock, random, onChange, onRun } = dependencies;
  const { maxLiveCells = maxCells } = dependencies;
  const { flush, run } = channels(redisPrefix, generation);
  let subscribed = false;
  let staleSince: number | undefined = clock();
  const seen: (StoredStand | undefined)[] = Array.from({ length: generation.partitions });
  /** Cells beyond the bound when last looked at; then nothing is added. */
  let tooMany: number | undefined;
  const partitions = Array.from({ length: generation.partitions }, (_, partition) =>
    createPartitionFollower({
      apply: (message) => view.applyFlush(message),
      take: () => {
        const find = (from: number, to: number) => view.find(partition, from, to);
        return source.take({ partition, v: view.adopted()?.run.tidemark[partition], find });
      },
      install: (snapshot) => view.takeSnapshot(partition, snapshot),
      clock,
      random,
    }),
  );

  function measure(): void {
    const cells = view.cellCount();
    const before = tooMany;
    tooMany = cells > maxLiveCells ? cells : undefined;
    if (tooMany !== undefined && before === undefined) log.error({ cells, maxLiveCells }, 'the live part is full');
  }

  function hear(channel: string, text: string): void {
    if (channel === run) return onRun();
    // What is missed now is found by a poll once there is room.
    if (tooMany !== undefined) return;
    const message = parseFlushMessage(text, generation.partitions);
    if (!message) return log.warn({ bytes: text.length }, 'a flush message could not be read');
    const partition = partitions[message.partition]!;
    const outcome = partition.hear(message);
    if (outcome === 'applied') onChange();
    if (partition.dueAt() !== undefined) polling.soon(Math.max(0, partition.dueAt()! - clock()));
  }

  function lostSubscription(): void {
    subscribed = false;
    staleSince ??= clock();
  }

  async function subscribe(): Promise<void> {
    await subscriber.subscribe(flush, run);
    subscribed = true;
    for (const partition of partitions) partition.want(clock() + reconnectJitterMs * random());
    onRun();
  }

  async function look(): Promise<void> {
    if (!subscribed && subscriber.status === 'ready') await subscribe();
    if (!subscribed) throw new Error(`Redis is ${subscriber.status}`);
    measure();
    const stoodAt = partitions.map((_, p) => view.stand(p));
    const stands = await source.stands();
    for (const [p, stand] of stands.entries()) seen[p] = stand ?? seen[p];
    for (const [p, partition] of partitions.entries()) partition.compare(stands[p], stoodAt[p], clock());
    await takeWanted();
    // A partition that is not whole has a note of its own.
    const isRead = (p: (typeof partitions)[number]) => p.taken && (p.dueAt() === undefined || p.notWhole.length > 0);
    if (partitions.every(isRead)) staleSince = undefined;
    const due = Math.min(...partitions.map((partition) => partition.dueAt() ?? Number.POSITIVE_INFINITY));
    if (due !== Number.POSITIVE_INFINITY && tooMany === undefined) polling.soon(Math.max(20, due - clock()));
  }

  async function takeWanted(): Promise<void> {
    const wanted = partitions.filter((partition) => (partition.dueAt() ?? Number.POSITIVE_INFINITY) <= clock());
    const take = async () => {
      for (let next = wanted.pop(); next && tooMany === undefined; next = wanted.pop()) {
        await next.refresh(clock());
        measure();
        onChange();
      }
    };
    await Promise.all(Array.from({ length: snapshotsAtOnce }, take));
  }

  subscriber.on('message', hear);
  subscriber.on('close', lostSubscription);
  const polling = startPolling({
    everyMs,
    look,
    onFault(err) {
      if (staleSince === undefined) log.warn({ err }, 'the live part cannot be followed');
      staleSince ??= clock();
    },
  });
  const lookNow = () => polling.soon();
  subscriber.on('ready', lookNow);

  return {
    ready: () => partitions.every((partition) => partition.taken),
    positions: () => seen.map((stand) => stand && { next: stand.next, leaderEpoch: stand.leaderEpoch }),
    refresh(asked) {
      for (const p of asked) partitions[p]!.want(clock());
      polling.soon();
    },
    notes() {
      const said: string[] = [];
      if (staleSince !== undefined) said.push(notes.liveStale(staleSince));
      if (tooMany !== undefined) said.push(notes.liveFull(tooMany, maxLiveCells));
      for (const [p, partition] of partitions.entries()) {
        for (const { from, to } of partition.notWhole) said.push(notes.epochNotWhole(p, from, to));
      }
      return said;
    },
    async [Symbol.asyncDispose]() {
      subscriber.off('message', hear);
      subscriber.off('close', lostSubscription);
      subscriber.off('ready', lookNow);
      await polling[Symbol.asyncDispose]();
    },
  };
}
