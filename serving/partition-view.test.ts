// The rules by which messages and snapshots change what is remembered of a partition.
import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../schemas/oracle.ts';
import { createPartitionView } from './partition-view.ts';
import { createWorld, testEvent, testGeneration } from './test-live-world.ts';

const generation = testGeneration(1);
const log: LogEntry[] = Array.from({ length: 100 }, (_, offset) => ({
  partition: 0,
  offset,
  timestampMs: Date.UTC(2024, 0, 1),
  event: testEvent({ orderId: `o${offset}`, storeId: offset % 2 === 0 ? 'west' : 'east' }),
}));

function scene() {
  const world = createWorld(generation, log);
  const view = createPartitionView(generation.definition);
  const flush = (records: number, close = false) => {
    world.flush(0, records, close);
    return world.channel.at(-1)!;
  };
  const take = () => view.replace(world.snapshot(0), 0);
  return { world, view, flush, take };
}

describe('a partition', () => {
  test('before a snapshot every message is a gap', () => {
    const { view, flush } = scene();
    expect(view.apply(flush(3))).toBe('gap');
    expect(view.reach(0)).toBe(0);
  });

  test('a message is applied exactly where we stand; the same one again is old; one further on is a gap', () => {
    const { view, flush, take } = scene();
    take();
    const [first, second, third] = [flush(3), flush(3), flush(3)];
    expect(view.apply(second)).toBe('gap');
    expect(view.apply(first)).toBe('applied');
    expect(view.apply(first)).toBe('old');
    expect(view.apply(third)).toBe('gap');
    expect(view.apply(second)).toBe('applied');
    expect(view.reach(0)).toBe(6);
  });

  test('cells that several messages touch hold what the epoch counts, not the sum of the messages', () => {
    const { world, view, flush, take } = scene();
    take();
    for (let n = 0; n < 3; n += 1) expect(view.apply(flush(3))).toBe('applied');
    expect(view.tiling(0)[0]!.cells).toEqual(world.epoch(0, 0, 9).cells);
  });

  test('closing moves nothing, and the next epoch begins there', () => {
    const { view, flush, take } = scene();
    take();
    view.apply(flush(3));
    expect(view.apply(flush(0, true))).toBe('applied');
    expect(view.stand()).toEqual({ epoch: 3, next: 3 });
    expect(view.apply(flush(2))).toBe('applied');
    expect(view.tiling(0).map(({ from, to }) => [from, to])).toEqual([
      [0, 3],
      [3, 5],
    ]);
  });

  test('a new epoch may begin although the closing message was lost', () => {
    const { world, view, flush, take } = scene();
    take();
    view.apply(flush(3));
    world.states[0] = { next: 3, epoch: 3, closed: [{ from: 0, to: 3 }] };
    expect(view.apply(flush(2))).toBe('applied');
    expect(view.reach(0)).toBe(5);
  });

  test.each([
    ['a ledger that does not add up', (ledger: string[]) => ledger.with(1, '99')],
    ['a ledger without a field', (ledger: string[]) => ledger.slice(2)],
    ['a ledger that is no number', (ledger: string[]) => ledger.with(1, 'x')],
  ])('%s is a gap and changes nothing', (_, spoil) => {
    const { view, flush, take } = scene();
    take();
    view.apply(flush(3));
    const message = flush(3);
    expect(view.apply({ ...message, ledger: spoil([...message.ledger]) })).toBe('gap');
    expect(view.reach(0)).toBe(3);
    expect(view.apply(message)).toBe('applied');
  });

  test('a message that lacks a cell is a gap and changes nothing', () => {
    const { view, flush, take } = scene();
    take();
    view.apply(flush(3));
    const before = structuredClone(view.tiling(0)[0]!.cells);
    const message = flush(3);
    expect(view.apply({ ...message, cells: message.cells.map((list) => list.slice(2)) })).toBe('gap');
    expect(view.apply({ ...message, cells: message.cells.slice(1) })).toBe('gap');
    expect(view.apply({ ...message, cells: message.cells.map(() => ['x', 'y']) })).toBe('gap');
    expect(view.tiling(0)[0]!.cells).toEqual(before);
  });

  test('after a wipe the old chain answers until the new one reaches as far', () => {
    const { world, view, flush, take } = scene();
    take();
    view.apply(flush(10, true));
    view.apply(flush(10));
    world.reset(0);
    world.flush(0, 5, true);
    take();
    expect(view.reach(0)).toBe(20);
    expect(view.apply(flush(10))).toBe('applied');
    expect(view.reach(0)).toBe(20);
    expect(view.reach(5)).toBe(15);
    expect(view.apply(flush(10))).toBe('applied');
    expect(view.tiling(0).map(({ from, to }) => [from, to])).toEqual([
      [0, 5],
      [5, 25],
    ]);
  });

  test('growing the open epoch does not tear a chain that goes on where it ended', () => {
    const { world, view, flush } = scene();
    world.flush(0, 10, false);
    view.replace({ closed: [world.epoch(0, 10, 20)], open: world.epoch(0, 0, 10) }, 0);
    expect(view.reach(0)).toBe(20);
    expect(view.apply(flush(3))).toBe('applied');
    expect(view.stand()).toEqual({ epoch: 0, next: 13 });
    expect(view.reach(0)).toBe(20);
  });

  test('a message that goes backwards is a gap', () => {
    const { view, flush, take } = scene();
    take();
    const message = flush(3);
    view.apply(message);
    expect(view.apply({ ...message, from: 3, next: 2 })).toBe('gap');
    expect(view.apply({ ...message, epoch: 5, from: 3, next: 6 })).toBe('gap');
    expect(view.reach(0)).toBe(3);
  });
});
