// The live view: what serving remembers of every partition, and the run that it stands on. Pure but for its own memory.
//
// empty    no run adopted yet; nothing can be answered. offerRun → adopted, always.
// adopted  answers are views of the run plus, for each partition, the tiling from V. A message or a snapshot never lets
//          W fall (partition-view.ts). An offered run is adopted for all partitions at once or not at all: V may fall in
//          no component, and from its V each partition's tiling must reach at least the present W. Else it is pending,
//          and tried again whenever something changed, until it fits or a newer one is offered.
// After adopting, epochs that begin below V are dropped: no tiling can use them again.
import type { Generation } from '../schemas/generation.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { FlushMessage } from '../schemas/layout-redis.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { ChunkVersions } from './chunk-versions.ts';
import type { Epoch } from './epoch.ts';
import { createPartitionView, type FlushOutcome, type PartitionSnapshot, type Stand } from './partition-view.ts';

/** A published run and which others it descends from. */
export interface Chain {
  readonly run: BatchRun;
  /** Published runs up to it that are not its ancestors: their chunk versions must not be read. */
  readonly offChain: readonly string[];
  /** How many runs up to it were published when that was found: another number, and it must be found anew. */
  readonly published: number;
}

/** A published run whose own chunk versions were found whole. */
export interface PinnedRun extends Chain {
  readonly versions: ChunkVersions;
}

/**
 * What one answer stands on. The open epoch goes on growing: fold it before the next await. As long as nothing changed the
 * same object is captured again, so that one cut has one content.
 */
export interface Cut {
  readonly pinned: PinnedRun;
  /** W. */
  readonly vector: OffsetVector;
  /** For each partition the epochs that tile [V, W). */
  readonly tilings: readonly (readonly Epoch[])[];
}

type RunOutcome =
  | { readonly kind: 'adopted' }
  /** Adopting it would let V or W fall in these partitions. */
  | { readonly kind: 'pending'; readonly partitions: readonly number[] };

export interface LiveView {
  applyFlush(message: FlushMessage): FlushOutcome;
  takeSnapshot(partition: number, snapshot: PartitionSnapshot): void;
  offerRun(pinned: PinnedRun): RunOutcome;
  /** undefined before the first run. */
  capture(): Cut | undefined;
  adopted(): PinnedRun | undefined;
  /** The run that was offered and does not fit yet, with the partitions that stand against it. */
  pending(): { readonly pinned: PinnedRun; readonly partitions: readonly number[] } | undefined;
  stand(partition: number): Stand | undefined;
  find(partition: number, from: number, to: number): Epoch | undefined;
  /** Cells in memory, of all partitions. Walks all epochs: for once a second. */
  cellCount(): number;
}

export function createLiveView(generation: Generation): LiveView {
  const views = Array.from({ length: generation.partitions }, () => createPartitionView(generation.definition));
  let adopted: PinnedRun | undefined;
  let waiting: PinnedRun | undefined;
  /** undefined since something changed. */
  let captured: Cut | undefined;

  const vOf = (pinned: PinnedRun, partition: number) => pinned.run.tidemark[partition] ?? 0;
  const vectorFrom = (pinned: PinnedRun) => views.map((view, p) => view.reach(vOf(pinned, p)));

  /** Partitions in which V or W would fall. */
  function against(offered: PinnedRun): number[] {
    const present = adopted;
    if (!present) return [];
    const v = present.run.tidemark;
    const w = vectorFrom(present);
    const reach = vectorFrom(offered);
    return w.flatMap((end, p) => (vOf(offered, p) < (v[p] ?? 0) || reach[p]! < end ? [p] : []));
  }

  function adopt(offered: PinnedRun): RunOutcome {
    const partitions = against(offered);
    if (partitions.length > 0) return { kind: 'pending', partitions };
    adopted = offered;
    for (const [p, view] of views.entries()) view.forgetBelow(vOf(offered, p));
    return { kind: 'adopted' };
  }

  function tryPending(): void {
    if (waiting && adopt(waiting).kind === 'adopted') waiting = undefined;
  }

  return {
    applyFlush(message) {
      const view = views[message.partition];
      if (!view) throw new RangeError(`partition ${message.partition} is none of this generation's`);
      captured = undefined;
      const outcome = view.apply(message);
      if (outcome === 'applied') tryPending();
      return outcome;
    },
    takeSnapshot(partition, snapshot) {
      captured = undefined;
      views[partition]!.replace(snapshot, adopted && vOf(adopted, partition));
      tryPending();
    },
    offerRun(pinned) {
      captured = undefined;
      const outcome = adopt(pinned);
      waiting = outcome.kind === 'pending' ? pinned : undefined;
      return outcome;
    },
    capture() {
      if (!adopted) return undefined;
      const pinned = adopted;
      captured ??= { pinned, vector: vectorFrom(pinned), tilings: views.map((view, p) => view.tiling(vOf(pinned, p))) };
      return captured;
    },
    adopted: () => adopted,
    pending: () => waiting && { pinned: waiting, partitions: against(waiting) },
    stand: (partition) => views[partition]!.stand(),
    find: (partition, from, to) => views[partition]!.find(from, to),
    cellCount: () => views.reduce((count, view) => count + view.cellCount(), 0),
  };
}
