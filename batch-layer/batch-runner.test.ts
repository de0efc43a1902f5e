// Runs over an archive that is laid by hand, beside a speed layer that says what the test wants: times that go back,
// tidemarks in the middle of a range, epochs that are not there.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { RecordSet } from '../runtime/kafka/record-log.ts';
import { type ClickHouse, ensureTables, openClickHouse } from '../runtime/clickhouse.ts';
import { createLogger } from '../runtime/logger.ts';
import { encodeEvent } from '../schemas/codec.ts';
import { compileFold, emptyCells } from '../schemas/fold.ts';
import { createGeneration, type Generation } from '../schemas/generation.ts';
import { emptyLedger } from '../schemas/layout-redis.ts';
import { tables, viewTable } from '../schemas/layout-clickhouse.ts';
import { partitionOf } from '../schemas/murmur2.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { baseMs } from '../schemas/test-events.ts';
import { placedOrder } from '../test/record-sets.ts';
import { createArchiveBlockBuilder } from './archive-block.ts';
import { createBatchRunner } from './batch-runner.ts';
import type { SpeedPosition } from './choose-tidemark.ts';
import { createClickHouseArchiveStore } from './clickhouse-archive-store.ts';
import { createClickHouseRunStore } from './clickhouse-run-store.ts';
import type { AbsorbedEpoch } from './speed-state.ts';

const hourMs = 3_600_000;
const hashKey = '000102030405060708090a0b0c0d0e0f';
const options = {
  clickhouseUrl: inject('stack').clickhouseUrl,
  clickhouseUser: 'default',
  clickhousePassword: '',
  clickhouseDatabase: `t${randomBytes(5).toString('hex')}`,
};
let clickhouse: ClickHouse;
beforeAll(() => {
  clickhouse = openClickHouse(options);
});
afterAll(async () => {
  await clickhouse.command(`DROP DATABASE ${options.clickhouseDatabase}`);
  await clickhouse.close();
});

interface Held {
  readonly event: OrderEvent;
  readonly timestampMs: number;
}

function recordSet(partition: number, from: number, held: readonly Held[]): RecordSet {
  return {
    partition,
    from,
    next: from + held.length,
    highWatermark: 0,
    logStart: 0,
    walk(visitor) {
      for (const [i, { event, timestampMs }] of held.entries()) {
        visitor.record({
          offset: from + i,
          timestampMs,
          key: Buffer.from(event.orderId),
          value: encodeEvent(event),
          headers: [],
        });
      }
    },
  };
}

/** An epoch as speed would have counted these events, of [from, to). */
function epochOf(generation: Generation, from: number, to: number, counted: readonly OrderEvent[]): AbsorbedEpoch {
  const cells = emptyCells(generation.definition);
  for (const event of counted) compileFold(generation.definition).add(event, cells);
  const deferred = to - from - counted.length;
  return {
    from,
    to,
    cells,
    ledger: { ...emptyLedger(), counted: counted.length, deferred, newest: 0, cells: [], facts: [] },
  };
}

async function openWorld(topic: string, partitions = 1) {
  const generation = createGeneration({ topic, partitions, horizonMs: hourMs, hashKey });
  await ensureTables(options, generation, 0);
  const archive = createClickHouseArchiveStore(clickhouse, generation, () => 0);
  const speed: { positions: (SpeedPosition | undefined)[]; epochs: (AbsorbedEpoch[] | undefined)[] } = {
    positions: [],
    epochs: [],
  };
  const runner = createBatchRunner({
    runs: createClickHouseRunStore(clickhouse, generation),
    archive,
    generation,
    speedState: {
      positions: async () => Array.from({ length: partitions }, (_, p) => speed.positions[p]),
      epochs: async (partition) => speed.epochs[partition],
      askForCut: async () => undefined,
      announceRun: async () => undefined,
    },
    log: createLogger('test', 'silent'),
    clock: () => Date.now(),
    randomBits: () => 7,
    nudgeArchiver: () => undefined,
  });
  await runner.begin(Array.from({ length: partitions }, () => 0));
  return {
    generation,
    runner,
    speed,
    async lay(partition: number, from: number, held: readonly Held[]) {
      const builder = createArchiveBlockBuilder(generation);
      builder.add(recordSet(partition, from, held));
      await archive.insert(builder.take()!);
    },
    async facts(run: string) {
      const [rollup] = generation.definition.rollups;
      const versions = `SELECT chunk, max(run) FROM ${tables.runChunks} WHERE generation = {generation:String} AND run <= {run:String} GROUP BY chunk`;
      const [row] = await clickhouse.query<{ facts: string }>(
        `SELECT sum(facts) AS facts FROM ${viewTable(generation, rollup!)} WHERE (chunk, run) IN (${versions})`,
        { generation: generation.id, run },
      );
      return Number(row!.facts);
    },
  };
}

test('the floor of a run is carried to the next: an event late by an earlier clock is not held against speed', async () => {
  const { runner, speed, lay, generation, facts } = await openWorld('floor');
  const ahead = placedOrder(1, { occurredAt: baseMs + 2 * hourMs });
  await lay(0, 0, [{ event: ahead, timestampMs: baseMs + 2 * hourMs }]);
  speed.epochs = [[epochOf(generation, 0, 1, [ahead])]];
  expect((await runner.run()).run).toMatchObject({
    tidemark: [1],
    audit: 'equal',
    maxTimestamps: [baseMs + 2 * hourMs],
  });
  // The leader's clock went back: by its own record's time neither event is late, by the floor the first of them is.
  const late = placedOrder(2, { occurredAt: baseMs + hourMs / 2 });
  const inTime = placedOrder(3, { occurredAt: baseMs + hourMs });
  await lay(
    0,
    1,
    [late, inTime].map((event) => ({ event, timestampMs: baseMs + hourMs })),
  );
  speed.epochs = [[epochOf(generation, 1, 3, [inTime])]];
  const { run } = await runner.run();
  expect(run).toMatchObject({
    tidemark: [3],
    audit: 'equal',
    auditNote: '',
    maxTimestamps: [baseMs + 2 * hourMs],
    counted: [3],
  });
  expect(await facts(run.run)).toBe(3);
});

test('a tidemark in the middle of an archived range counts what lies below it, and the next run the rest', async () => {
  const { runner, speed, lay, facts } = await openWorld('straddle');
  // Half an hour apart, so that each lies in a chunk of its own.
  const events = [0, 1, 2, 3, 4].map((n) => placedOrder(n, { occurredAt: baseMs + (n * hourMs) / 2 }));
  await lay(
    0,
    0,
    events.map((event) => ({ event, timestampMs: baseMs + 2 * hourMs })),
  );
  speed.positions = [{ next: 3, epoch: 3, boundaries: [3], flushedAt: Date.now() }];
  const first = await runner.run();
  expect(first.run).toMatchObject({ tidemark: [3], counted: [3] });
  expect(await facts(first.run.run)).toBe(3);
  speed.positions = [{ next: 5, epoch: 5, boundaries: [3, 5], flushedAt: Date.now() }];
  const second = await runner.run();
  expect(second.run).toMatchObject({ tidemark: [5], counted: [5] });
  expect(await facts(second.run.run)).toBe(5);
});

test('a partition whose epochs are gone is left out of the audit, and the others are compared all the same', async () => {
  const { runner, speed, lay, generation } = await openWorld('apart', 2);
  const orders = Array.from({ length: 20 }, (_, n) => placedOrder(n));
  const of = (partition: number) => orders.filter((order) => partitionOf(order.orderId, 2) === partition);
  for (const partition of [0, 1]) {
    await lay(
      partition,
      0,
      of(partition).map((event) => ({ event, timestampMs: baseMs })),
    );
  }
  speed.epochs = [[epochOf(generation, 0, of(0).length, of(0))], undefined];
  const { run } = await runner.run();
  expect(run).toMatchObject({
    audit: 'equal',
    auditedEvents: of(0).length,
    auditNote: expect.stringContaining('partitions 1 could not'),
  });
});

test('beginning again goes on with the run that is there', async () => {
  const { runner, lay } = await openWorld('again');
  await lay(0, 0, [{ event: placedOrder(1), timestampMs: baseMs }]);
  const { run } = await runner.run();
  expect(await runner.begin([0])).toEqual(run);
});
