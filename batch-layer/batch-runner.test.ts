// Runs over an archive that is laid by hand, beside a speed layer that says what the test wants: times that go back,
// tidemarks in the middle of a range, epochs that are not there, more than one run takes.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { partitionOf } from '../schemas/murmur2.ts';
import { baseMs } from '../schemas/test-events.ts';
import { placedOrder } from '../test/record-sets.ts';
import { runLimits } from './batch-runner.ts';
import { epochOf, hourMs, openRunWorlds } from './test-run-world.ts';

let worlds: ReturnType<typeof openRunWorlds>;
beforeAll(() => {
  worlds = openRunWorlds(inject('stack').clickhouseUrl);
});
afterAll(() => worlds[Symbol.asyncDispose]());

async function openWorld(topic: string, partitions?: number) {
  const world = await worlds.open(topic, partitions);
  return { ...world, runner: await world.runnerOn(worlds.clickhouse) };
}

test('the floor of a run is carried to the next: an event late by an earlier clock is not held against speed', async () => {
  const { runner, speed, lay, generation, expectExact } = await openWorld('floor');
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
  await expectExact();
});

test('a tidemark in the middle of an archived range counts what lies below it, and the next run the rest', async () => {
  const { runner, speed, lay, expectExact } = await openWorld('straddle');
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
  await expectExact();
  speed.positions = [{ next: 5, epoch: 5, boundaries: [3, 5], flushedAt: Date.now() }];
  const second = await runner.run();
  expect(second.run).toMatchObject({ tidemark: [5], counted: [5] });
  await expectExact();
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

test('more than one run takes is counted by several, each exact, each on a boundary of speed', async () => {
  const { runnerOn, lay, speed, expectExact } = await openWorld('bounded');
  const held = Array.from({ length: 100 }, (_, n) => ({
    event: placedOrder(n % 90, { occurredAt: baseMs + n * 60_000 }),
    timestampMs: baseMs + 2 * hourMs,
  }));
  await lay(0, 0, held);
  speed.positions = [{ next: 60, epoch: 60, boundaries: [25, 50, 60], flushedAt: Date.now() }];
  const runner = await runnerOn(worlds.clickhouse, { limits: { ...runLimits, maxRecords: 30 } });
  const tidemarks: number[] = [];
  for (let more = true; more; ) {
    const outcome = await runner.run();
    more = outcome.more;
    tidemarks.push(outcome.run.tidemark[0]!);
    await expectExact();
  }
  expect(tidemarks).toEqual([25, 50, 60]);
  speed.positions = []; // nobody counts live any more: any offset will do
  expect((await runner.run()).run.tidemark).toEqual([90]);
  expect(await runner.run()).toMatchObject({ more: false, run: { tidemark: [100] } });
  await expectExact();
});
