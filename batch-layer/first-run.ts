// Run 0: empty, so that a current run always exists.
import type { Generation } from '../schemas/generation.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import { createRunId } from '../schemas/run-id.ts';
import type { ArchiveStore } from './archive-store.ts';
import type { RunStore } from './run-store.ts';

export interface FirstRunDependencies {
  readonly runs: RunStore;
  readonly archive: ArchiveStore;
  readonly generation: Generation;
  readonly clock: () => number;
  readonly randomBits: () => number;
}

/**
 * The current run; publishes run 0 where the generation has none. Its V is where the log begins, or where the archive
 * does: it may hold what the log has lost (another generation of the same archive, a wiped `batch_runs`). It is later than
 * the run `after`, the newest that was ever seen ('' for none), whatever the clock says: readers would not take it else.
 */
export async function ensureFirstRun(
  dependencies: FirstRunDependencies,
  logStarts: OffsetVector,
  after: string,
): Promise<BatchRun> {
  const current = await dependencies.runs.currentRun();
  if (current) return current;
  const archivedStarts = await dependencies.archive.archivedStarts();
  const starts = logStarts.map((start, partition) => Math.min(start, archivedStarts[partition] ?? start));
  return publishFirstRun(dependencies, starts, after);
}

/** Run 0, later than the run `after`: from here on everything is counted again. */
export async function publishFirstRun(
  { runs, generation, clock, randomBits }: FirstRunDependencies,
  starts: OffsetVector,
  after: string,
): Promise<BatchRun> {
  const zeros = starts.map(() => 0);
  const now = clock();
  const run = createRunId(after, now, randomBits());
  const first: BatchRun = {
    generation: generation.id,
    run,
    parent: '',
    base: run,
    archive: generation.archiveId,
    tidemark: starts,
    maxTimestamps: starts.map(() => -1),
    starts,
    counted: zeros,
    duplicate: zeros,
    rejected: zeros,
    gap: zeros,
    newestEventAt: 0,
    startedAt: now,
    publishedAt: now,
    audit: 'not-compared',
    auditedEvents: 0,
    auditNote: 'the empty first run',
  };
  await runs.publish(first);
  return first;
}
