// A topic in memory, and RecordLog over it. Held to the contract suite of RecordLog.
import type {
  FollowHandler,
  LeaderEpoch,
  LogPosition,
  LogRecord,
  OffsetLost,
  RecordLog,
  RecordSet,
} from '../../runtime/kafka/record-log.ts';

interface TopicRecord {
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

interface Stored extends TopicRecord {
  readonly offset: number;
}

interface Partition {
  /** First offset that was ever there. */
  readonly base: number;
  start: number;
  end: number;
  /** By offset − base; undefined where the offset holds no record of ours. */
  readonly entries: (Stored | undefined)[];
  readonly leaderEpochs: LeaderEpoch[];
}

export interface MemoryTopic {
  readonly partitions: readonly Partition[];
  /** Appends a record, or with undefined an offset that holds none (a transaction marker, an aborted record). */
  append(partition: number, record: TopicRecord | undefined): number;
  /** Retention: forgets what lies below. */
  forgetBelow(partition: number, offset: number): void;
  /** The log's end falls: what was at or above `offset` is gone. */
  truncate(partition: number, offset: number): void;
  /** Called at each append. */
  onAppend(listener: () => void): () => void;
}

export function createMemoryTopic(bases: readonly number[]): MemoryTopic {
  const partitions: Partition[] = bases.map((base) => ({
    base,
    start: base,
    end: base,
    entries: [],
    leaderEpochs: [{ from: base, epoch: 0 }],
  }));
  const listeners = new Set<() => void>();
  return {
    partitions,
    append(p, record) {
      const partition = partitions[p]!;
      const offset = partition.end;
      partition.entries[offset - partition.base] = record && { ...record, offset };
      partition.end += 1;
      for (const listener of listeners) listener();
      return offset;
    },
    forgetBelow(p, offset) {
      const partition = partitions[p]!;
      partition.start = Math.max(partition.start, Math.min(offset, partition.end));
    },
    truncate(p, offset) {
      const partition = partitions[p]!;
      partition.end = Math.max(partition.start, Math.min(offset, partition.end));
      partition.entries.length = partition.end - partition.base;
      // Cut by a new leader.
      while (partition.leaderEpochs.at(-1)!.from > partition.end) partition.leaderEpochs.pop();
      partition.leaderEpochs.push({ from: partition.end, epoch: partition.leaderEpochs.at(-1)!.epoch + 1 });
    },
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function recordSetOf(topic: MemoryTopic, p: number, from: number, next: number): RecordSet {
  const { base, entries, end, start, leaderEpochs } = topic.partitions[p]!;
  const since = leaderEpochs.findLastIndex((each) => each.from <= from);
  const held = entries.slice(from - base, next - base);
  return {
    partition: p,
    from,
    next,
    highWatermark: end,
    logStart: start,
    leaderEpochs: leaderEpochs
      .slice(since)
      .filter((each) => each.from < next)
      .map((each) => ({ ...each, from: Math.max(each.from, from) })),
    walk(visitor) {
      let gapFrom: number | undefined;
      for (const [i, entry] of held.entries()) {
        if (!entry) {
          gapFrom ??= from + i;
          continue;
        }
        if (gapFrom !== undefined) visitor.gap(gapFrom, from + i);
        gapFrom = undefined;
        visitor.record({ ...entry, headers: [] } satisfies LogRecord);
      }
      if (gapFrom !== undefined) visitor.gap(gapFrom, next);
    },
  };
}

/** Where the log is not the one any more in which the position was taken; undefined where it is. */
function cutOf({ leaderEpochs, end }: Partition, { next, leaderEpoch }: LogPosition): number | undefined {
  if (leaderEpoch === undefined) return undefined;
  const epochEnd = leaderEpochs.find((each) => each.epoch > leaderEpoch)?.from ?? end;
  return epochEnd < next ? epochEnd : undefined;
}

interface MemoryRecordLogOptions {
  /** One request to the broker. */
  readonly request: <T>(what: string, effect: () => T) => Promise<T>;
  /** How many offsets the next fetch brings of a partition. */
  readonly fetchSize: () => number;
  /** How long to wait before a request that failed is made again. */
  readonly retryMs: () => number;
}

type Fetched = { readonly set: RecordSet } | { readonly lost: OffsetLost };

export function openMemoryRecordLog(topic: MemoryTopic, options: MemoryRecordLogOptions): RecordLog {
  const { request, fetchSize, retryMs } = options;
  const closing = new AbortController();
  const bells = new Set<() => void>();
  const ring = () => {
    for (const bell of bells) bell();
  };
  const unlisten = topic.onAppend(ring);

  /** Until something may have come, at most `ms`. */
  function rest(ms: number, ended: AbortSignal, wakeable: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (ended.aborted) return Promise.resolve();
    const timer = setTimeout(resolve, ms);
    const over = () => resolve();
    if (wakeable) bells.add(over);
    ended.addEventListener('abort', over);
    return promise.finally(() => {
      clearTimeout(timer);
      bells.delete(over);
      ended.removeEventListener('abort', over);
    });
  }

  function fetch(wanted: ReadonlyMap<number, number>, leaderEpoch: FollowHandler['leaderEpoch']): Fetched[] {
    return [...wanted].flatMap(([p, at]): Fetched[] => {
      const { start, end } = topic.partitions[p]!;
      const lost = { partition: p, wanted: at, logStart: start, end };
      const cutAt = cutOf(topic.partitions[p]!, { next: at, leaderEpoch: leaderEpoch?.(p) });
      if (cutAt !== undefined) return [{ lost: { ...lost, cutAt } }];
      if (at < start || at > end) return [{ lost }];
      return at === end ? [] : [{ set: recordSetOf(topic, p, at, Math.min(end, at + fetchSize())) }];
    });
  }

  return {
    topicId: () => 'memory',
    ranges: () =>
      request('ranges', () => topic.partitions.map(({ start, end }) => ({ start, end, highWatermark: end }))),
    findCuts: (positions) =>
      request('find cuts', () => {
        const cuts = [...positions].map(([p, position]) => [p, cutOf(topic.partitions[p]!, position)] as const);
        return new Map(cuts.filter((cut): cut is readonly [number, number] => cut[1] !== undefined));
      }),
    trouble: () => undefined,
    async follow(handler, signal) {
      const ended = AbortSignal.any([signal, closing.signal]);
      const lost = new Map<number, number>();
      const wants = (p: number, at: number) => !ended.aborted && handler.positions().get(p) === at;
      while (!ended.aborted) {
        const wanted = new Map([...handler.positions()].filter(([p, at]) => lost.get(p) !== at));
        for (const [p, at] of lost) if (wanted.has(p) && wanted.get(p) !== at) lost.delete(p);
        // A broker holds a fetch back until there is something.
        const idle = [...wanted].every(([p, at]) => at === topic.partitions[p]!.end);
        if (idle) {
          await rest(1_000, ended, true);
          continue;
        }
        let all: Fetched[];
        try {
          all = await request('fetch', () => fetch(wanted, handler.leaderEpoch));
        } catch {
          await rest(retryMs(), ended, false);
          continue;
        }
        for (const fetched of all) {
          if ('set' in fetched) {
            const { set } = fetched;
            if (wants(set.partition, set.from)) await handler.onRecordSet(set);
          } else if (wants(fetched.lost.partition, fetched.lost.wanted)) {
            lost.set(fetched.lost.partition, fetched.lost.wanted);
            await handler.onOffsetLost(fetched.lost);
          }
        }
      }
    },
    wake: ring,
    async close() {
      unlisten();
      closing.abort();
    },
  };
}
