// How a writer comes to own a partition: on from the stored state where it is whole and stands on the tidemark, else
// reset to the tidemark. The one recovery path: first start, wipe, rollback, lost key, far behind, new generation.
import type { Generation } from '../schemas/generation.ts';
import type { Identity } from '../schemas/identity.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { emptyLedger } from '../schemas/layout-redis.ts';
import type { CounterStore, Flush, StoredPartition } from './counter-store.ts';
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
  /** Why the partition was reset to the tidemark; undefined where it went on. */
  readonly resetBecause: string | undefined;
}

const attempts = 8;

/** @throws SpeedError no-run (retry later) or unsettled-state (others keep writing; retry later); faults of the stores pass through. */
export async function takeOver(
  partition: number,
  { generation, store, source }: TakeOverDependencies,
): Promise<Ownership> {
  let resetBecause: string | undefined;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    // 1. The run first: a state read later can only be further.
    const run = await source.currentRun();
    if (!run) throw new SpeedError('no-run', partition, 'no batch run is published yet');
    const tidemark = run.tidemark[partition] ?? 0;
    const stamp = run.maxTimestamps[partition] ?? -1;
    const runTimestamp = stamp < 0 ? undefined : stamp;
    // 2. State and identities together.
    const stored = await store.restore(partition, tidemark);
    const flaw = findFlaw(stored, tidemark);
    if (!stored || flaw !== undefined) {
      // 3. Not usable, and not because a run was published meanwhile: back to the tidemark.
      const current = await source.currentRun();
      if (current?.run !== run.run) continue;
      resetBecause = flaw;
      await store.reset(partition, stored, tidemark, runTimestamp, await source.epochBefore(partition, tidemark));
      continue;
    }
    // 4. Close what another writer left open, so that there are no counters to load.
    const closed = await store.flush(partition, closing(stored, generation));
    if (closed.kind === 'refused') continue;
    // 5. Older identities from the archive, strictly below the tidemark.
    const identities = createIdentityWindow(generation.chunkMs);
    if (stored.maxTimestamp !== undefined) {
      const floor = stored.maxTimestamp - generation.horizonMs;
      const archived = await source.identities(partition, tidemark, floor);
      const latest = stored.maxTimestamp + generation.rules.maxAheadMs;
      identities.restore([...archived, ...stored.epochs.flatMap((epoch) => decodeIds(epoch.ids))], latest);
    }
    const boundaries = [tidemark, ...stored.epochs.map((epoch) => epoch.to)];
    const { next, maxTimestamp, leaderEpoch } = stored;
    return { next, maxTimestamp, leaderEpoch, identities, run, boundaries, resetBecause };
  }
  throw new SpeedError('unsettled-state', partition, `the stored state kept changing over ${attempts} attempts`);
}

/** Why the stored state cannot be gone on from; undefined where it can. */
function findFlaw(stored: StoredPartition | undefined, tidemark: number): string | undefined {
  if (!stored) return 'no state is stored';
  if (stored.next < tidemark) return `the stored next ${stored.next} is below the tidemark ${tidemark}`;
  let at = tidemark;
  for (const epoch of stored.epochs) {
    if (epoch.from !== at)
      return `the stored epochs do not tile from the tidemark ${tidemark}: ${epoch.from} follows ${at}`;
    if (!epoch.whole) return `the stored epoch ${epoch.from} is not whole`;
    at = epoch.to;
  }
  return at === stored.next ? undefined : `the stored epochs end at ${at}, expected ${stored.next}`;
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
    before: { idsBytes: 0, cells: none },
    ids: Buffer.alloc(0),
    cells: none.map(() => []),
  };
}

function decodeIds(bytes: Buffer): Identity[] {
  const identities: Identity[] = [];
  for (let at = 0; at < bytes.length; at += 8)
    identities.push({ high: bytes.readUInt32BE(at), low: bytes.readUInt32BE(at + 4) });
  return identities;
}
