// The promise on the pure core: random logs, record sets, flushes, cuts, crashes, wipes, runs and lost messages; after
// every step the answer equals the oracle over exactly the events below its vector, and neither V nor W fell.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseTidemark } from '../batch-layer/choose-tidemark.ts';
import type { RecordSet } from '../runtime/kafka/record-log.ts';
import { decodeCellKey, mergeCells, type RollupCells } from '../schemas/cells.ts';
import { encodeEvent } from '../schemas/codec.ts';
import { compileFold, emptyCells } from '../schemas/fold.ts';
import { createGeneration, type Generation } from '../schemas/generation.ts';
import { identityOf } from '../schemas/identity.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { decodeEpochLedger } from '../schemas/layout-redis.ts';
import { distinctCustomers, itemTotals, type LogEntry, orderTotals, prefixOf } from '../schemas/oracle.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { createRunId } from '../schemas/run-id.ts';
import { noChunkVersions } from '../serving/chunk-versions.ts';
import { createLiveView } from '../serving/live-view.ts';
import { createEpochCounter, type EpochCounter } from '../speed-layer/epoch-counter.ts';
import { createMemoryCounterStore } from '../speed-layer/memory-counter-store.ts';
import { takeOver } from '../speed-layer/take-over.ts';
import type { TidemarkSource } from '../speed-layer/tidemark-source.ts';

const cases = Number(process.env['TIDEMARK_PROPERTY_CASES'] ?? 10_000);
const baseMs = Date.UTC(2026, 0, 5, 12);
const minuteMs = 60_000;
const generation = createGeneration({
  topic: 'orders',
  partitions: 1,
  horizonMs: 10 * minuteMs,
  hashKey: '000102030405060708090a0b0c0d0e0f',
});

interface Draft {
  readonly kind: 'event' | 'copy' | 'poison' | 'gap';
  readonly type: OrderEvent['type'];
  readonly store: number;
  readonly currency: string;
  readonly agoMinutes: number;
  readonly stepMs: number;
  readonly amountMinor: number;
  readonly lines: number;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom('event', 'event', 'event', 'event', 'copy', 'copy', 'poison', 'gap'),
  type: fc.constantFrom('OrderPlaced', 'OrderPlaced', 'OrderCancelled', 'OrderRefunded', 'OrderFulfilled'),
  store: fc.nat(1),
  currency: fc.constantFrom('USD', 'JPY'),
  agoMinutes: fc.oneof(fc.nat(4), fc.constantFrom(9, 10, 11, 60, 4_000)),
  stepMs: fc.oneof(fc.nat(2_000), fc.constantFrom(-90_000, 300_000, 700_000)),
  amountMinor: fc.oneof(fc.nat(5_000), fc.constant(1_000_000_000_000)),
  lines: fc.nat(2),
});

type Step =
  | { readonly do: 'read'; readonly count: number }
  | { readonly do: 'flush'; readonly cut: boolean; readonly lose: boolean }
  | { readonly do: 'crash' | 'wipe' | 'snapshot' | 'collect' | 'zombie' }
  | { readonly do: 'run'; readonly archivedAhead: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('flush' as const),
      cut: fc.boolean(),
      lose: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('run' as const), archivedAhead: fc.integer({ min: -4, max: 8 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'wipe', 'snapshot', 'collect', 'zombie') }),
  },
);

/** Entry with what the record holds: an event, poison (a value that does not decode), or nothing of ours. */
type Entry = LogEntry & { readonly gap: boolean };

function layLog(drafts: readonly Draft[]): Entry[] {
  const log: Entry[] = [];
  let timestampMs = baseMs;
  for (const [offset, d] of drafts.entries()) {
    timestampMs += d.stepMs;
    const earlier = log.filter((entry) => entry.event);
    const copied = d.kind === 'copy' ? earlier[d.amountMinor % Math.max(1, earlier.length)]?.event : undefined;
    // A copy with another content: the first offset wins all the same.
    const event = copied
      ? { ...copied, amountMinor: Math.abs(copied.amountMinor - 1), customerId: 'c-other' }
      : eventOf(d, offset, timestampMs);
    const held = d.kind === 'poison' || d.kind === 'gap' ? undefined : event;
    log.push({
      partition: 0,
      offset,
      timestampMs,
      event: held && held.occurredAt <= timestampMs + 5 * minuteMs ? held : undefined,
      gap: d.kind === 'gap',
    });
  }
  return log;
}

function eventOf(d: Draft, offset: number, timestampMs: number): OrderEvent {
  const occurredAt = timestampMs - d.agoMinutes * minuteMs;
  return {
    eventId: `00000000-0000-4000-8000-${offset.toString(16).padStart(12, '0')}`,
    type: d.type,
    orderId: `order-${offset % 7}`,
    sequence: null,
    customerId: offset % 4 === 0 ? null : `c-${offset % 3}`,
    storeId: `store-${d.store}`,
    channel: 'web',
    country: 'US',
    currency: d.currency,
    occurredAt,
    placedAt: d.type === 'OrderPlaced' ? null : occurredAt - 86_400_000,
    amountMinor: d.amountMinor,
    items: Array.from({ length: d.lines }, (_, i) => ({
      sku: `sku-${i}`,
      name: null,
      category: `c${i}`,
      quantity: i + 1,
      amountMinor: d.amountMinor,
    })),
  };
}

function recordSetOf(log: readonly Entry[], from: number, next: number): RecordSet {
  return {
    partition: 0,
    from,
    next,
    highWatermark: log.length,
    logStart: 0,
    walk(visitor) {
      for (const { offset, timestampMs, event, gap } of log.slice(from, next)) {
        if (gap) visitor.gap(offset, offset + 1);
        else {
          const value = event ? encodeEvent(event) : Buffer.from([0, 0, 0, 0, 9, 1]);
          visitor.record({ offset, timestampMs, key: Buffer.from(event?.orderId ?? 'x'), value, headers: [] });
        }
      }
    },
  };
}

async function playWorld(drafts: readonly Draft[], steps: readonly Step[]): Promise<void> {
  const log = layLog(drafts);
  const view = createLiveView(generation);
  let losing = false;
  const store = createMemoryCounterStore(generation, (message) => {
    if (!losing) view.applyFlush(message);
  });
  const runs: BatchRun[] = [runAt(log, [0], undefined)];
  const source: TidemarkSource = {
    currentRun: async () => runs.at(-1),
    parentTidemark: async () => runs.at(-2)?.tidemark,
    epochBefore: async () => undefined,
    identities: async ({ below, floor }) =>
      log
        .slice(0, below)
        .flatMap(({ event }) =>
          event && event.occurredAt >= floor ? [identityOf(event, generation.identityKey)] : [],
        ),
  };
  const own = async (): Promise<EpochCounter> => {
    const owned = await takeOver(0, { generation, store, source });
    return createEpochCounter({ generation, partition: 0, maxTouchedCells: 12, maxEpochRecords: 9, ...owned });
  };
  const snapshot = () => {
    const state = store.partitions.get(0);
    if (!state) return;
    const epochOf = (epoch: typeof state.open) => ({
      from: epoch.from,
      to: epoch.to,
      ledger: epoch.ledger ?? decodeEpochLedger(zeroLedger, generation.definition.rollups)!,
      cells: epoch.cells.map((cells) => new Map([...cells].map(([key, cell]) => [key, [...cell]]))),
    });
    view.takeSnapshot(0, { closed: state.closed.map(epochOf), open: epochOf(state.open) });
  };
  view.offerRun({ run: runs[0]!, offChain: [], published: runs.length, versions: noChunkVersions });
  let counter = await own();
  let zombie = counter;
  snapshot();
  let before = view.capture()!;

  for (const at of steps) {
    switch (at.do) {
      case 'read':
        counter.apply(recordSetOf(log, counter.next, Math.min(log.length, counter.next + at.count)));
        break;
      case 'flush':
        losing = at.lose;
        for (const flush of counter.take(at.cut)) {
          if ((await store.flush(0, flush)).kind === 'done') continue;
          counter = await own();
          break;
        }
        losing = false;
        break;
      case 'crash':
        zombie = counter;
        counter = await own();
        break;
      case 'zombie':
        for (const flush of zombie.take(false)) if ((await store.flush(0, flush)).kind === 'refused') break;
        break;
      case 'wipe':
        store.partitions.clear();
        counter = await own();
        break;
      case 'snapshot':
        snapshot();
        break;
      case 'collect':
        await store.collect(0, runs.at(-2)?.tidemark[0] ?? 0);
        break;
      case 'run': {
        const parent = runs.at(-1)!;
        const state = store.partitions.get(0)!;
        const archived = [Math.max(parent.tidemark[0]!, Math.min(log.length, state.next + at.archivedAhead))];
        const speed = [
          { next: state.next, epoch: state.open.from, boundaries: state.closed.map((epoch) => epoch.to), flushedAt: 0 },
        ];
        const tidemark = chooseTidemark({
          parent: parent.tidemark,
          archived,
          speed,
          deadSince: 0,
          farBehindRecords: at.archivedAhead > 5 ? 3 : 99,
        });
        expect(tidemark[0]).toBeLessThanOrEqual(archived[0]!);
        expect(tidemark[0]).toBeGreaterThanOrEqual(parent.tidemark[0]!);
        runs.push(runAt(log, tidemark, parent));
        view.offerRun({ run: runs.at(-1)!, offChain: [], published: runs.length, versions: noChunkVersions });
        if (tidemark[0]! > state.next) counter = await own();
        break;
      }
      default:
        at satisfies never;
    }
    if (at.do !== 'flush' || !at.lose) snapshotAfterGap();
    before = check(log, view, before);
  }
  // Everything read, flushed and looked at again: live now, however it went before.
  counter = await own();
  counter.apply(recordSetOf(log, counter.next, log.length));
  for (const flush of counter.take(true)) expect(await store.flush(0, flush)).toEqual({ kind: 'done' });
  snapshot();
  const end = check(log, view, before);
  expect(end.vector).toEqual([log.length]);

  function snapshotAfterGap(): void {
    const state = store.partitions.get(0);
    const stand = view.stand(0);
    if (state && (stand?.epoch !== state.open.from || stand.next !== state.next)) snapshot();
  }
}

const zeroLedger = new Map(
  [
    'counted',
    'duplicate',
    'deferred',
    'rejected',
    'gap',
    'newest',
    ...generation.definition.rollups.flatMap(({ name }) => [`cells.${name}`, `facts.${name}`]),
  ].map((name) => [name, '0']),
);

/** A run as batch publishes it: what matters to readers and writers. */
function runAt(log: readonly Entry[], tidemark: readonly number[], parent: BatchRun | undefined): BatchRun {
  const below = log.filter((entry) => entry.event && entry.offset < tidemark[0]!);
  return {
    generation: generation.id,
    run: createRunId(parent?.run ?? '', baseMs, 0),
    parent: parent?.run ?? '',
    base: '',
    archive: generation.archiveId,
    tidemark,
    maxTimestamps: [Math.max(-1, ...below.map((entry) => entry.timestampMs))],
    starts: [0],
    counted: [0],
    duplicate: [0],
    rejected: [0],
    gap: [0],
    newestEventAt: 0,
    startedAt: 0,
    publishedAt: 0,
    audit: 'equal',
    auditedEvents: 0,
    auditNote: '',
  };
}

type View = ReturnType<typeof createLiveView>;
type Cut = NonNullable<ReturnType<View['capture']>>;

/** The answer of the cut against the oracle; returns the cut for the next comparison. */
function check(log: readonly Entry[], view: View, before: Cut): Cut {
  const cut = view.capture()!;
  const v = cut.pinned.run.tidemark;
  expect(v[0]).toBeGreaterThanOrEqual(before.pinned.run.tidemark[0]!);
  expect(cut.vector[0]).toBeGreaterThanOrEqual(before.vector[0]!);
  const cells = foldAll(generation, prefixOf(log, v, v, generation.horizonMs).counted);
  let deferred = 0;
  for (const epoch of cut.tilings[0]!) {
    deferred += epoch.ledger.deferred;
    for (const [i, live] of epoch.cells.entries()) mergeCells(cells[i]!, live);
  }
  const prefix = prefixOf(log, v, cut.vector, generation.horizonMs);
  expect(deferred).toBe(prefix.deferred);
  expect(answerOf(cells[0]!)).toEqual(oracleOrders(prefix.counted, (event) => event.occurredAt));
  expect(answerOf(cells[1]!)).toEqual(oracleOrders(prefix.counted, (event) => event.placedAt ?? event.occurredAt));
  const items = itemTotals(
    prefix.counted,
    (event, item) => `${minuteOf(event.occurredAt)}|${item.category}|${event.currency}`,
  );
  expect(itemAnswerOf(cells[2]!)).toEqual(items);
  const customers = distinctCustomers(
    prefix.counted,
    (event) => `${Math.floor(event.occurredAt / (15 * minuteMs))}|${event.storeId}|${event.currency}`,
  );
  expect(customersOf(cells[4]!)).toEqual(customers);
  return cut;
}

function foldAll(generation: Generation, events: readonly OrderEvent[]): RollupCells[] {
  const fold = compileFold(generation);
  const cells = emptyCells(generation.definition);
  for (const event of events) fold.add(event, cells);
  return cells;
}

const minuteOf = (ms: number) => Math.floor(ms / minuteMs);

function answerOf(cells: RollupCells): Map<string, number[]> {
  const answer = new Map<string, number[]>();
  for (const [key, cell] of cells) {
    const { windowIndex, values } = decodeCellKey(key);
    answer.set(`${windowIndex}|${values[0]}|${values[3]}`, cell.slice(1));
  }
  return answer;
}

function oracleOrders(events: readonly OrderEvent[], timeOf: (event: OrderEvent) => number): Map<string, number[]> {
  const totals = orderTotals(events, (event) => `${minuteOf(timeOf(event))}|${event.storeId}|${event.currency}`);
  const values = [...totals].map(([key, t]): [string, number[]] => [
    key,
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
  return new Map(values);
}

function itemAnswerOf(cells: RollupCells): Map<string, { units: number; itemMinor: number }> {
  const answer = new Map<string, { units: number; itemMinor: number }>();
  for (const [key, [, units, itemMinor]] of cells) {
    const { windowIndex, values } = decodeCellKey(key);
    const at = `${windowIndex}|${values[0]}|${values[4]}`;
    const sum = answer.get(at) ?? { units: 0, itemMinor: 0 };
    answer.set(at, { units: sum.units + units!, itemMinor: sum.itemMinor + itemMinor! });
  }
  return answer;
}

function customersOf(cells: RollupCells): Map<string, number> {
  const groups = new Map<string, Set<string>>();
  for (const key of cells.keys()) {
    const { windowIndex, values } = decodeCellKey(key);
    const [customer, store, , , currency] = values;
    const at = `${windowIndex}|${store}|${currency}`;
    groups.set(at, (groups.get(at) ?? new Set()).add(customer!));
  }
  return new Map([...groups].map(([at, customers]) => [at, customers.size - Number(customers.has(''))]));
}

test(`every answer equals the oracle at its vector, whatever happened (${cases} random histories)`, {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(draft, { minLength: 1, maxLength: 24 }),
      fc.array(step, { minLength: 1, maxLength: 24 }),
      (drafts, steps) => playWorld(drafts, steps),
    ),
    { numRuns: cases },
  );
});
