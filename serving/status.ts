// The pipeline's state as GET /v1/status tells it. Pure.

import type { Status } from '../api/status-schema.ts';
import { decodeCellKey } from '../schemas/cells.ts';
import type { Generation } from '../schemas/generation.ts';
import { addLedgers } from '../schemas/layout-redis.ts';
import { sum } from '../schemas/offset-vector.ts';
import type { Extent } from './batch-views.ts';
import type { Cut } from './live-view.ts';
import type { Pipeline } from './pipeline.ts';
import { conservation, type CutSummary, partitionLedger, provenanceOf } from './provenance.ts';
import { briefRuns, type RunSummary } from './run-history.ts';

const iso = (ms: number) => new Date(ms).toISOString();

export function statusOf(
  generation: Generation,
  cut: CutSummary,
  extent: Extent | undefined,
  pipeline: Pipeline,
  extraNotes: readonly string[],
): Status {
  const { run } = cut.pinned;
  const ends = pipeline.ends();
  const deadLetters = pipeline.deadLetters();
  const ledgers = cut.ledgers.map((live, p) => partitionLedger({ run, live }, p));
  const totals = addLedgers(ledgers);
  const accounts = conservation(cut);
  const { notes, lagRecords, lagMs } = provenanceOf(generation, cut, {
    lag: pipeline.lagOf(cut.vector),
    deadLetters: deadLetters?.total ?? null,
    notes: pipeline.notes(),
  });
  return {
    generation: generation.id,
    horizonMs: generation.horizonMs,
    run: {
      id: run.run,
      parent: run.parent,
      publishedAt: iso(run.publishedAt),
      audit: run.audit,
      auditedEvents: run.auditedEvents,
      auditNote: run.auditNote,
      counted: sum(run.counted),
      duplicate: sum(run.duplicate),
      rejected: sum(run.rejected),
      gap: sum(run.gap),
    },
    lag: { records: lagRecords, ms: lagMs },
    partitions: cut.vector.map((w, p) => ({
      partition: p,
      start: run.starts[p] ?? 0,
      tidemark: run.tidemark[p] ?? 0,
      vector: w,
      // Asked for once a second: what is counted since then is there all the same.
      end: ends ? Math.max(ends[p] ?? 0, w) : null,
      lagRecords: ends ? Math.max(0, (ends[p] ?? 0) - w) : null,
      ledger: ledgers[p]!,
      conserved: accounts[p]!.sum === accounts[p]!.offsets,
    })),
    totals: {
      records: sum(cut.vector.map((w, p) => w - (run.starts[p] ?? 0))),
      ...totals,
      liveCounted: sum(cut.ledgers.map(({ counted }) => counted)),
    },
    extent: extent ? { from: iso(extent.from), to: iso(extent.to) } : null,
    deadLetters: deadLetters ?? null,
    runs: pipeline.runs().slice(0, briefRuns).map(brief),
    notes: [...notes, ...extraNotes],
  };
}

function brief({ run: id, parent, publishedAt, audit, auditedEvents, auditNote }: RunSummary) {
  return { id, publishedAt: iso(publishedAt), parent, audit, auditedEvents, auditNote };
}

/** The extent of run and live part together. Must run before the next await. */
export function liveExtent({ tilings }: Cut, rollupIndex: number, windowMs: number): Extent | undefined {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const epoch of tilings.flat()) {
    for (const key of epoch.cells[rollupIndex]!.keys()) {
      const { windowIndex } = decodeCellKey(key);
      from = Math.min(from, windowIndex * windowMs);
      to = Math.max(to, (windowIndex + 1) * windowMs);
    }
  }
  return to > from ? { from, to } : undefined;
}

export function joinExtents(a: Extent | undefined, b: Extent | undefined): Extent | undefined {
  if (!a || !b) return a ?? b;
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
}
