// The promises of DESIGN §3 under faults, on simulated installations. `npm run simulate-faults` plays more seeds.
import { expect, test } from 'vitest';
import { playSeed } from './play-seed.ts';

const seeds = 30;

test(`simulated installations answer exactly, never go back, and are whole after their faults (${seeds} seeds)`, {
  timeout: 240_000,
}, async () => {
  const faults = new Set<string>();
  let answers = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const report = await playSeed(seed);
    expect(report.violations, `npm run simulate-faults -- --seed ${seed} --verbose`).toEqual([]);
    expect(report.answers, `seed ${seed}`).toBeGreaterThan(0);
    answers += report.answers;
    for (const fault of Object.keys(report.faults)) faults.add(fault);
  }
  expect(answers).toBeGreaterThan(20 * seeds);
  expect(faults.size).toBeGreaterThan(20);
});

test('a seed played twice gives the same trace, another seed another', async () => {
  const [once, again, other] = [await playSeed(7), await playSeed(7), await playSeed(8)];
  expect(again).toEqual(once);
  expect(other.traceHash).not.toBe(once.traceHash);
});
