// How long to wait before the next attempt. Pure.
const shortestMs = 500;
const longestMs = 15_000;

/** `failures` in a row, from 1; doubles, less up to a third by chance, so that many pages do not come back at once. */
export function backOffMs(failures: number, random: number): number {
  return Math.min(longestMs, shortestMs * 2 ** (failures - 1)) * (1 - random / 3);
}
