// One simulated installation: stores in memory, processes that run the production modules over them, and a supervisor that
// starts again what died.
import { type Archiver, openArchiver } from '../../batch-layer/archiver.ts';
import { createArchiveCheck } from '../../batch-layer/archive-check.ts';
import { createBatchRunner, type RunOutcome } from '../../batch-layer/batch-runner.ts';
import type { Random } from '../../cli/random.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createGeneration, type Generation } from '../../schemas/generation.ts';
import { openServingLayer, type ServingLayer } from '../../serving/serving-layer.ts';
import { openSpeedLayer, type SpeedLayer } from '../../speed-layer/speed-layer.ts';
import { createGroup, type Group } from './group.ts';
import { createMemoryClickHouse, type MemoryClickHouse } from './memory-clickhouse.ts';
import {
  type Command,
  createMemoryRedis,
  createMemorySubscriber,
  type MemoryRedis,
  type MemorySubscriber,
} from './memory-redis.ts';
import { createMemoryTopic, type MemoryTopic, openMemoryRecordLog } from './memory-topic.ts';
import { createNetwork, type Network, type StoreName } from './network.ts';
import { createShop, type Shop } from './shop.ts';
import type { Trace } from './trace.ts';
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts';
import type { Weather } from './weather.ts';

const redisPrefix = 'sim';

interface Opened {
  readonly speed?: SpeedLayer;
  readonly archiver?: Archiver;
  readonly serving?: ServingLayer;
  close(): Promise<void>;
}

/** A place where a process is kept running. */
export interface Slot {
  readonly kind: 'speed' | 'batch' | 'serving';
  readonly name: string;
  readonly process: SimulatedProcess;
  /** undefined while it is starting. */
  readonly opened: Opened | undefined;
  /** Dies with kill −9 and is started again after a while. */
  crash(): void;
  freeze(forMs: number): void;
  /** Closes as on SIGTERM, then starts again. */
  restart(): void;
}

export interface World {
  readonly generation: Generation;
  readonly time: VirtualTime;
  readonly network: Network;
  readonly topic: MemoryTopic;
  readonly redis: MemoryRedis;
  readonly clickhouse: MemoryClickHouse;
  readonly shop: Shop;
  readonly groups: readonly Group[];
  readonly slots: readonly Slot[];
  readonly subscribers: ReadonlySet<{ readonly process: SimulatedProcess; readonly subscriber: MemorySubscriber }>;
  /** Share of messages that are lost on their way. */
  messageLoss: number;
  addReader(): Slot;
}

export interface WorldDependencies {
  readonly weather: Weather;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: Trace;
  readonly log: Logger;
  readonly count: (fault: string) => void;
  readonly onRun: (outcome: RunOutcome) => void;
}

export function openWorld({ weather, time, random, trace, log, count, onRun }: WorldDependencies): World {
  const { partitions, horizonMs } = weather;
  const hashKey = '000102030405060708090a0b0c0d0e0f';
  const generation = createGeneration({ topic: 'orders', partitions, horizonMs, hashKey });
  const clock = () => Date.now();
  const network = createNetwork({ time, random, trace, count, faults: weather.calls });
  const topic = createMemoryTopic(Array.from({ length: partitions }, () => (random.chance(0.7) ? 0 : 57)));
  const redis = createMemoryRedis(generation, redisPrefix, time.now);
  const clickhouse = createMemoryClickHouse(generation);
  const shop = createShop(generation, topic, random, time.now);
  const group = (name: string) => createGroup({ name, partitions, time, random, network, trace });
  const [speedGroup, archiverGroup] = [group('speed group'), group('archiver group')];
  const slots: Slot[] = [];
  const subscribers = new Set<{ process: SimulatedProcess; subscriber: MemorySubscriber }>();

  const commandsOf =
    (process: SimulatedProcess, store: StoreName): Command =>
    (what, effect, write) =>
      network.call(process, store, what, effect, write);

  // Messages reach each subscriber in order, each in its own time.
  const lastArrival = new Map<MemorySubscriber, number>();
  redis.listen((channel, text) => {
    for (const { process, subscriber } of subscribers) {
      if (world.messageLoss > 0 && random.chance(world.messageLoss)) continue;
      const at = Math.max(lastArrival.get(subscriber) ?? 0, time.now() + random.integer(0, 5));
      lastArrival.set(subscriber, at);
      time.after(at - time.now(), () => process.deliver(() => subscriber.hear(channel, text)));
    }
  });

  function subscribe(process: SimulatedProcess): MemorySubscriber {
    const subscriber = createMemorySubscriber(commandsOf(process, 'redis'));
    subscribers.add({ process, subscriber });
    return subscriber;
  }

  const recordLog = (process: SimulatedProcess) =>
    openMemoryRecordLog(topic, {
      request: commandsOf(process, 'kafka'),
      fetchSize: () => random.integer(1, 40),
      retryMs: () => random.integer(100, 1_000),
    });

  async function openSpeed(process: SimulatedProcess): Promise<Opened> {
    const speed = await openSpeedLayer({
      generation,
      log,
      clock,
      redisPrefix,
      join: (handlers) => speedGroup.join(process, handlers),
      subscriber: subscribe(process),
      recordLog: recordLog(process),
      store: redis.counterStore(commandsOf(process, 'redis')),
      source: clickhouse.tidemarkSource(commandsOf(process, 'clickhouse')),
      limits: weather.limits,
      flushIntervalMs: weather.flushIntervalMs,
    });
    return { speed, close: () => speed[Symbol.asyncDispose]() };
  }

  async function openBatch(process: SimulatedProcess): Promise<Opened> {
    const own = recordLog(process);
    const archive = clickhouse.archive(commandsOf(process, 'clickhouse'));
    const runs = clickhouse.runs(commandsOf(process, 'clickhouse'));
    const held: { archiver?: Archiver } = {};
    const logStarts = async () => (await own.ranges()).map(({ start }) => start);
    const runner = createBatchRunner({
      generation,
      log,
      clock,
      archive,
      runs,
      speedState: redis.speedState(commandsOf(process, 'redis')),
      randomBits: () => random.integer(0, 0xffff_ffff),
      nudgeArchiver: () => held.archiver?.nudge(),
      limits: weather.runs,
      checkArchive: createArchiveCheck({
        archive,
        archiveStarts: async () => (await runs.currentRun())?.starts,
        logStarts,
        log,
        resumeArchiver: () => held.archiver?.resume(),
      }),
    });
    const first = await runner.begin(await logStarts());
    const archiver = (held.archiver = await openArchiver({
      generation,
      log,
      archive,
      recordLog: own,
      starts: first.starts,
      writeDeadLetters: async (letters) => {
        if (letters.length > 0)
          await network.call(process, 'kafka', `dead letters ${letters.length}`, () => undefined, true);
      },
      join: (handlers) => archiverGroup.join(process, handlers),
      intervalMs: weather.archiveIntervalMs,
      retryMs: 1_000,
    }));
    let running = false;
    async function makeRuns(): Promise<void> {
      if (running) return;
      running = true;
      try {
        let outcome: RunOutcome;
        do onRun((outcome = await runner.run()));
        while (outcome.more);
      } catch (error) {
        trace.line(`${process.name} run given up: ${String(error)}`);
      } finally {
        running = false;
      }
    }
    const schedule = setInterval(() => void makeRuns(), weather.runEveryMs);
    return {
      archiver,
      async close() {
        clearInterval(schedule);
        await archiver[Symbol.asyncDispose]();
      },
    };
  }

  async function openServing(process: SimulatedProcess): Promise<Opened> {
    const serving = openServingLayer({
      generation,
      log,
      clock,
      redisPrefix,
      random: () => random.next(),
      runSource: clickhouse.runSource(commandsOf(process, 'clickhouse')),
      batchViews: clickhouse.batchViews(commandsOf(process, 'clickhouse')),
      archiveReader: clickhouse.archiveReader(commandsOf(process, 'clickhouse')),
      snapshots: redis.snapshots(commandsOf(process, 'redis')),
      subscriber: subscribe(process),
      openLog: async () => recordLog(process),
    });
    return {
      serving,
      async close() {
        await serving[Symbol.asyncDispose]();
      },
    };
  }

  function keepRunning(kind: Slot['kind'], name: string): Slot {
    let process: SimulatedProcess;
    let opened: Opened | undefined;
    let starts = 0;
    const open = { speed: openSpeed, batch: openBatch, serving: openServing }[kind];

    function start(): void {
      starts += 1;
      const mine = (process = time.openProcess(`${name}.${starts}`));
      opened = undefined;
      trace.line(`${mine.name} starts`);
      mine.run(() => {
        open(mine).then(
          (done) => {
            if (process === mine) opened = done;
          },
          (error: unknown) => {
            trace.line(`${mine.name} could not start: ${String(error)}`);
            if (process === mine) crash();
          },
        );
      });
    }

    function end(after: number): void {
      const mine = process;
      mine.kill();
      opened = undefined;
      for (const each of subscribers) if (each.process === mine) subscribers.delete(each);
      for (const group of [speedGroup, archiverGroup]) group.stateChanged(mine);
      time.after(after, () => {
        if (process === mine) start();
      });
    }
    function crash(): void {
      if (process.state === 'dead') return;
      trace.line(`${process.name} dies`);
      end(random.integer(200, 8_000));
    }

    start();
    return {
      kind,
      name,
      get process() {
        return process;
      },
      get opened() {
        return opened;
      },
      crash,
      freeze(forMs) {
        const mine = process;
        if (mine.state !== 'running') return;
        trace.line(`${mine.name} freezes for ${forMs} ms`);
        mine.freeze();
        const groups = [speedGroup, archiverGroup];
        for (const group of groups) group.stateChanged(mine);
        time.after(forMs, () => {
          if (mine.state !== 'frozen') return;
          trace.line(`${mine.name} thaws`);
          mine.thaw();
          for (const group of groups) group.stateChanged(mine);
        });
      },
      restart() {
        const mine = process;
        const closing = opened;
        if (!closing || mine.state !== 'running') return;
        trace.line(`${mine.name} is asked to end`);
        const ended = () => {
          if (process === mine && mine.state !== 'dead') end(200);
        };
        mine.run(() => void closing.close().then(ended, ended));
        // As the deadline of shutdown has it.
        time.after(10_000, ended);
      },
    };
  }

  const world: World = {
    generation,
    time,
    network,
    topic,
    redis,
    clickhouse,
    shop,
    groups: [speedGroup, archiverGroup],
    slots,
    subscribers,
    messageLoss: 0,
    addReader() {
      const slot = keepRunning('serving', `reader-${slots.filter(({ kind }) => kind === 'serving').length + 1}`);
      slots.push(slot);
      return slot;
    },
  };
  shop.send(random.integer(0, 30));
  for (let i = 1; i <= weather.batches; i += 1) slots.push(keepRunning('batch', `batch-${i}`));
  for (let i = 1; i <= weather.speeds; i += 1) slots.push(keepRunning('speed', `speed-${i}`));
  for (let i = 1; i <= weather.readers; i += 1) world.addReader();
  return world;
}
