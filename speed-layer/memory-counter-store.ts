// CounterStore in memory, held to the same contract suite as the Redis one. For tests of the core, never in production.
import { decodeCell, type RollupCells } from '../schemas/cells.ts';
import type { Generation } from '../schemas/generation.ts';
import { encodeEpochLedger, type EpochLedger, type FlushMessage, ledgerSum } from '../schemas/layout-redis.ts';
import type { CounterStore, Flush, RefusalReason, StoredEpoch } from './counter-store.ts';

export interface MemoryEpoch {
  readonly from: number;
  to: number;
  ledger: EpochLedger | undefined;
  ids: Buffer;
  readonly cells: RollupCells[];
}

export interface MemoryPartition {
  next: number;
  maxTimestamp: number | undefined;
  leaderEpoch: number | undefined;
  flushedAt: number;
  closed: MemoryEpoch[];
  open: MemoryEpoch;
}

export interface MemoryCounterStore extends CounterStore {
  readonly partitions: Map<number, MemoryPartition>;
}

/** `publish` hears each flush as readers of Redis do. */
export function createMemoryCounterStore(
  generation: Generation,
  publish: (message: FlushMessage) => void,
  clock: () => number = () => 0,
): MemoryCounterStore {
  const { rollups } = generation.definition;
  const partitions = new Map<number, MemoryPartition>();
  const openEpoch = (from: number): MemoryEpoch => ({
    from,
    to: from,
    ledger: undefined,
    ids: Buffer.alloc(0),
    cells: rollups.map(() => new Map()),
  });

  function isWhole({ from, to, ledger, ids, cells }: MemoryEpoch): boolean {
    return (
      ledger !== undefined &&
      ledgerSum(ledger) === to - from &&
      ids.length === ledger.counted * 8 &&
      cells.every((map, i) => map.size === ledger.cells[i])
    );
  }

  function damage(epoch: MemoryEpoch, flush: Flush): RefusalReason | undefined {
    if ((epoch.ledger === undefined) !== (flush.from === flush.epoch)) return 'ledger-lost';
    if (epoch.ids.length !== flush.before.idsBytes) return 'ids-lost';
    return epoch.cells.every((map, i) => map.size === flush.before.cells[i]) ? undefined : 'cells-lost';
  }

  return {
    partitions,
    async restore(partition, tidemark) {
      const state = partitions.get(partition);
      if (!state) return undefined;
      const all = state.open.to > state.open.from ? [...state.closed, state.open] : state.closed;
      const epochs = all.filter((epoch) => epoch.to > tidemark);
      const stored: StoredEpoch[] = epochs.map((epoch) => ({
        from: epoch.from,
        to: epoch.to,
        whole: isWhole(epoch),
        ids: epoch.ids,
      }));
      const { next, open, maxTimestamp, leaderEpoch } = state;
      return { next, epoch: open.from, maxTimestamp, leaderEpoch, epochs: stored };
    },
    async flush(partition, flush) {
      const state = partitions.get(partition);
      if (!state || state.next !== flush.from || state.open.from !== flush.epoch)
        return { kind: 'refused', why: 'moved' };
      const { open } = state;
      const why = flush.before.cells.length > 0 ? damage(open, flush) : undefined;
      if (why !== undefined) return { kind: 'refused', why };
      if (flush.next === flush.from && !flush.close) return { kind: 'done' };
      if (flush.next > flush.from) {
        open.to = flush.next;
        open.ledger = structuredClone(flush.ledger);
        open.ids = Buffer.concat([open.ids, flush.ids]);
        for (const [i, list] of flush.cells.entries()) {
          for (let at = 0; at < list.length; at += 2) open.cells[i]!.set(list[at]!, decodeCell(list[at + 1]!));
        }
      }
      state.next = flush.next;
      state.maxTimestamp = flush.maxTimestamp;
      state.leaderEpoch = flush.leaderEpoch;
      if (flush.next > flush.epoch) state.flushedAt = clock();
      if (flush.epoch === flush.next) state.open = openEpoch(flush.next);
      else if (flush.close) {
        state.closed.push(open);
        state.open = openEpoch(flush.next);
      }
      const { epoch, from, next, close, cells } = flush;
      publish({
        partition,
        epoch,
        from,
        next,
        closed: close,
        ledger: next === from ? [] : encodeEpochLedger(flush.ledger, rollups),
        cells,
      });
      return { kind: 'done' };
    },
    async reset(partition, expected, to, maxTimestamp, leaderEpoch) {
      const state = partitions.get(partition);
      if ((expected === undefined) !== (state === undefined)) return { kind: 'refused', why: 'moved' };
      if (expected && state && (state.next !== expected.next || state.open.from !== expected.epoch))
        return { kind: 'refused', why: 'moved' };
      partitions.set(partition, {
        next: to,
        maxTimestamp,
        leaderEpoch,
        flushedAt: state?.flushedAt ?? clock(),
        closed: [],
        open: openEpoch(to),
      });
      return { kind: 'done' };
    },
    async collect(partition, mark) {
      const state = partitions.get(partition);
      if (!state) return 0;
      const kept = state.closed.filter((epoch) => epoch.to > mark);
      const gone = state.closed.length - kept.length;
      state.closed = kept;
      return gone;
    },
  };
}
