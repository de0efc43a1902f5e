// Redis in memory, as the layers see it: the counter store of speed-layer's own tests, with what batch and serving read of
// it, messages, and what can happen to a Redis: wiped, set back to an older snapshot, one key lost.
import type { SpeedState } from '../../batch-layer/speed-state.ts';
import type { Random } from '../../cli/random.ts';
import type { Subscriber } from '../../runtime/redis.ts';
import { countFacts, type RollupCells } from '../../schemas/cells.ts';
import type { Generation } from '../../schemas/generation.ts';
import { channels, type EpochLedger, ledgerSum } from '../../schemas/layout-redis.ts';
import { type Epoch, emptyEpoch, isWhole, tallyOf } from '../../serving/epoch.ts';
import type { SnapshotSource } from '../../serving/snapshot-source.ts';
import type { CounterStore } from '../../speed-layer/counter-store.ts';
import {
  createMemoryCounterStore,
  type MemoryEpoch,
  type MemoryPartition,
} from '../../speed-layer/memory-counter-store.ts';

/** One command or script: its effect happens at one moment. */
export type Command = <T>(what: string, effect: () => T | PromiseLike<T>, write?: boolean) => Promise<T>;

type Listener = (channel: string, text: string) => void;

export interface MemoryRedis {
  readonly partitions: Map<number, MemoryPartition>;
  /** Speed's writes. */
  counterStore(command: Command): CounterStore;
  /** Batch's reads. */
  speedState(command: Command): SpeedState;
  /** Serving's reads. */
  snapshots(command: Command): SnapshotSource;
  publish(channel: string, text: string): void;
  /** Hears every message at the moment at which it is sent. */
  listen(listener: Listener): void;
  wipe(): void;
  copy(): Map<number, MemoryPartition>;
  setBack(to: ReadonlyMap<number, MemoryPartition>): void;
  /** Loses one key of a partition; says which. */
  loseKey(random: Random): string;
}

export function createMemoryRedis(generation: Generation, redisPrefix: string, clock: () => number): MemoryRedis {
  const { definition, rules } = generation;
  const { rollups } = definition;
  const names = channels(redisPrefix, generation);
  const listeners: Listener[] = [];
  const publish = (channel: string, text: string) => {
    for (const listener of listeners) listener(channel, text);
  };
  const store = createMemoryCounterStore(generation, (message) => publish(names.flush, JSON.stringify(message)), clock);
  const { partitions } = store;
  const all = Array.from({ length: rules.partitions }, (_, p) => p);

  const find = (p: number, from: number) => {
    const state = partitions.get(p);
    return state && [...state.closed, state.open].find((epoch) => epoch.from === from);
  };

  function readWhole(from: number, to: number, held: MemoryEpoch | undefined): Epoch | undefined {
    if (from === to) return emptyEpoch(definition, from);
    if (!held?.ledger) return undefined;
    const cells = held.cells.map(copyCells);
    const ledger = structuredClone(held.ledger);
    return isWhole({ from, to }, ledger, tallyOf(cells), rollups) ? { from, to, ledger, cells } : undefined;
  }

  return {
    partitions,
    counterStore: (command) => ({
      restore: (p, tidemark) => command(`restore ${p}`, () => store.restore(p, tidemark)),
      flush: (p, flush) =>
        command(
          `flush ${p} ${flush.epoch}:${flush.from}-${flush.next}${flush.close ? ' close' : ''}`,
          () => store.flush(p, flush),
          true,
        ),
      reset: (p, expected, to, stamp, leaderEpoch) =>
        command(
          `reset ${p} ${expected?.next ?? 'nothing'} to ${to}`,
          () => store.reset(p, expected, to, stamp, leaderEpoch),
          true,
        ),
      collect: (p, mark) => command(`collect ${p} ${mark}`, () => store.collect(p, mark), true),
    }),
    speedState: (command) => ({
      async positions() {
        // State and list are read side by side, not in one moment.
        const [states, boundaries] = await Promise.all([
          command('states', () => all.map((p) => pick(partitions.get(p)))),
          command('lists', () => all.map((p) => partitions.get(p)?.closed.map(({ to }) => to) ?? [])),
        ]);
        return states.map((state, p) => state && { ...state, boundaries: boundaries[p]! });
      },
      async epochs(p, from, to) {
        const ranges = await command(
          `epochs ${p}`,
          () => partitions.get(p)?.closed.map((e) => ({ from: e.from, to: e.to })) ?? [],
        );
        const epochs: { from: number; to: number; ledger: EpochLedger; cells: RollupCells[] }[] = [];
        let at = from;
        for (const range of ranges.filter((r) => r.from >= from && r.to <= to).toSorted((a, b) => a.from - b.from)) {
          if (range.from !== at) return undefined;
          const held = await command(`epoch ${p} ${range.from}`, () => {
            const epoch = find(p, range.from);
            return epoch?.ledger && { ledger: structuredClone(epoch.ledger), cells: epoch.cells.map(copyCells) };
          });
          if (!held || ledgerSum(held.ledger) !== range.to - range.from) return undefined;
          const { ledger, cells } = held;
          if (cells.some((map, i) => map.size !== ledger.cells[i] || countFacts(map) !== ledger.facts[i]))
            return undefined;
          epochs.push({ ...range, ledger, cells });
          at = range.to;
        }
        return at === to ? epochs : undefined;
      },
      askForCut: () => command('ask for a cut', () => publish(names.cut, '')),
      announceRun: () => command('announce the run', () => publish(names.run, '')),
    }),
    snapshots: (command) => ({
      async take({ partition, v, find: remembered }) {
        const read = await command(`snapshot ${partition}`, () => {
          const state = partitions.get(partition);
          if (!state) return undefined;
          const range = { from: state.open.from, to: state.next };
          const members = state.closed.map(({ from, to }) => ({ from, to }));
          return { range, members, open: readWhole(range.from, range.to, state.open) };
        });
        if (!read) return { open: undefined, closed: [], notWhole: [] };
        const notWhole = read.open ? [] : [read.range];
        const closed: Epoch[] = [];
        for (const { from, to } of read.members) {
          if (v !== undefined && from < v) continue;
          const epoch =
            remembered(from, to) ??
            (await command(`page ${partition} ${from}`, () => readWhole(from, to, find(partition, from))));
          if (epoch) closed.push(epoch);
          else notWhole.push({ from, to });
        }
        return { open: read.open, closed, notWhole };
      },
      stands: () =>
        command('stands', () =>
          all.map((p) => {
            const state = partitions.get(p);
            return state && { epoch: state.open.from, next: state.next, leaderEpoch: state.leaderEpoch };
          }),
        ),
    }),
    publish,
    listen: (listener) => void listeners.push(listener),
    wipe: () => partitions.clear(),
    copy: () => copyAll(partitions),
    setBack(to) {
      partitions.clear();
      for (const [p, state] of copyAll(to)) partitions.set(p, state);
    },
    loseKey(random) {
      const held = [...partitions];
      if (held.length === 0) return 'nothing';
      const [p, state] = held[random.integer(0, held.length - 1)]!;
      const epochs = [...state.closed, state.open];
      const epoch = epochs[random.integer(0, epochs.length - 1)]!;
      const part = random.integer(0, 4);
      if (part === 0) partitions.delete(p);
      else if (part === 1) state.closed = [];
      else if (part === 2) epoch.ids = Buffer.alloc(0);
      else if (part === 3) epoch.ledger = undefined;
      else epoch.cells[random.integer(0, epoch.cells.length - 1)]!.clear();
      return `${['state', 'epochs', 'ids', 'ledger', 'cells'][part]} of partition ${p}, epoch ${epoch.from}`;
    },
  };
}

function pick(state: MemoryPartition | undefined) {
  return state && { next: state.next, epoch: state.open.from, flushedAt: state.flushedAt };
}

function copyCells(cells: RollupCells): RollupCells {
  return new Map([...cells].map(([key, cell]) => [key, [...cell]]));
}

function copyAll(partitions: ReadonlyMap<number, MemoryPartition>): Map<number, MemoryPartition> {
  const copyEpoch = (epoch: MemoryEpoch): MemoryEpoch => ({ ...epoch, cells: epoch.cells.map(copyCells) });
  return new Map(
    [...partitions].map(([p, state]) => [
      p,
      { ...state, closed: state.closed.map(copyEpoch), open: copyEpoch(state.open) },
    ]),
  );
}

export interface MemorySubscriber extends Subscriber {
  /** Hands over a message, if its channel was asked for. */
  hear(channel: string, text: string): void;
  /** The connection is lost, or is there again. */
  setConnected(connected: boolean): void;
}

export function createMemorySubscriber(command: Command): MemorySubscriber {
  const wanted = new Set<string>();
  const messages = new Set<Listener>();
  const changes = { ready: new Set<() => void>(), close: new Set<() => void>() };
  let connected = true;
  function set(event: string): Set<unknown> {
    return event === 'message' ? messages : changes[event as keyof typeof changes];
  }
  return {
    get status() {
      return connected ? 'ready' : 'reconnecting';
    },
    on: (event: string, listener: unknown) => set(event).add(listener),
    off: (event: string, listener: unknown) => set(event).delete(listener),
    subscribe: (...names) =>
      command('subscribe', () => {
        for (const name of names) wanted.add(name);
      }),
    hear(channel, text) {
      if (connected && wanted.has(channel)) for (const listener of messages) listener(channel, text);
    },
    setConnected(now) {
      if (now === connected) return;
      connected = now;
      for (const listener of changes[now ? 'ready' : 'close']) listener();
    },
  };
}
