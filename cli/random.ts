// Seeded random numbers (sfc32 by Chris Doty-Humphrey, of PractRand): the same seed gives the same shop. Not for secrets.

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [least, most]. */
  integer(least: number, most: number): number;
  chance(probability: number): boolean;
  /** One of the list, by weight. */
  pick<T extends { readonly weight: number }>(list: readonly T[]): T;
  /** Exponentially distributed with this mean. */
  waiting(mean: number): number;
}

export function createRandom(seed: number): Random {
  let [a, b, c, counter] = [Math.trunc(seed / 2 ** 32) | 0, seed | 0, 0x9e3779b9, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 16; round++) next();
  return {
    next,
    integer: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => next() < probability,
    pick<T extends { readonly weight: number }>(list: readonly T[]): T {
      let at = next() * list.reduce((sum, each) => sum + each.weight, 0);
      for (const each of list) if ((at -= each.weight) < 0) return each;
      return list.at(-1)!;
    },
    waiting: (mean) => -mean * Math.log(1 - next()),
  };
}
