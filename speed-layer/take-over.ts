// How a writer comes to own a partition: on from the stored state where it is whole and stands on the tidemark, else
// reset to the tidemark. The one recovery path: first start, wipe, rollback, lost key, far behind, new generation.
import type { Generation } from '../schemas/generation.ts';
import type { Identity } from '../schemas/identity.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { emptyLedger } from '../schemas/layout-redis.ts';
import type { CounterStore, Flush, StoredEpoch, StoredPartition } from './counter-store.ts';
import { SpeedError } from './errors.ts';
import { createIdentityWindow, type IdentityWindow } from './identity-window.ts';
import type { TidemarkSource } from './tidemark-source.ts';

export interface TakeOverDependencies {
  readonly generation: Generation;
  readonly store: CounterStore;
  readonly source: TidemarkSource;
}

export interface Ownership {
  readonly next: number;
  readonly maxTimestamp: number | undefined;
  readonly leaderEpoch: number | undefined;
  readonly identities: IdentityWindow;
  readonly run: BatchRun;
  /** Epoch boundaries from the tidemark to next, both included. */
  readonly boundaries: number[];
  /** Why the partition was reset to the tidemark, in words; undefined where it went on. */
  readonly resetBecause: string | undefined;
  readonly resetReason: ResetReason | undefined;
}

type ResetReason = 'no-state' | 'nonsense' | 'behind' | 'no-tiling' | 'not-whole';

interface Flaw {
  readonly reason: ResetReason;
  readonly text: string;
}

const attempts = 8;

/**
 * Ends at once when the signal aborts, whatever a store does; what was asked of it may still happen, and does no harm.
 * @throws SpeedError no-run, unsettled-state (others keep writing) or archive-incomplete: retry later; faults of the stores
 * pass through.
 */
export async function takeOver(
  partition: number,
  { generation, store, source }: TakeOverDependencies,
  signal?: AbortSignal,
): Promise<Ownership> {
  const ask = <T>(work: Promise<T>) => unlessAborted(work, signal);
  let reset: Flaw | undefined;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    // 1. The run first: a state read later can only be further.
    const run = await ask(source.currentRun());
    if (!run) throw new SpeedError('no-run', partition, 'no batch run is published yet');
    const tidemark = run.tidemark[partition] ?? 0;
    const stamp = run.maxTimestamps[partition] ?? -1;
    const runTimestamp = stamp < 0 ? undefined : stamp;
    // 2. State and identities together.
    const stored = await ask(store.restore(partition, tidemark));
    const flaw = findFlaw(stored, tidemark);
    if (!stored || flaw !== undefined) {
      // 3. Not usable, and not because a run was published meanwhile: back to the tidemark.
      const current = await ask(source.currentRun());
      if (current?.run !== run.run) continue;
      reset = flaw;
      const leaderEpoch = await ask(source.epochBefore(partition, tidemark));
      await ask(store.reset(partition, stored, tidemark, runTimestamp, leaderEpoch));
      continue;
    }
    // 4. Close what another writer left open, so that there are no counters to load.
    const closed = await ask(store.flush(partition, closing(stored, generation)));
    if (closed.kind === 'refused') continue;
    // 5. Older identities from the archive, strictly below the tidemark. Where it has lost some, nothing is owned.
    const identities = createIdentityWindow(bucketMsOf(generation));
    if (stored.maxTimestamp !== undefined) {
      const floor = stored.maxTimestamp - generation.horizonMs;
      const start = run.starts[partition] ?? 0;
      const archived = await ask(source.identities({ partition, start, below: tidemark, floor }, signal));
      const latest = stored.maxTimestamp + generation.rules.maxAheadMs;
      await identities.restore(allIdentities(archived, stored.epochs), latest);
    }
    const boundaries = [tidemark, ...stored.epochs.map((epoch) => epoch.to)];
    const { next, maxTimestamp, leaderEpoch } = stored;
    const resetBecause = reset?.text;
    const resetReason = reset?.reason;
    return { next, maxTimestamp, leaderEpoch, identities, run, boundaries, resetBecause, resetReason };
  }
  throw new SpeedError('unsettled-state', partition, `the stored state kept changing over ${attempts} attempts`);
}

/** Why the stored state cannot be gone on from; undefined where it can. */
function findFlaw(stored: StoredPartition | undefined, tidemark: number): Flaw | undefined {
  if (!stored) return { reason: 'no-state', text: 'no state is stored' };
  const { next, epoch: open } = stored;
  if (open > next) return { reason: 'nonsense', text: `the stored epoch ${open} is above the stored next ${next}` };
  if (next < tidemark) return { reason: 'behind', text: `the stored next ${next} is below the tidemark ${tidemark}` };
  let at = tidemark;
  for (const { from, to, whole } of stored.epochs) {
    if (from !== at) {
      const text = `the stored epochs do not tile from the tidemark ${tidemark}: ${from} follows ${at}`;
      return { reason: 'no-tiling', text };
    }
    if (!whole) return { reason: 'not-whole', text: `the stored epoch ${from} is not whole` };
    at = to;
  }
  if (at === next) return undefined;
  return { reason: 'no-tiling', text: `the stored epochs end at ${at}, expected ${next}` };
}

/** A long horizon must not become a table for each ten minutes of it. */
function bucketMsOf({ chunkMs, horizonMs }: Generation): number {
  return Math.max(chunkMs, Math.ceil(horizonMs / 64));
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const end = () => reject(signal.reason as Error);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', end));
}

function closing(stored: StoredPartition, generation: Generation): Flush {
  const none = generation.definition.rollups.map(() => 0);
  const { epoch, next, maxTimestamp, leaderEpoch } = stored;
  return {
    epoch,
    from: next,
    next,
    close: true,
    maxTimestamp,
    leaderEpoch,
    ledger: { ...emptyLedger(), newest: 0, cells: none, facts: none },
    before: { idsBytes: 0, cells: [] },
    ids: Buffer.alloc(0),
    cells: none.map(() => []),
  };
}

function* allIdentities(archived: Iterable<Identity>, epochs: readonly StoredEpoch[]): Generator<Identity> {
  yield* archived;
  for (const { ids } of epochs)
    for (let at = 0; at < ids.length; at += 8) yield { high: ids.readUInt32BE(at), low: ids.readUInt32BE(at + 4) };
}
