// When a partition is read again: gaps, lost messages, wipes; and what arrives while it is being read is not lost.
import { describe, expect, test } from 'vitest';
import type { FlushMessage } from '../schemas/layout-redis.ts';
import { createPartitionFollower } from './partition-follower.ts';
import type { FlushOutcome } from './partition-view.ts';
import type { TakenSnapshot } from './snapshot-source.ts';

const message = (from: number, next: number): FlushMessage => ({
  partition: 0,
  epoch: 0,
  from,
  next,
  closed: false,
  ledger: [],
  cells: [],
});

function scene(snapshots: (() => Promise<TakenSnapshot>)[] = []) {
  const whole: TakenSnapshot = { closed: [], open: undefined, notWhole: [] };
  const applied: number[] = [];
  let at = 0;
  let nowMs = 1_000;
  const follower = createPartitionFollower({
    apply({ from, next }): FlushOutcome {
      if (from !== at) return next <= at ? 'old' : 'gap';
      at = next;
      applied.push(next);
      return 'applied';
    },
    take: () => (snapshots.shift() ?? (async () => whole))(),
    install: () => {},
    clock: () => nowMs,
    random: () => 0.5,
  });
  return {
    follower,
    applied,
    whole,
    pass: (ms: number) => (nowMs += ms),
    now: () => nowMs,
    stand: (next: number) => (at = next),
  };
}

describe('a partition is followed', () => {
  test('it wants a first snapshot, and none after that', async () => {
    const { follower, now } = scene();
    expect([follower.taken, follower.dueAt()]).toEqual([false, 0]);
    await follower.refresh(now());
    expect([follower.taken, follower.dueAt()]).toEqual([true, undefined]);
  });

  test('messages that arrive while a snapshot is read are applied on top of it', async () => {
    const reading = Promise.withResolvers<TakenSnapshot>();
    const { follower, applied, whole, now, stand } = scene([() => reading.promise]);
    const refreshed = follower.refresh(now());
    expect(follower.hear(message(7, 9))).toBe('gap');
    stand(7);
    reading.resolve(whole);
    await refreshed;
    expect(applied).toEqual([9]);
    expect(follower.dueAt()).toBeUndefined();
  });

  test('what is kept meanwhile is bounded by its cells; what is missed for it asks for another snapshot', async () => {
    const reading = Promise.withResolvers<TakenSnapshot>();
    const { follower, whole, now, stand } = scene([() => reading.promise]);
    const refreshed = follower.refresh(now());
    follower.hear({ ...message(0, 1), cells: [Array.from({ length: 400_000 }, () => '')] });
    follower.hear(message(1, 2));
    stand(0);
    reading.resolve(whole);
    await refreshed;
    expect(follower.hear(message(2, 3))).toBe('gap');
    expect(follower.dueAt()).toBeDefined();
  });

  test('a gap asks for a snapshot, after a pause: not a storm of them', async () => {
    const { follower, now, pass } = scene();
    await follower.refresh(now());
    expect(follower.hear(message(5, 6))).toBe('gap');
    expect(follower.dueAt()).toBeGreaterThan(now());
    await follower.refresh(now());
    expect(follower.dueAt()).toBeDefined();
    pass(1_000);
    await follower.refresh(now());
    expect(follower.dueAt()).toBeUndefined();
  });

  test('a snapshot that failed or is not whole is taken again', async () => {
    const range = { from: 0, to: 5 };
    const { follower, now, pass } = scene([
      () => Promise.reject(new Error('Redis is away')),
      async () => ({ closed: [], open: undefined, notWhole: [range] }),
    ]);
    await expect(follower.refresh(now())).rejects.toThrow('away');
    expect(follower.dueAt()).toBe(0);
    await follower.refresh(now());
    expect(follower.notWhole).toEqual([range]);
    expect(follower.dueAt()).toBeGreaterThan(now());
    pass(10_000);
    await follower.refresh(now());
    expect([follower.notWhole, follower.dueAt()]).toEqual([[], undefined]);
  });

  test.each([
    ['ahead of us for one poll only', [{ epoch: 0, next: 9 }], false],
    [
      'ahead of us for longer than a poll',
      [
        { epoch: 0, next: 9 },
        { epoch: 0, next: 9 },
      ],
      true,
    ],
    [
      'in an epoch that we never heard of',
      [
        { epoch: 5, next: 5 },
        { epoch: 5, next: 5 },
      ],
      true,
    ],
    ['below what it had told', [{ epoch: 0, next: 3 }], true],
    ['wiped', [undefined], true],
    [
      'where we are',
      [
        { epoch: 0, next: 5 },
        { epoch: 0, next: 5 },
      ],
      false,
    ],
  ])('a poll that finds Redis %s', async (_, polls, wanted) => {
    const { follower, now, pass } = scene();
    await follower.refresh(now());
    pass(1_000);
    for (const polled of polls) follower.compare(polled, { epoch: 0, next: 5 }, now());
    expect(follower.dueAt() !== undefined).toBe(wanted);
  });
});
