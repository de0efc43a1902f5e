// The live view against the oracle: whatever is lost, repeated, reordered, wiped or set back, an answer for (V, W) is
// the naive recount of exactly the offsets below W, and neither V nor W ever falls.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCellKey, mergeCells } from '../schemas/cells.ts';
import { compileFold, emptyCells } from '../schemas/fold.ts';
import { ledgerSum } from '../schemas/layout-redis.ts';
import { covers } from '../schemas/offset-vector.ts';
import { itemTotals, type LogEntry, orderTotals, prefixOf } from '../schemas/oracle.ts';
import { eventTypes } from '../schemas/order-event.ts';
import { noChunkVersions } from './chunk-versions.ts';
import { type Cut, createLiveView, type LiveView } from './live-view.ts';
import type { PartitionSnapshot } from './partition-view.ts';
import { createWorld, testEvent, testGeneration, type World } from './test-live-world.ts';

const numRuns = Number(process.env['TIDEMARK_PROPERTY_RUNS'] ?? 1_500);
const partitions = 2;
const horizonMs = 120_000;
const generation = testGeneration(partitions, horizonMs);
const start = Date.UTC(2024, 0, 1);

const entry = fc.record({
  order: fc.integer({ min: 1, max: 4 }),
  event: fc.integer({ min: 1, max: 2 }),
  type: fc.constantFrom(...eventTypes),
  store: fc.constantFrom('west', 'east'),
  /** Minutes before or after the record. */
  age: fc.integer({ min: -1, max: 4 }),
  jump: fc.integer({ min: -1, max: 1 }),
  amountMinor: fc.integer({ min: 0, max: 1_000 }),
  items: fc.array(fc.record({ category: fc.constantFrom('a', 'b'), quantity: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 2,
  }),
  poison: fc.integer({ min: 0, max: 9 }),
});
const logArbitrary = fc
  .array(fc.array(entry, { minLength: 1, maxLength: 24 }), { minLength: partitions, maxLength: partitions })
  .map((lists) => lists.flatMap((list, partition) => toEntries(list, partition)));

function toEntries(list: readonly (typeof entry extends fc.Arbitrary<infer T> ? T : never)[], partition: number) {
  let clock = start;
  return list.map(({ order, event, type, store, age, jump, amountMinor, items, poison }, offset): LogEntry => {
    clock += jump * 60_000;
    const occurredAt = clock - age * 60_000;
    return {
      partition,
      offset,
      timestampMs: clock,
      event:
        poison === 0
          ? undefined
          : testEvent({
              orderId: `${partition}-${order}`,
              eventId: `00000000-0000-4000-8000-00000000000${event}`,
              type,
              storeId: store,
              occurredAt,
              placedAt: type === 'OrderPlaced' ? null : occurredAt - 60_000,
              amountMinor,
              items: items.map((item) => ({ sku: `s${item.category}`, name: null, amountMinor: 5, ...item })),
            }),
    };
  });
}

const partition = fc.integer({ min: 0, max: partitions - 1 });
const some = fc.integer({ min: 0, max: 9 });
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ op: fc.constant('flush' as const), p: partition, n: some, close: fc.boolean() }),
  },
  { weight: 10, arbitrary: fc.record({ op: fc.constant('deliver' as const), p: partition, n: some }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('repeat' as const), p: partition, n: some }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('lose' as const), p: partition, n: some }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('read' as const), p: partition }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('take' as const), p: partition, n: some }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('take-over' as const), p: partition }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('wipe' as const), p: partition }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('reset' as const), p: partition }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('save' as const), p: partition }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('set-back' as const), p: partition }) },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('publish' as const),
      at: fc.array(some, { minLength: 2, maxLength: 2 }),
      anywhere: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('offer' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('offer-older' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Scene {
  readonly world: World;
  readonly view: LiveView;
  readonly saved: World['states'];
  readonly snapshots: { partition: number; snapshot: PartitionSnapshot }[];
}

function perform({ world, view, saved, snapshots }: Scene, action: Step): void {
  switch (action.op) {
    case 'flush':
      return world.flush(action.p, action.n, action.close);
    case 'deliver':
    case 'repeat':
    case 'lose': {
      // Mostly in order: a reader that never stands right would test little.
      const index = action.n < 8 ? 0 : action.n % Math.max(1, world.channel.length);
      const message = world.channel[index];
      if (message && action.op !== 'lose') view.applyFlush(message);
      if (action.op !== 'repeat') world.channel.splice(index, 1);
      return;
    }
    case 'read':
      snapshots.push({ partition: action.p, snapshot: world.snapshot(action.p) });
      return;
    case 'take': {
      const [taken] = snapshots.splice(action.n % Math.max(1, snapshots.length), 1);
      if (taken) view.takeSnapshot(taken.partition, taken.snapshot);
      return;
    }
    case 'take-over': {
      const state = world.states[action.p];
      if (!state || state.next === state.epoch) return;
      world.states[action.p] = {
        next: state.next,
        epoch: state.next,
        closed: [...state.closed, { from: state.epoch, to: state.next }],
      };
      return;
    }
    case 'wipe':
      world.states[action.p] = undefined;
      return;
    case 'reset': {
      const state = world.states[action.p];
      if (!state || state.next < world.currentV(action.p)) world.reset(action.p);
      return;
    }
    case 'save':
      saved[action.p] = structuredClone(world.states[action.p]);
      return;
    case 'set-back':
      world.states[action.p] = structuredClone(saved[action.p]);
      return;
    case 'publish': {
      const parent = world.runs.at(-1);
      world.publish(
        action.at.map((n, p) => {
          const least = parent?.tidemark[p] ?? 0;
          const state = world.states[p];
          const ends = [...(state?.closed.map(({ to }) => to) ?? []), state?.epoch ?? 0].filter((to) => to >= least);
          if (action.anywhere || ends.length === 0) return Math.min(least + n, world.lengthOf(p));
          return ends[n % ends.length]!;
        }),
      );
      for (const state of world.states) {
        // Collected: what lies below the parent's tidemark.
        if (state)
          state.closed = state.closed.filter(({ to }) => to > (parent?.tidemark[world.states.indexOf(state)] ?? 0));
      }
      return;
    }
    case 'offer': {
      const run = world.runs.at(-1);
      if (run) view.offerRun({ run, offChain: [], published: 1, versions: noChunkVersions });
      return;
    }
    case 'offer-older': {
      const run = world.runs.at(-2);
      if (run) view.offerRun({ run, offChain: [], published: 1, versions: noChunkVersions });
      return;
    }
    default:
      action satisfies never;
  }
}

const fold = compileFold(generation);
const orderRollup = generation.definition.rollups.findIndex(({ name }) => name === 'order_minute');
const itemRollup = generation.definition.rollups.findIndex(({ name }) => name === 'item_minute');

/** What the answer would say: views below V, plus the tilings. */
function answerOf(log: readonly LogEntry[], cut: Cut) {
  const v = cut.pinned.run.tidemark;
  const cells = emptyCells(generation.definition);
  for (const event of prefixOf(log, v, v, horizonMs).counted) fold.add(event, cells);
  for (const epoch of cut.tilings.flat()) for (const [i, map] of cells.entries()) mergeCells(map, epoch.cells[i]!);
  const stores: Record<string, number[]> = {};
  for (const [key, cell] of cells[orderRollup]!) {
    const store = decodeCellKey(key).values[0]!;
    stores[store] = cell.slice(1).map((sum, i) => sum + (stores[store]?.[i] ?? 0));
  }
  const categories: Record<string, number[]> = {};
  for (const [key, cell] of cells[itemRollup]!) {
    const category = decodeCellKey(key).values[0]!;
    categories[category] = cell.slice(1).map((sum, i) => sum + (categories[category]?.[i] ?? 0));
  }
  return { stores, categories };
}

function expectedOf(log: readonly LogEntry[], cut: Cut) {
  const { counted } = prefixOf(log, cut.pinned.run.tidemark, cut.vector, horizonMs);
  const stores = [...orderTotals(counted, (e) => e.storeId)].map(([store, t]) => [
    store,
    [
      t.orders,
      t.grossMinor,
      t.cancelledOrders,
      t.cancelledMinor,
      t.refunds,
      t.refundedMinor,
      t.units,
      t.fulfilledOrders,
    ],
  ]);
  const categories = [...itemTotals(counted, (_, item) => item.category)].map(([c, t]) => [c, [t.units, t.itemMinor]]);
  return { stores: Object.fromEntries(stores), categories: Object.fromEntries(categories) };
}

function check(log: readonly LogEntry[], cut: Cut, before: Cut | undefined): void {
  const v = cut.pinned.run.tidemark;
  if (before) {
    expect(covers(v, before.pinned.run.tidemark), 'V never falls').toBe(true);
    expect(covers(cut.vector, before.vector), 'W never falls').toBe(true);
  }
  expect(answerOf(log, cut)).toEqual(expectedOf(log, cut));
  const ledgers = cut.tilings.flat().map((epoch) => epoch.ledger);
  const deferred = prefixOf(log, v, cut.vector, horizonMs).deferred;
  expect(ledgers.reduce((sum, ledger) => sum + ledger.deferred, 0)).toBe(deferred);
  const spent = ledgers.reduce((sum, ledger) => sum + ledgerSum(ledger), 0);
  expect(spent).toBe(cut.vector.reduce((sum, w, p) => sum + w - v[p]!, 0));
}

describe('the live view', () => {
  test('a run with an older tidemark is not adopted, however far its tiling reaches', () => {
    const log = Array.from(
      { length: 10 },
      (_, offset): LogEntry => ({ partition: 0, offset, timestampMs: start, event: undefined }),
    );
    const world = createWorld(generation, log);
    const view = createLiveView(generation);
    world.publish([0, 0]);
    world.publish([5, 0]);
    const [older, newer] = world.runs.map((run) => ({ run, offChain: [], published: 2, versions: noChunkVersions }));
    view.offerRun(newer!);
    world.flush(0, 10, false); // an open epoch that begins below the tidemark
    view.takeSnapshot(0, world.snapshot(0));
    expect(view.offerRun(older!)).toEqual({ kind: 'pending', partitions: [0] });
    expect(view.capture()).toMatchObject({ pinned: newer, vector: [5, 0] });
  });

  test('captures the same cut as long as nothing changed, and another one after each change', () => {
    const log = Array.from(
      { length: 10 },
      (_, offset): LogEntry => ({ partition: 0, offset, timestampMs: start, event: undefined }),
    );
    const world = createWorld(generation, log);
    const view = createLiveView(generation);
    const offer = (tidemark: number[]) => {
      world.publish(tidemark);
      view.offerRun({ run: world.runs.at(-1)!, offChain: [], published: 1, versions: noChunkVersions });
      return view.capture()!;
    };
    const cuts = [offer([0, 0])];
    world.flush(0, 2, false);
    view.takeSnapshot(0, world.snapshot(0));
    cuts.push(view.capture()!);
    expect(view.capture()).toBe(cuts[1]);
    world.flush(0, 3, true);
    view.applyFlush(world.channel.at(-1)!);
    cuts.push(view.capture()!, offer([5, 0]));
    expect(new Set(cuts).size).toBe(4);
    expect(cuts.map(({ vector, pinned }) => [vector[0], pinned.run.tidemark[0]])).toEqual([
      [0, 0],
      [2, 0],
      [5, 0],
      [5, 5],
    ]);
  });

  test('gives the naive recount below W after every step, V and W never fall, and it catches up in the end', () => {
    let liveCuts = 0;
    let recoveries = 0;
    fc.assert(
      fc.property(logArbitrary, fc.array(step, { minLength: 10, maxLength: 70 }), (log, steps) => {
        const world = createWorld(generation, log);
        const view = createLiveView(generation);
        const scene: Scene = { world, view, saved: world.states.map(() => undefined), snapshots: [] };
        world.publish(Array.from({ length: partitions }, () => 0));
        view.offerRun({ run: world.runs[0]!, offChain: [], published: 1, versions: noChunkVersions });
        let before: Cut | undefined;
        for (const action of steps) {
          perform(scene, action);
          const now = view.capture();
          if (now) check(log, now, before);
          if (now && now.tilings.some((chain) => chain.length > 0)) liveCuts += 1;
          before = now;
        }
        // All troubles end: the writer reaches the end of the log, one snapshot of each partition, the current run.
        for (let p = 0; p < partitions; p += 1) {
          const state = world.states[p];
          const v = world.currentV(p);
          const boundaries = state && [state.epoch, ...state.closed.flatMap(({ from, to }) => [from, to])];
          if (!boundaries?.includes(v)) {
            recoveries += 1;
            world.reset(p);
          }
          world.flush(p, 1_000, false);
          view.takeSnapshot(p, world.snapshot(p));
        }
        view.offerRun({ run: world.runs.at(-1)!, offChain: [], published: 1, versions: noChunkVersions });
        const last = view.capture()!;
        check(log, last, before);
        expect(last.vector).toEqual(Array.from({ length: partitions }, (_, p) => world.lengthOf(p)));
        expect(last.pinned.run).toBe(world.runs.at(-1));
      }),
      { numRuns },
    );
    expect(liveCuts).toBeGreaterThan(numRuns);
    expect(recoveries).toBeGreaterThan(numRuns / 10);
  }, 600_000);
});
