// What every answer says about itself: what it stands on, how far behind it is, what is stale, incomplete or unproven. Pure.
import { notes } from '../api/notes.ts';
import type { Generation } from '../schemas/generation.ts';
import { addLedgers, emptyLedger, type Ledger, ledgerSum } from '../schemas/layout-redis.ts';
import { encodeToken } from '../schemas/token.ts';
import type { Cut } from './live-view.ts';
import type { Standing } from './standing.ts';

export interface Provenance {
  readonly generation: string;
  readonly run: string;
  readonly runPublishedAt: string;
  /** V: what the views count. */
  readonly tidemark: readonly number[];
  /** W: what the answer counts. */
  readonly vector: readonly number[];
  readonly token: string;
  readonly lagRecords: number | null;
  readonly lagMs: number | null;
  readonly newestEventAt: string | null;
  /** Live facts of this answer among all of its facts, 0 to 1. */
  readonly liveShare: number;
  /** Records at or above V that came late and wait for the next run: at most so many events are missing. */
  readonly deferredRecords: number;
  readonly deadLetters: number | null;
  readonly audit: { readonly state: string; readonly events: number; readonly note: string };
  readonly notes: readonly string[];
  /** How the offsets of [start, W) were spent, in all partitions together. */
  readonly ledger: Ledger;
}

/** What a client is told: short by default, all of it on request. */
export function tellProvenance(provenance: Provenance, detail: 'short' | 'full'): Record<string, unknown> {
  if (detail === 'full') return { ...provenance };
  const { run, token, lagRecords, lagMs, newestEventAt, liveShare, deferredRecords, deadLetters, audit, notes } =
    provenance;
  const known = { run, token, lagRecords, lagMs, newestEventAt, liveShare, deferredRecords, deadLetters };
  return { ...known, audit: { state: audit.state }, notes };
}

export interface FactCounts {
  readonly live: bigint;
  readonly all: bigint;
}

/** What of the cut can be told only while it is taken: the open epochs grow on. */
export type CutSummary = Pick<Cut, 'pinned' | 'vector'> & {
  /** By partition. */
  readonly ledgers: readonly Ledger[];
  readonly newestMs: number;
};

export function summarizeCut({ pinned, vector, tilings }: Cut): CutSummary {
  const newest = tilings.flat().map(({ ledger }) => ledger.newest);
  return {
    pinned,
    vector,
    ledgers: tilings.map((epochs) => addLedgers(epochs.map(({ ledger }) => ledger))),
    newestMs: Math.max(pinned.run.newestEventAt, 0, ...newest),
  };
}

export function provenanceOf(
  generation: Generation,
  cut: CutSummary,
  { lag, deadLetters, notes: told }: Pick<Standing, 'lag' | 'deadLetters' | 'notes'>,
): Omit<Provenance, 'liveShare'> {
  const { run } = cut.pinned;
  const deferredRecords = cut.ledgers.reduce((sum, { deferred }) => sum + deferred, 0);
  return {
    generation: generation.id,
    run: run.run,
    runPublishedAt: new Date(run.publishedAt).toISOString(),
    tidemark: run.tidemark,
    vector: cut.vector,
    token: encodeToken({ generation: generation.id, run: run.run, vector: cut.vector }),
    lagRecords: lag?.records ?? null,
    lagMs: lag?.ms ?? null,
    newestEventAt: cut.newestMs > 0 ? new Date(cut.newestMs).toISOString() : null,
    deferredRecords,
    deadLetters,
    audit: { state: run.audit, events: run.auditedEvents, note: run.auditNote },
    notes: [...told, ...notesOf(cut, deferredRecords, lag)],
    ledger: addLedgers(cut.ledgers.map((live, p) => partitionLedger({ run, live }, p))),
  };
}

/** Live facts of an answer among all of them. */
export function liveShareOf({ live, all }: FactCounts): number {
  return all === 0n ? 0 : Number((live * 1_000_000n) / all) / 1_000_000;
}

/** Behind by more than this, an answer says so in words. */
const remarkableLagMs = 5_000;

function notesOf(cut: CutSummary, deferredRecords: number, lag: { records: number; ms: number } | undefined): string[] {
  const { run } = cut.pinned;
  const said: string[] = [];
  if (lag && lag.ms > remarkableLagMs) said.push(notes.behind(lag.records, lag.ms));
  if (deferredRecords > 0) said.push(notes.late(deferredRecords));
  if (run.audit === 'different') said.push(notes.auditDiffers(run.run, run.auditNote));
  for (const [p, { sum, offsets }] of conservation(cut).entries()) {
    if (sum !== offsets) said.push(notes.unaccounted(p, sum, offsets));
  }
  return said;
}

/** Conservation, by partition: what the ledgers account for, and the offsets from the log's start to W. */
export function conservation({ pinned: { run }, vector, ledgers }: CutSummary) {
  return vector.map((w, p) => {
    const total = partitionLedger({ run, live: ledgers[p] ?? emptyLedger() }, p);
    return { sum: ledgerSum(total), offsets: w - (run.starts[p] ?? 0) };
  });
}

/** The run's ledger of [start, V) and the live epochs' of [V, W). */
export function partitionLedger(of: { run: CutSummary['pinned']['run']; live: Ledger }, p: number): Ledger {
  const { run, live } = of;
  return {
    counted: (run.counted[p] ?? 0) + live.counted,
    duplicate: (run.duplicate[p] ?? 0) + live.duplicate,
    deferred: live.deferred,
    rejected: (run.rejected[p] ?? 0) + live.rejected,
    gap: (run.gap[p] ?? 0) + live.gap,
  };
}
