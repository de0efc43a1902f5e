// A broker whose clock is far ahead lifts the floor above everything that occurs: exact, but nothing is live any more.
// A long quiet time lifts it far too, but never above the wall clock.

/** Whether the greatest record timestamp went from `before` to `after` by more than the horizon, and beyond the clock. */
export function isFloorStep(
  before: number | undefined,
  after: number | undefined,
  horizonMs: number,
  nowMs: number,
): boolean {
  return after !== undefined && after - Math.max(before ?? 0, nowMs) > horizonMs;
}

/** Says that the floor is ahead of the clock; undefined where it is not. */
export function floorAlarm(maxTimestamp: number | undefined, horizonMs: number, nowMs: number): string | undefined {
  const aheadMs = maxTimestamp === undefined ? 0 : maxTimestamp - horizonMs - nowMs;
  if (aheadMs <= 0) return undefined;
  const ahead = `the floor is ${Math.ceil(aheadMs / 1000)} s ahead of this clock`;
  return `${ahead}: every event waits for a batch run; is a broker's clock wrong?`;
}
