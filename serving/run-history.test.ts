// The last runs as serving keeps and tells them: what each counted above its parent.
import { expect, test } from 'vitest';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { keptRuns, summarizeRuns, tellRun } from './run-history.ts';
import { testGeneration, testRun } from './test-live-world.ts';

const generation = testGeneration(2);
const run = (parent: BatchRun | undefined, tidemark: number[], some: Partial<BatchRun> = {}): BatchRun => ({
  ...testRun(generation, parent?.run ?? '', tidemark),
  ...some,
});

const first = run(undefined, [100, 200]);
const second = run(first, [110, 205], {
  counted: [107, 202],
  duplicate: [1, 2],
  rejected: [1, 0],
  gap: [1, 1],
  startedAt: Date.UTC(2026, 10, 21, 3, 0, 0),
  publishedAt: Date.UTC(2026, 10, 21, 3, 0, 2, 500),
  audit: 'different',
  auditedEvents: 9,
  auditNote: 'store=west: orders 3, live 4',
});

test('a run tells how long it took and what it added to its parent, by fate, with the evidence of its audit', () => {
  expect(tellRun(summarizeRuns([second, first])[0]!)).toEqual({
    id: second.run,
    parent: first.run,
    startedAt: '2026-11-21T03:00:00.000Z',
    publishedAt: '2026-11-21T03:00:02.500Z',
    ms: 2_500,
    records: 15,
    counted: 9,
    duplicate: 3,
    rejected: 1,
    gap: 2,
    audit: 'different',
    auditedEvents: 9,
    auditNote: 'store=west: orders 3, live 4',
  });
});

test('the first run adds nothing; where the parent is gone, what was added is unknown, not zero', () => {
  expect(tellRun(summarizeRuns([first])[0]!)).toMatchObject({ records: 0, counted: 0 });
  expect(tellRun(summarizeRuns([second])[0]!)).toMatchObject({ ms: 2_500, records: null, counted: null });
});

test('50 runs are kept, the newest, and the oldest of them has its parent', () => {
  const runs = [first];
  for (let i = 1; i <= keptRuns; i++) runs.unshift(run(runs[0], [100 + i, 200]));
  const kept = summarizeRuns(runs);
  expect(kept).toHaveLength(keptRuns);
  expect(kept[0]!.run).toBe(runs[0]!.run);
  expect(kept.at(-1)!.work).toMatchObject({ records: 1 });
});
