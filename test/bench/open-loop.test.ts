import { expect, test } from 'vitest';
import { type LoopClock, runOpenLoop } from './open-loop.ts';

/** Time passes by waiting, and where `stalls` says so while a piece is started. */
function openClock(stalls: Readonly<Record<number, number>> = {}) {
  let nowMs = 1_000;
  const started: [index: number, dueMs: number, atMs: number][] = [];
  const clock: LoopClock = {
    now: () => nowMs,
    async wait(ms) {
      nowMs += ms;
    },
  };
  const start = (index: number, dueMs: number) => {
    started.push([index, dueMs, nowMs]);
    nowMs += stalls[index] ?? 0;
  };
  return { clock, start, started };
}

const never = new AbortController().signal;

test('each piece of work starts when it is due, whatever became of those before', async () => {
  const { clock, start, started } = openClock();
  await runOpenLoop({ everyMs: 5, pieces: 4, signal: never }, start, clock);
  expect(started).toEqual([0, 5, 10, 15].map((at, i) => [i, 1_000 + at, 1_000 + at]));
});

test('a sender that stalled catches up at once, and what it was late counts: due times do not move', async () => {
  const { clock, start, started } = openClock({ 1: 12 });
  await runOpenLoop({ everyMs: 5, pieces: 6, signal: never }, start, clock);
  expect(started.map(([, dueMs]) => dueMs - 1_000)).toEqual([0, 5, 10, 15, 20, 25]);
  expect(started.map(([, , atMs]) => atMs - 1_000)).toEqual([0, 5, 17, 17, 20, 25]);
});

test('it ends when it is told to', async () => {
  const { clock, start, started } = openClock();
  const ending = new AbortController();
  const running = runOpenLoop(
    { everyMs: 5, pieces: 100, signal: ending.signal },
    (index, dueMs) => {
      start(index, dueMs);
      if (index === 2) ending.abort();
    },
    clock,
  );
  await expect(running).rejects.toThrow();
  expect(started).toHaveLength(3);
});
