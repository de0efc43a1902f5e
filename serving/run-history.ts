// What each of the last runs did: a published run tells what is counted since the log's start, its parent's the rest. Pure.
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { sum } from '../schemas/offset-vector.ts';

/** How many of the last runs are kept to be told. */
export const keptRuns = 50;
/** Of them in GET /v1/status and in /metrics. */
export const briefRuns = 20;

/** How the offsets that a run added to its parent's were spent; deferred ones of before are in counted or duplicate by then. */
interface RunWork {
  readonly records: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly gap: number;
}

export type RunSummary = Pick<
  BatchRun,
  'run' | 'parent' | 'startedAt' | 'publishedAt' | 'audit' | 'auditedEvents' | 'auditNote'
> & {
  /** undefined where the parent is not there any more. */
  readonly work: RunWork | undefined;
};

/** `published`: newest first, one more than is kept, so that the oldest has its parent. */
export function summarizeRuns(published: readonly BatchRun[]): RunSummary[] {
  const byId = new Map(published.map((run) => [run.run, run]));
  return published.slice(0, keptRuns).map((row) => {
    const { run, parent, startedAt, publishedAt, audit, auditedEvents, auditNote } = row;
    const before = parent === '' ? row : byId.get(parent);
    return {
      run,
      parent,
      startedAt,
      publishedAt,
      audit,
      auditedEvents,
      auditNote,
      work: before && workOf(row, before),
    };
  });
}

function workOf(run: BatchRun, parent: BatchRun): RunWork {
  const added = (of: (run: BatchRun) => readonly number[]) => sum(of(run)) - sum(of(parent));
  return {
    records: added(({ tidemark }) => tidemark),
    counted: added(({ counted }) => counted),
    duplicate: added(({ duplicate }) => duplicate),
    rejected: added(({ rejected }) => rejected),
    gap: added(({ gap }) => gap),
  };
}

/** As GET /v1/batch-runs tells it. */
export function tellRun({ run, startedAt, publishedAt, work, ...rest }: RunSummary): Record<string, unknown> {
  const unknownWork = { records: null, counted: null, duplicate: null, rejected: null, gap: null };
  return {
    id: run,
    startedAt: new Date(startedAt).toISOString(),
    publishedAt: new Date(publishedAt).toISOString(),
    ms: publishedAt - startedAt,
    ...(work ?? unknownWork),
    ...rest,
  };
}
