// What every CounterStore must do. Run on each implementation by counter-store.test.ts.
import { describe, expect, test } from 'vitest';
import type { Generation } from '../schemas/generation.ts';
import { emptyLedger, type FlushMessage } from '../schemas/layout-redis.ts';
import type { CounterStore, Flush } from './counter-store.ts';

export interface ContractSubject {
  readonly store: CounterStore;
  readonly generation: Generation;
  /** Messages published so far, complete when a flush has resolved and this is awaited. */
  messages(): Promise<readonly FlushMessage[]>;
}

/** A flush of one counted event an offset, all in one cell of the first rollup and none elsewhere. */
export function flushOf(
  generation: Generation,
  epoch: number,
  from: number,
  next: number,
  options: { close?: boolean } = {},
): Flush {
  const { rollups } = generation.definition;
  const counted = next - epoch;
  const values = [counted, counted, ...rollups[0]!.measures.slice(1).map(() => 0)].join(',');
  const first = (n: number) => rollups.map((_, i) => (i === 0 ? n : 0));
  return {
    epoch,
    from,
    next,
    close: options.close ?? false,
    maxTimestamp: 1_000 + next,
    leaderEpoch: 20 + next,
    ledger: { ...emptyLedger(), counted, newest: 7, cells: first(counted === 0 ? 0 : 1), facts: first(counted) },
    before: { idsBytes: (from - epoch) * 8, cells: first(from === epoch ? 0 : 1) },
    ids: Buffer.alloc((next - from) * 8, next),
    cells: rollups.map((_, i) => (i === 0 && next > from ? ['5|1:a', values] : [])),
  };
}

export function describeCounterStore(name: string, open: () => Promise<ContractSubject>): void {
  describe(name, () => {
    test('nothing is stored before the first reset', async () => {
      const { store } = await open();
      expect(await store.restore(0, 0)).toBeUndefined();
    });

    test('a flush without state is refused', async () => {
      const { store, generation } = await open();
      expect(await store.flush(0, flushOf(generation, 0, 0, 3))).toEqual({ kind: 'refused', why: 'moved' });
      expect(await store.restore(0, 0)).toBeUndefined();
    });

    test('what was flushed is restored together with its identities', async () => {
      const { store, generation } = await open();
      await store.reset(0, undefined, 10, 5);
      expect(await store.flush(0, flushOf(generation, 10, 10, 13))).toEqual({ kind: 'done' });
      expect(await store.flush(0, flushOf(generation, 10, 13, 14, { close: true }))).toEqual({ kind: 'done' });
      expect(await store.flush(0, flushOf(generation, 14, 14, 16))).toEqual({ kind: 'done' });
      const ids = (bytes: number, value: number) => Buffer.alloc(bytes, value);
      expect(await store.restore(0, 10)).toEqual({
        next: 16,
        epoch: 14,
        maxTimestamp: 1_016,
        leaderEpoch: 36,
        epochs: [
          { from: 10, to: 14, whole: true, ids: Buffer.concat([ids(24, 13), ids(8, 14)]) },
          { from: 14, to: 16, whole: true, ids: ids(16, 16) },
        ],
      });
    });

    test('a writer that stands elsewhere is refused and writes nothing', async () => {
      const { store, generation } = await open();
      await store.reset(0, undefined, 0, undefined);
      await store.flush(0, flushOf(generation, 0, 0, 3, { close: true }));
      const before = await store.restore(0, 0);
      for (const zombie of [flushOf(generation, 0, 0, 3), flushOf(generation, 0, 3, 5), flushOf(generation, 2, 3, 5)]) {
        expect(await store.flush(0, zombie)).toEqual({ kind: 'refused', why: 'moved' });
      }
      expect(await store.restore(0, 0)).toEqual(before);
    });

    test('who read an older state closes nothing: neither next nor counters fall back', async () => {
      const { store, generation } = await open();
      await store.reset(0, undefined, 0, undefined);
      await store.flush(0, flushOf(generation, 0, 0, 2));
      await store.flush(0, flushOf(generation, 0, 2, 5));
      const before = await store.restore(0, 0);
      for (const at of [0, 2]) {
        const closing = { ...flushOf(generation, 0, at, at), close: true };
        expect(await store.flush(0, closing)).toEqual({ kind: 'refused', why: 'moved' });
      }
      expect(await store.restore(0, 0)).toEqual(before);
    });

    test('an epoch that lost a part of itself takes no further flush', async () => {
      const { store, generation } = await open();
      await store.reset(0, undefined, 0, undefined);
      await store.flush(0, flushOf(generation, 0, 0, 3));
      const flush = flushOf(generation, 0, 3, 5);
      const lostIds = { ...flush, before: { ...flush.before, idsBytes: 32 } };
      expect(await store.flush(0, lostIds)).toEqual({ kind: 'refused', why: 'ids-lost' });
      const lostCells = { ...flush, before: { ...flush.before, cells: flush.before.cells.map((n) => n + 1) } };
      expect(await store.flush(0, lostCells)).toEqual({ kind: 'refused', why: 'cells-lost' });
      expect(await store.flush(0, flush)).toEqual({ kind: 'done' });
    });

    test('closing an epoch without new records keeps its counters, and an empty one is no epoch', async () => {
      const { store, generation } = await open();
      await store.reset(0, undefined, 0, undefined);
      await store.flush(0, flushOf(generation, 0, 0, 2));
      expect(await store.flush(0, { ...flushOf(generation, 0, 2, 2), close: true })).toEqual({ kind: 'done' });
      expect(await store.flush(0, { ...flushOf(generation, 2, 2, 2), close: true })).toEqual({ kind: 'done' });
      const stored = await store.restore(0, 0);
      expect(stored).toMatchObject({ next: 2, epoch: 2, epochs: [{ from: 0, to: 2, whole: true }] });
    });

    test('a reset forgets all epochs, and is refused once the state has moved', async () => {
      const { store, generation } = await open();
      await store.reset(0, undefined, 0, undefined);
      await store.flush(0, flushOf(generation, 0, 0, 2));
      expect(await store.reset(0, undefined, 7, 1)).toEqual({ kind: 'refused', why: 'moved' });
      expect(await store.reset(0, { next: 1, epoch: 0 }, 7, 1)).toEqual({ kind: 'refused', why: 'moved' });
      expect(await store.reset(0, { next: 2, epoch: 0 }, 7, 1, 3)).toEqual({ kind: 'done' });
      expect(await store.restore(0, 0)).toEqual({ next: 7, epoch: 7, maxTimestamp: 1, leaderEpoch: 3, epochs: [] });
    });

    test('a reset leaves no closed epoch, also where it goes back below them', async () => {
      const { store, generation } = await open();
      await store.reset(0, undefined, 0, undefined);
      await store.flush(0, flushOf(generation, 0, 0, 2, { close: true }));
      await store.flush(0, flushOf(generation, 2, 2, 4, { close: true }));
      expect(await store.reset(0, { next: 4, epoch: 4 }, 0, 1)).toEqual({ kind: 'done' });
      expect(await store.restore(0, 0)).toEqual({ next: 0, epoch: 0, maxTimestamp: 1, epochs: [] });
    });

    test('collecting forgets closed epochs at or below the mark only', async () => {
      const { store, generation } = await open();
      await store.reset(0, undefined, 0, undefined);
      await store.flush(0, flushOf(generation, 0, 0, 2, { close: true }));
      await store.flush(0, flushOf(generation, 2, 2, 4, { close: true }));
      await store.flush(0, flushOf(generation, 4, 4, 5));
      expect(await store.collect(0, 3)).toBe(1);
      expect((await store.restore(0, 0))?.epochs.map((epoch) => epoch.from)).toEqual([2, 4]);
    });

    test('readers hear of each flush with its epoch and range', async () => {
      const { store, generation, messages } = await open();
      await store.reset(0, undefined, 0, undefined);
      await store.flush(0, flushOf(generation, 0, 0, 2));
      await store.flush(0, flushOf(generation, 0, 2, 3, { close: true }));
      expect(await messages()).toMatchObject([
        { partition: 0, epoch: 0, from: 0, next: 2, closed: false },
        {
          partition: 0,
          epoch: 0,
          from: 2,
          next: 3,
          closed: true,
          cells: [['5|1:a', expect.stringMatching(/^3,3,/)], ...generation.definition.rollups.slice(1).map(() => [])],
        },
      ]);
    });
  });
}
