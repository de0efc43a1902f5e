// What the pipeline page makes of looks at the status: rates, partitions that stand still, how long records wait.
import { expect, test } from 'vitest';
import {
  keptSamples,
  ratesByTime,
  ratesOf,
  type Sample,
  standingStill,
  stillSinceMs,
  waitingMs,
  withSample,
} from './samples.ts';

const sample = (atMs: number, some: Partial<Sample> = {}): Sample => ({
  atMs,
  vector: [10, 20],
  ends: [10, 20],
  deadLetters: 0,
  waiting: 0,
  ...some,
});

test('rates are differences between two looks, by the time that lies between them', () => {
  const rates = ratesOf([
    sample(0),
    sample(2_500, { vector: [13, 22], ends: [20, 30], deadLetters: 3 }),
    sample(4_500, { vector: [20, 30], ends: [20, 30], deadLetters: 3 }),
  ]);
  expect(rates).toEqual([
    { atMs: 0, accepted: null, counted: null, behind: 0, deadLetters: null },
    { atMs: 2_500, accepted: 8, counted: 2, behind: 15, deadLetters: 3 },
    { atMs: 4_500, accepted: 0, counted: 7.5, behind: 0, deadLetters: 0 },
  ]);
});

test('what is unknown has no rate: ends not known, a pause between the looks, a server that went back', () => {
  const [, , unknownEnds, known, paused, back] = ratesOf([
    sample(0),
    sample(2_000),
    sample(4_000, { ends: [null, 20], deadLetters: null }),
    sample(6_000),
    sample(60_000, { vector: [40, 40], ends: [40, 40] }),
    sample(62_000, { vector: [30, 40], ends: [40, 40] }),
  ]);
  expect(unknownEnds).toMatchObject({ accepted: null, behind: null, deadLetters: null, counted: 0 });
  expect(known).toMatchObject({ accepted: null, behind: 0, deadLetters: null, counted: 0 });
  expect(paused).toMatchObject({ accepted: null, counted: null, behind: 0 });
  expect(back).toMatchObject({ counted: null, accepted: 0, behind: 10 });
});

test('charts have one step for each two seconds: looks that came late leave no gap, a pause leaves one of its length', () => {
  const some = (counted: number, deadLetters = 0) => ({ vector: [counted, 0], ends: [counted, 0], deadLetters });
  const rates = ratesByTime([
    sample(100_500, some(0)),
    sample(102_600, some(21)),
    sample(106_100, some(56, 3)),
    sample(118_000, some(56, 3)),
  ]);
  expect(rates).toHaveLength(keptSamples);
  expect(rates.slice(-11).map(({ atMs, counted, deadLetters }) => [atMs / 1_000, counted, deadLetters])).toEqual([
    [98, null, null],
    [100, null, null],
    [102, 10, 0],
    [104, 10, null],
    [106, 10, 3],
    [108, null, null],
    [110, null, null],
    [112, null, null],
    [114, null, null],
    [116, null, null],
    [118, null, null],
  ]);
  expect(rates.at(-2)?.behind).toBe(null);
  expect(rates.at(-1)?.behind).toBe(0);
});

test('only the last minutes are remembered', () => {
  let samples: readonly Sample[] = [];
  for (let i = 0; i < keptSamples + 5; i++) samples = withSample(samples, sample(i));
  expect(samples).toHaveLength(keptSamples);
  expect(samples[0]!.atMs).toBe(5);
});

test('a partition stands still if it had records waiting all that time and did not move', () => {
  const ends = [15, 25];
  const looks = [sample(0, { ends }), sample(5_000, { ends, vector: [10, 21] })];
  expect(standingStill(looks, 10_000)).toEqual([]);
  const later = [...looks, sample(10_000, { ends, vector: [10, 22] })];
  expect(standingStill(later, 10_000)).toEqual([0]);
  // What came just now is not late, nor what nobody knows of.
  expect(standingStill([sample(0), sample(10_000, { ends })], 10_000)).toEqual([]);
  expect(standingStill([sample(0, { ends }), sample(10_000, { ends: [null, null] })], 10_000)).toEqual([]);
});

test('it stands still since the first look, without a break, that found it there', () => {
  const looks = [
    sample(0, { vector: [9, 20], ends: [15, 20] }),
    sample(2_000, { ends: [15, 20] }),
    sample(4_000, { ends: [16, 25] }),
    sample(6_000, { ends: [16, 25] }),
  ];
  expect([0, 1].map((p) => stillSinceMs(looks, p))).toEqual([2_000, 4_000]);
});

test('records wait for a run since the look after the last one that found none', () => {
  expect(waitingMs([])).toBe(0);
  expect(waitingMs([sample(0, { waiting: 4 }), sample(70_000, { waiting: 9 })])).toBe(70_000);
  expect(
    waitingMs([sample(0, { waiting: 4 }), sample(2_000), sample(4_000, { waiting: 1 }), sample(9_000, { waiting: 1 })]),
  ).toBe(5_000);
  expect(waitingMs([sample(0, { waiting: 4 }), sample(2_000)])).toBe(0);
});
