import { describe, expect, test } from 'vitest';
import { boundTidemark } from './bound-tidemark.ts';
import type { SpeedPosition } from './choose-tidemark.ts';

const position = (next: number, epoch: number, boundaries: number[]): SpeedPosition => ({
  next,
  epoch,
  boundaries,
  flushedAt: 0,
});
const bound = (chosen: number[], speed: (SpeedPosition | undefined)[], maxRecords: number, parent = [0, 0, 0]) =>
  boundTidemark({ parent: parent.slice(0, chosen.length), chosen, speed, maxRecords });

describe('the tidemark of a run whose work is bounded', () => {
  test.each([
    ['is the chosen one where that is little enough', bound([50, 50], [], 100), [50, 50]],
    ['shares fairly: small partitions whole, large ones alike', bound([10, 500, 900], [], 210), [10, 100, 100]],
    ['counts from the parent', bound([1_000], [], 100, [800]), [900]],
    ['goes to the newest boundary within', bound([90], [position(100, 90, [20, 40, 70, 90])], 50), [40]],
    ['goes one epoch beyond where epochs are coarser', bound([90], [position(100, 90, [70, 90])], 50), [70]],
    [
      'never cuts what speed has stored, also where it was passed over',
      bound([900], [position(300, 0, [])], 50),
      [900],
    ],
    ['is any offset above what speed has stored', bound([900], [position(300, 300, [200, 300])], 400), [400]],
    ['moves every partition that has something new', bound([5, 5, 5], [], 1), [1, 1, 1]],
    ['leaves a partition alone that has nothing new', bound([7, 500], [], 100, [7, 0]), [7, 100]],
  ])('%s', (_, chosen, expected) => {
    expect(chosen).toEqual(expected);
  });
});
