// Speed far behind the archive: the next run passes it over, and it goes on from that run's tidemark.
import { expect, test } from 'vitest';
import { chooseTidemark } from '../batch-layer/choose-tidemark.ts';
import { createLogger } from '../runtime/logger.ts';
import { createGeneration } from '../schemas/generation.ts';
import { identityOf } from '../schemas/identity.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { baseMs } from '../schemas/test-events.ts';
import { createMemoryCounterStore } from '../speed-layer/memory-counter-store.ts';
import { createSpeedMetrics } from '../speed-layer/metrics.ts';
import { openPartitionWriter } from '../speed-layer/partition-writer.ts';
import { writerLimits } from '../speed-layer/writer-limits.ts';
import { placedOrder, recordSetOf } from './record-sets.ts';
import { until } from './until.ts';

const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 600_000, hashKey: '0f'.repeat(16) });
const runAt = (tidemark: number, n: number) =>
  ({
    run: `00000000000${n}-00000000`,
    parent: '',
    tidemark: [tidemark],
    starts: [0],
    maxTimestamps: [baseMs],
  }) as unknown as BatchRun;

test('a writer far behind is passed over by the run, resets to its tidemark, and counts copies of what it skipped once', async () => {
  const store = createMemoryCounterStore(generation, () => undefined);
  const metrics = createSpeedMetrics();
  let run = runAt(0, 1);
  const writer = openPartitionWriter(0, {
    generation,
    store,
    source: {
      currentRun: async () => run,
      parentTidemark: async () => undefined,
      epochBefore: async () => undefined,
      identities: async ({ below }) =>
        Array.from({ length: below }, (_, offset) => identityOf(placedOrder(offset), generation.identityKey)),
    },
    log: createLogger('test', 'silent'),
    clock: () => baseMs,
    limits: { ...writerLimits, retryMs: 2 },
    wake: () => undefined,
    metrics,
  });
  const flushedTo = (next: number) =>
    until(`flushed to ${next}`, () => {
      writer.tick();
      return writer.flushedNext === next;
    });
  await until('counting', () => writer.state === 'counting');
  writer.accept(recordSetOf(0, 10));
  await flushedTo(10);

  const { next, open } = store.partitions.get(0)!;
  const speed = [{ next, epoch: open.from, boundaries: [], flushedAt: baseMs }];
  const choose = (archived: number) =>
    chooseTidemark({ parent: [0], archived: [archived], speed, deadSince: 0, farBehindRecords: 1_000 })[0]!;
  expect(choose(1_010)).toBe(0); // not far enough: its boundary stands
  run = runAt(choose(1_500), 2);
  writer.accept(recordSetOf(10, 20)); // counted, and thrown away with the rest
  await writer.runPublished(run);
  await until('at the tidemark', () => writer.position() === 1_500);
  // Copies of the last hundred that it never read, then new ones.
  writer.accept(recordSetOf(1_500, 1_700, (offset) => placedOrder(offset - 100)));
  await flushedTo(1_700);
  expect(store.partitions.get(0)!.open).toMatchObject({ from: 1_500, ledger: { counted: 100, duplicate: 100 } });
  expect(await metrics.registry.metrics()).toContain('tidemark_speed_resets_total{reason="behind"} 1');
  await writer.close();
});
