import { describe, expect, test } from 'vitest';
import { chooseTidemark, type SpeedPosition } from './choose-tidemark.ts';

const position = (changes: Partial<SpeedPosition>): SpeedPosition => ({
  next: 100,
  epoch: 90,
  boundaries: [40, 70, 90],
  flushedAt: 1_000,
  ...changes,
});
const choose = (parent: number, archived: number, speed: SpeedPosition | undefined, deadSince = 0) =>
  chooseTidemark({ parent: [parent], archived: [archived], speed: [speed], deadSince, farBehindRecords: 1_000 })[0];

describe('the tidemark of a run', () => {
  test.each([
    ['is the newest epoch boundary that is archived', choose(0, 95, position({})), 90],
    ['passes over boundaries that the archive has not reached', choose(0, 89, position({})), 70],
    ['is a boundary although more is archived', choose(0, 100, position({})), 90],
    ['stays where no boundary is archived yet', choose(10, 30, position({})), 10],
    ['never falls below the parent', choose(80, 85, position({ boundaries: [40, 70], epoch: 70 })), 80],
    ['is all that is archived where speed has no state', choose(0, 55, undefined), 55],
    ['is all that is archived where speed lags far', choose(0, 1_200, position({})), 1_200],
    ['is all that is archived where a writer with work to do is silent', choose(0, 100, position({}), 2_000), 100],
    [
      'waits for a silent writer that has nothing to do',
      choose(0, 100, position({ epoch: 100, boundaries: [90, 100] }), 2_000),
      100,
    ],
    [
      'does not pass over a silent writer without work at its boundary',
      choose(0, 99, position({ next: 90, epoch: 90, boundaries: [90] }), 500),
      90,
    ],
  ])('%s', (_, chosen, expected) => {
    expect(chosen).toBe(expected);
  });
});
