// The speed layer of several processes on one log, one store and one group, all in memory.
import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { GroupMemberOptions } from '../runtime/kafka/group-member.ts';
import type { RecordLog } from '../runtime/kafka/record-log.ts';
import { createLogger } from '../runtime/logger.ts';
import { createGeneration } from '../schemas/generation.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { partitionOf } from '../schemas/murmur2.ts';
import { baseMs } from '../schemas/test-events.ts';
import { placedOrder, recordSetOf } from '../test/record-sets.ts';
import { until } from '../test/until.ts';
import { createSpeedApp } from './app.ts';
import { createMemoryCounterStore } from './memory-counter-store.ts';
import { openSpeedLayer, type SpeedLayerOptions } from './speed-layer.ts';
import { writerLimits } from './writer-limits.ts';

const partitions = [0, 1, 2, 3];
const generation = createGeneration({
  topic: 'orders',
  partitions: partitions.length,
  horizonMs: 600_000,
  hashKey: '0f'.repeat(16),
});
const log = createLogger('test', 'silent');

class FakeSubscriber extends EventEmitter {
  readonly status = 'ready';
  readonly subscribe = async () => undefined;
}

function openWorld() {
  const orders = partitions.map((): number[] => []);
  for (let n = 0; n < 1_000; n += 1) orders[partitionOf(`o-${n}`, partitions.length)]!.push(n);
  const ends = partitions.map(() => 0);
  const store = createMemoryCounterStore(generation, () => undefined);
  const run = {
    run: '000000000001-00000000',
    parent: '',
    tidemark: partitions.map(() => 0),
    starts: partitions.map(() => 0),
  };
  const source = {
    currentRun: async () => ({ ...run, maxTimestamps: partitions.map(() => -1) }) as unknown as BatchRun,
    parentTidemark: async () => undefined,
    epochBefore: async () => undefined,
    identities: async () => [],
  };

  const recordLog: RecordLog = {
    topicId: () => 'topic',
    trouble: () => undefined,
    findCuts: async () => new Map(),
    ranges: async () => ends.map((end) => ({ start: 0, end, highWatermark: end })),
    wake: () => undefined,
    close: async () => undefined,
    async follow(handler, signal) {
      for (; !signal.aborted; await nextTurn()) {
        for (const [partition, at] of handler.positions()) {
          const next = Math.min(at + 7, ends[partition]!);
          const orderAt = (offset: number) => placedOrder(orders[partition]![offset]!);
          if (next > at) await handler.onRecordSet({ ...recordSetOf(at, next, orderAt), partition });
        }
      }
    },
  };

  const members: Pick<GroupMemberOptions, 'onAssignment'>[] = [];
  /** All at once, as in a group: the new owner may begin before the old one has let go. */
  const rebalance = () =>
    Promise.all(
      members.map(async (member, i) =>
        member.onAssignment(new Set(partitions.filter((p) => p % members.length === i))),
      ),
    );

  return {
    store,
    ends,
    log(records: number) {
      for (const p of partitions) ends[p]! += records;
    },
    open: (limits: Partial<SpeedLayerOptions['limits']> = {}, flushIntervalMs = 5) =>
      openSpeedLayer({
        generation,
        store,
        source,
        log,
        clock: () => baseMs,
        limits: { ...writerLimits, retryMs: 2, ...limits },
        redisPrefix: 'p',
        subscriber: new FakeSubscriber(),
        recordLog,
        flushIntervalMs,
        async join(handlers) {
          members.push(handlers);
          await rebalance();
          return {
            assignment: () => new Set(),
            commit: async () => undefined,
            async leave() {
              members.splice(members.indexOf(handlers), 1);
              await rebalance();
            },
          };
        },
      }),
    flushed: () =>
      until('all is flushed', () => partitions.every((p) => (store.partitions.get(p)?.next ?? -1) === ends[p])),
    countedOf(partition: number) {
      const { closed, open } = store.partitions.get(partition)!;
      return [...closed, open].reduce((sum, epoch) => sum + (epoch.ledger?.counted ?? 0), 0);
    },
  };
}

test('processes join and leave while orders flow: each partition has one owner in the end, each event counts once', async () => {
  const world = openWorld();
  const first = await world.open();
  world.log(50);
  const second = await world.open();
  await until('both count', () => first.waitingFor() === undefined && second.waitingFor() === undefined);
  expect([[...first.writers.keys()], [...second.writers.keys()]]).toEqual([
    [0, 2],
    [1, 3],
  ]);
  world.log(50);
  const third = await world.open();
  world.log(30);
  await first[Symbol.asyncDispose]();
  world.log(20);
  await third[Symbol.asyncDispose]();
  await until('the second has all', () => second.writers.size === 4 && second.waitingFor() === undefined);
  await world.flushed();
  for (const p of partitions) expect(world.countedOf(p)).toBe(150);
  for (const layer of [first, second, third]) {
    expect(await layer.metrics.registry.metrics()).not.toMatch(/tidemark_speed_resets_total{reason="(?!no-state)/);
  }
  await second[Symbol.asyncDispose]();
});

test('a process that leaves has flushed: its successor counts nothing again', async () => {
  const world = openWorld();
  const first = await world.open({}, 60_000);
  world.log(40);
  await until('counted in memory', () => [...first.writers.values()].every((writer) => writer.position() === 40));
  await first[Symbol.asyncDispose]();
  for (const p of partitions) expect(world.countedOf(p)).toBe(40);
  await using second = await world.open();
  await until('taken over', () => second.waitingFor() === undefined);
  expect([...second.writers.values()].map((writer) => writer.position())).toEqual([40, 40, 40, 40]);
});

test('with more identities than it may hold it fetches nothing and says why', async () => {
  const world = openWorld();
  await using layer = await world.open({ maxIdentities: 100 });
  const held = () => [...layer.writers.values()].reduce((sum, writer) => sum + writer.identities, 0);
  world.log(60);
  await until('it says so', () => layer.waitingFor()?.includes('events lie within the horizon, at most 100') === true);
  expect(held()).toBeLessThan(140);
  const app = createSpeedApp(layer, log);
  expect((await app.inject('/readyz')).json()).toMatchObject({ code: 'not-ready', detail: layer.waitingFor() });
  expect((await app.inject('/metrics')).body).toMatch(/tidemark_speed_identities{partition="0"} \d+/);
  await app.close();
});
