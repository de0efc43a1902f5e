// What a reader remembers of one partition.
//
// Remembered epochs grow no more and stay usable for ever: whatever speed stores for a range is a pure function of it.
// Beside them stands the open epoch, which follows Redis: it says where the writer was last seen (epoch, next).
//
// unknown   no stand: before the first snapshot, or Redis had no whole open epoch. Each message is a gap.
//           snapshot with an open epoch → following.
// following a message that begins where we stand grows the open epoch (→ following) or closes it, after which the next
//           one begins there; an older message changes nothing; any other is a gap: we keep what we have and stay, until
//           a snapshot replaces the stand (→ following or unknown).
// A snapshot replaces the stand, never what the present tiling uses: after a wipe or a roll-back of Redis the old chain
// keeps answering and the new one follows beside it, until its tiling reaches as far. So W never falls.
import type { Definition } from '../schemas/definition.ts';
import type { FlushMessage } from '../schemas/layout-redis.ts';
import { type Epoch, emptyEpoch } from './epoch.ts';
import { createGrowingEpoch, type GrowingEpoch } from './growing-epoch.ts';
import { endOf, tile } from './tiling.ts';

/** Where the writer stands: its open epoch and the next offset that it has not flushed. */
export interface Stand {
  readonly epoch: number;
  readonly next: number;
}

/** What was read of Redis in one go. Only whole epochs; `open` is absent where there is none or it is not whole. */
export interface PartitionSnapshot {
  readonly closed: readonly Epoch[];
  readonly open: Epoch | undefined;
}

export type FlushOutcome = 'applied' | 'old' | 'gap';

export interface PartitionView {
  /** Overwrites cells only when the message begins exactly where we stand. */
  apply(message: FlushMessage): FlushOutcome;
  /** `v` is the tidemark of the adopted run, undefined before the first. */
  replace(snapshot: PartitionSnapshot, v: number | undefined): void;
  /** An epoch of exactly that range, so that it need not be read again. */
  find(from: number, to: number): Epoch | undefined;
  stand(): Stand | undefined;
  /** The furthest chain from `v`. Its open epoch may grow: use it before the next await. */
  tiling(v: number): readonly Epoch[];
  /** Where that chain ends. */
  reach(v: number): number;
  /** Drops what no tiling from `v` or above can use. */
  forgetBelow(v: number): void;
  /** Cells in memory. */
  cellCount(): number;
}

export function createPartitionView(definition: Definition): PartitionView {
  let remembered: Epoch[] = [];
  let open: GrowingEpoch | undefined;
  let closedAt: Stand | undefined;
  let cached: { readonly v: number; readonly chain: readonly Epoch[] } | undefined;

  const begin = (at: number) => createGrowingEpoch(definition, emptyEpoch(definition, at));

  function tiling(v: number): readonly Epoch[] {
    if (cached?.v !== v) cached = { v, chain: tile(open ? [...remembered, open] : remembered, v) };
    return cached.chain;
  }

  function remember(epoch: Epoch): void {
    if (epoch.to > epoch.from) remembered.push(epoch);
  }

  function grow(epoch: GrowingEpoch, message: FlushMessage): FlushOutcome {
    // Something remembered goes on where this one ends: without a copy, growing would tear that chain.
    if (message.next > epoch.to && remembered.some(({ from }) => from === epoch.to)) remember(epoch.freeze());
    if (!epoch.grow(message)) return 'gap';
    cached = undefined;
    open = epoch;
    closedAt = undefined;
    if (!message.closed) return 'applied';
    remember(epoch);
    open = undefined;
    closedAt = { epoch: epoch.to, next: epoch.to };
    return 'applied';
  }

  const stand = (): Stand | undefined => (open ? { epoch: open.from, next: open.to } : closedAt);

  return {
    stand,
    tiling,
    reach: (v) => endOf(tiling(v), v),
    find: (from, to) => remembered.find((epoch) => epoch.from === from && epoch.to === to),
    apply(message) {
      const at = stand();
      if (!at) return 'gap';
      if (open && message.epoch === open.from && message.from === open.to) return grow(open, message);
      if (message.epoch === message.from && message.from === at.next) {
        const next = begin(message.from);
        const before = open;
        const outcome = grow(next, message);
        if (outcome === 'applied' && before) remember(before);
        return outcome;
      }
      return message.next <= at.next ? 'old' : 'gap';
    },
    replace(snapshot, v) {
      const used = new Set(v === undefined ? remembered : tiling(v));
      const kept = [...remembered, ...(open ? [open] : [])].filter((epoch) => used.has(epoch));
      const fresh = snapshot.closed.filter(({ from, to }) => !kept.some((k) => k.from === from && k.to === to));
      remembered = [];
      for (const epoch of [...kept, ...fresh]) remember(epoch);
      open = snapshot.open && createGrowingEpoch(definition, snapshot.open);
      closedAt = undefined;
      cached = undefined;
      if (v !== undefined) remembered = remembered.filter(({ from }) => from >= v);
    },
    forgetBelow(v) {
      remembered = remembered.filter(({ from }) => from >= v);
      cached = undefined;
    },
    cellCount() {
      let count = 0;
      for (const epoch of open ? [...remembered, open] : remembered) for (const map of epoch.cells) count += map.size;
      return count;
    },
  };
}
