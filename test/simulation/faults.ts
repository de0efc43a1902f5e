// What can happen to a world, by kind. Each is done at once; what takes a while ends by itself.
import { firstMissing } from '../../runtime/archived-ranges.ts';
import type { Random } from '../../cli/random.ts';
import type { MemoryPartition } from '../../speed-layer/memory-counter-store.ts';
import type { Trace } from './trace.ts';
import type { FaultKind } from './weather.ts';
import type { World } from './world.ts';

export interface Faults {
  inject(kind: FaultKind): void;
  /** Partitions that cannot become whole again by design, and why. */
  readonly doomed: ReadonlyMap<number, string>;
}

export function createFaults(world: World, random: Random, trace: Trace, count: (fault: string) => void): Faults {
  const { network, topic, redis, clickhouse, shop, groups, slots, time } = world;
  const { tables } = clickhouse;
  const doomed = new Map<number, string>();
  /** By partition the offsets whose archived rows were ever lost. */
  const lost = topic.partitions.map(() => new Set<number>());
  let longOutage = false;
  const partition = () => random.integer(0, topic.partitions.length - 1);
  const one = <T>(list: readonly T[]): T | undefined => list[random.integer(0, list.length - 1)];
  const slot = () => one(slots)!;
  const pauseMs = () => Math.round(random.chance(0.7) ? random.waiting(3_000) : random.waiting(20_000));

  // Snapshots as a Redis would take them, to be put back.
  const copies: Map<number, MemoryPartition>[] = [];
  function copyNow(): void {
    copies.push(redis.copy());
    if (copies.length > 4) copies.shift();
    time.after(random.integer(300, 15_000), copyNow);
  }
  copyNow();

  /** Up to where the archive has all, and holds it still. */
  function archivedOf(p: number): number {
    const ranges = tables.archiveLog.filter((row) => row.partition === p);
    const logged = firstMissing(
      ranges.toSorted((a, b) => a.from - b.from),
      topic.partitions[p]!.base,
    );
    const offsets = lostOf(p);
    const again = ranges.filter(({ from, to }) => offsets.some((at) => at >= from && at < to));
    return Math.min(logged, ...offsets, ...again.map(({ from }) => from));
  }
  /** Where archived rows were lost and are not there again. */
  function lostOf(p: number): number[] {
    const held = new Set(tables.events.filter((row) => row.partition === p).map(({ offset }) => offset));
    return [...lost[p]!].filter((offset) => !held.has(offset));
  }

  /** Each says in words what it did, where that is not plain from its name. */
  const effects: Readonly<Record<FaultKind, () => string | undefined>> = {
    crash: quietly(() => slot().crash()),
    freeze: quietly(() =>
      slot().freeze(random.chance(0.5) ? random.integer(200, 9_000) : random.integer(10_000, 40_000)),
    ),
    'planned restart': quietly(() => slot().restart()),
    'fresh reader': quietly(() => one(slots.filter((each) => each.kind === 'serving'))!.crash()),
    rebalance: quietly(() => one(groups)!.rebalance()),
    'kafka: away': quietly(() => network.refuse('kafka', pauseMs())),
    'kafka: hangs': quietly(() => network.hang('kafka', pauseMs())),
    'kafka: retention'() {
      const p = partition();
      const below = archivedOf(p) - random.integer(0, 20);
      topic.forgetBelow(p, below);
      return `partition ${p} below ${below}`;
    },
    'kafka: retention past the archive'() {
      const p = partition();
      const { end } = topic.partitions[p]!;
      if (archivedOf(p) >= end || lostOf(p).length > 0) return 'nothing to lose';
      topic.forgetBelow(p, end);
      doomed.set(p, 'retention passed records that were not archived');
      return `partition ${p} below ${end}`;
    },
    'kafka: log cut'() {
      const p = partition();
      if (lostOf(p).length > 0) return 'not below what must be archived again';
      topic.truncate(p, topic.partitions[p]!.end - random.integer(1, 15));
      // Filled again past the cut it would need leader epochs to be noticed.
      shop.close(p);
      doomed.set(p, 'the log was cut');
      return `partition ${p} at ${topic.partitions[p]!.end}`;
    },
    'kafka: clock steps': quietly(() =>
      shop.setClock(partition(), random.chance(0.3) ? 0 : random.integer(-400_000, 400_000)),
    ),
    'redis: away': quietly(() => {
      network.refuse('redis', pauseMs());
      cutOff(1);
    }),
    'redis: hangs': quietly(() => network.hang('redis', pauseMs())),
    'redis: wiped': quietly(() => redis.wipe()),
    'redis: set back': quietly(() => redis.setBack(one(copies)!)),
    'redis: key lost': () => redis.loseKey(random),
    'redis: messages lost': quietly(() => {
      world.messageLoss = random.next();
      time.after(random.integer(500, 10_000), () => {
        world.messageLoss = 0;
      });
    }),
    'redis: subscribers cut off': quietly(() => cutOff(0.5)),
    'clickhouse: away': quietly(() => network.refuse('clickhouse', pauseMs())),
    'clickhouse: hangs': quietly(() => network.hang('clickhouse', pauseMs())),
    'clickhouse: away for long'() {
      if (longOutage) return 'once is enough';
      longOutage = true;
      network.refuse('clickhouse', random.integer(20, 90) * 60_000);
      return undefined;
    },
    'clickhouse: view rows lost'() {
      const view = one(tables.views)!;
      const run = one([...view.keys()]);
      if (run === undefined) return 'nothing to lose';
      const chunks = view.get(run)!;
      if (random.chance(0.3)) for (const each of tables.views) each.clear();
      else for (const [chunk, rows] of chunks) chunks.set(chunk, rows.slice(1));
      return `of ${run}`;
    },
    'clickhouse: runs set back'() {
      tables.batchRuns = tables.batchRuns.slice(0, Math.max(1, tables.batchRuns.length - random.integer(1, 3)));
      return `to ${tables.batchRuns.at(-1)?.run ?? 'none'}`;
    },
    'clickhouse: range archived twice'() {
      const row = one(tables.archiveLog);
      if (!row) return 'nothing to repeat';
      const { partition: p, from, to } = row;
      const inRange = tables.events.filter((e) => e.partition === p && e.offset >= from && e.offset < to);
      for (const event of new Map(inRange.map((e) => [e.offset, e])).values()) tables.events.push(event);
      tables.archiveLog.push(row);
      return `partition ${p} ${from} to ${to}`;
    },
    // Often just before somebody takes over.
    'clickhouse: archived rows lost'() {
      const p = partition();
      if (doomed.has(p)) return 'nothing to lose';
      // Whole ranges that can be archived again.
      const [share, { start }] = [random.next(), topic.partitions[p]!];
      const below = Math.max(
        start,
        ...tables.archiveLog.filter((r) => r.partition === p && r.from < start).map(({ to }) => to),
      );
      const kept = tables.events.filter(
        (row) => row.partition !== p || row.offset < below || !random.chance(share) || !lost[p]!.add(row.offset),
      );
      const gone = tables.events.length - kept.length;
      tables.events.splice(0, tables.events.length, ...kept);
      if (random.chance(0.5)) one(slots.filter((each) => each.kind === 'speed'))!.crash();
      return `${gone} of partition ${p}`;
    },
  };

  function cutOff(share: number): void {
    for (const { process, subscriber } of world.subscribers) {
      if (!random.chance(share)) continue;
      process.deliver(() => subscriber.setConnected(false));
      const back = (): void => {
        if (network.isRefusing('redis')) return time.after(random.integer(100, 2_000), back);
        process.deliver(() => subscriber.setConnected(true));
      };
      time.after(random.integer(50, 2_000), back);
    }
  }

  return {
    doomed,
    inject(kind) {
      const what = effects[kind]();
      trace.line(`FAULT ${kind}${what === undefined ? '' : `: ${what}`}`);
      count(kind);
    },
  };
}

function quietly(effect: () => void): () => undefined {
  return () => {
    effect();
    return undefined;
  };
}
