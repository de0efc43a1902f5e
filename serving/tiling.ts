// Tiling: the chain of epochs that begins exactly at an offset and reaches furthest, each beginning where the one before
// ends. Any chain is right, because an epoch is a pure function of its range; the furthest one keeps W from falling.
import type { Epoch } from './epoch.ts';

/** The chain; empty where no epoch begins at `from`. Of one `from` there may be several epochs, and they may overlap. */
export function tile(epochs: readonly Epoch[], from: number): Epoch[] {
  const best = new Map<number, { readonly end: number; readonly epoch: Epoch }>();
  // From the right: where an epoch ends, the best continuation is known already.
  for (const epoch of epochs.toSorted((a, b) => b.from - a.from)) {
    if (epoch.to <= epoch.from) continue;
    const end = best.get(epoch.to)?.end ?? epoch.to;
    const rival = best.get(epoch.from);
    if (!rival || end > rival.end) best.set(epoch.from, { end, epoch });
  }
  const chain: Epoch[] = [];
  for (let at = best.get(from); at; at = best.get(at.epoch.to)) chain.push(at.epoch);
  return chain;
}

/** Where a tiling from `from` ends. */
export function endOf(chain: readonly Epoch[], from: number): number {
  return chain.at(-1)?.to ?? from;
}
