// For tests: a log, a writer that keeps epochs of it as the speed layer does, a store that can be wiped or set back, runs
// at any offset, and messages in flight. Counts by its own plain judgement, per offset, so that an epoch is a slice of it.

import type { RollupCells } from '../schemas/cells.ts';
import { encodeCell } from '../schemas/cells.ts';
import { compileFold, emptyCells } from '../schemas/fold.ts';
import { createGeneration, type Generation } from '../schemas/generation.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { type EpochLedger, emptyLedger, encodeEpochLedger, type FlushMessage } from '../schemas/layout-redis.ts';
import type { LogEntry } from '../schemas/oracle.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { createRunId } from '../schemas/run-id.ts';
import type { Epoch } from './epoch.ts';
import type { PartitionSnapshot } from './partition-view.ts';

export function testGeneration(partitions: number, horizonMs = 60_000): Generation {
  return createGeneration({ topic: 'orders', partitions, horizonMs, hashKey: '000102030405060708090a0b0c0d0e0f' });
}

interface StoredState {
  next: number;
  epoch: number;
  closed: { from: number; to: number }[];
}

type Outcome = 'counted' | 'duplicate' | 'deferred' | 'rejected';

export interface World {
  readonly log: readonly LogEntry[];
  readonly states: (StoredState | undefined)[];
  readonly channel: FlushMessage[];
  readonly runs: BatchRun[];
  epoch(partition: number, from: number, to: number): Epoch;
  flush(partition: number, records: number, close: boolean): void;
  reset(partition: number): void;
  publish(tidemark: readonly number[]): void;
  snapshot(partition: number): PartitionSnapshot;
  lengthOf(partition: number): number;
  currentV(partition: number): number;
}

/** `log` holds each partition's offsets 0, 1, … in order. */
export function createWorld(generation: Generation, log: readonly LogEntry[]): World {
  const fold = compileFold(generation);
  const partitions = Array.from({ length: generation.partitions }, (_, p) => log.filter((e) => e.partition === p));
  const outcomes = partitions.map((entries) => judge(entries, generation.horizonMs));
  const states: World['states'] = partitions.map(() => ({ next: 0, epoch: 0, closed: [] }));
  const channel: FlushMessage[] = [];
  const runs: BatchRun[] = [];

  function cellsOf(partition: number, from: number, to: number): RollupCells[] {
    const cells = emptyCells(generation.definition);
    for (let o = from; o < to; o += 1) {
      if (outcomes[partition]![o] === 'counted') fold.add(partitions[partition]![o]!.event!, cells);
    }
    return cells;
  }

  function epoch(partition: number, from: number, to: number): Epoch {
    const cells = cellsOf(partition, from, to);
    const ledger: EpochLedger = {
      ...emptyLedger(),
      newest: Math.max(0, ...partitions[partition]!.slice(from, to).map((e) => e.event?.occurredAt ?? 0)),
      cells: cells.map((map) => map.size),
      facts: cells.map((map) => map.values().reduce((sum, cell) => sum + cell[0]!, 0)),
    };
    for (let o = from; o < to; o += 1) ledger[outcomes[partition]![o]!] += 1;
    return { from, to, ledger, cells };
  }

  return {
    log,
    states,
    channel,
    runs,
    epoch,
    lengthOf: (partition) => partitions[partition]!.length,
    currentV: (partition) => runs.at(-1)?.tidemark[partition] ?? 0,
    flush(partition, records, close) {
      const state = states[partition];
      if (!state) return;
      const { epoch: start, next: from } = state;
      const next = Math.min(from + records, partitions[partition]!.length);
      if (next === from && !close) return;
      const whole = epoch(partition, start, next);
      const touched = cellsOf(partition, from, next);
      const cells = whole.cells.map((map, i) =>
        [...map].filter(([key]) => touched[i]!.has(key)).flatMap(([key, cell]) => [key, encodeCell(cell)]),
      );
      const ledger = encodeEpochLedger(whole.ledger, generation.definition.rollups);
      channel.push({ partition, epoch: start, from, next, closed: close, ledger, cells });
      const closed = close && next > start ? [...state.closed, { from: start, to: next }] : state.closed;
      states[partition] = { next, epoch: close ? next : start, closed };
    },
    reset(partition) {
      const v = runs.at(-1)?.tidemark[partition] ?? 0;
      states[partition] = { next: v, epoch: v, closed: [] };
    },
    publish(tidemark) {
      runs.push(testRun(generation, runs.at(-1)?.run ?? '', tidemark));
    },
    snapshot(partition) {
      const state = states[partition];
      if (!state) return { closed: [], open: undefined };
      return {
        closed: state.closed.map(({ from, to }) => epoch(partition, from, to)),
        open: epoch(partition, state.epoch, state.next),
      };
    },
  };
}

export function testRun(generation: Generation, parent: string, tidemark: readonly number[], nowMs = 1): BatchRun {
  const zeros = tidemark.map(() => 0);
  return {
    generation: generation.id,
    run: createRunId(parent, nowMs, 7),
    parent,
    base: '',
    archive: generation.archiveId,
    tidemark,
    maxTimestamps: tidemark.map(() => -1),
    starts: zeros,
    counted: tidemark,
    duplicate: zeros,
    rejected: zeros,
    gap: zeros,
    newestEventAt: 0,
    startedAt: nowMs,
    publishedAt: nowMs,
    audit: 'not-compared',
    auditedEvents: 0,
    auditNote: '',
  };
}

function judge(entries: readonly LogEntry[], horizonMs: number): Outcome[] {
  const seen = new Set<string>();
  let newest = 0;
  return entries.map(({ event, timestampMs }) => {
    if (!event) return 'rejected';
    newest = Math.max(newest, timestampMs);
    if (event.occurredAt < newest - horizonMs) return 'deferred';
    const identity = JSON.stringify([event.orderId, event.eventId, event.occurredAt]);
    if (seen.has(identity)) return 'duplicate';
    seen.add(identity);
    return 'counted';
  });
}

export function testEvent(some: Partial<OrderEvent> = {}): OrderEvent {
  return {
    eventId: '00000000-0000-4000-8000-000000000001',
    type: 'OrderPlaced',
    orderId: 'o1',
    sequence: null,
    customerId: null,
    storeId: 'west',
    channel: 'web',
    country: 'US',
    currency: 'USD',
    occurredAt: Date.UTC(2024, 0, 1),
    placedAt: null,
    amountMinor: 100,
    items: [],
    ...some,
  };
}
