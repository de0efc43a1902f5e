// The live shop against an ingest that refuses: it goes on. No time passes, waits are recorded.
import { expect, test } from 'vitest';
import { encodeToken } from '../schemas/token.ts';
import { type FakeAnswer, openFakeService } from './fake-service.ts';
import { trickle } from './live-shop.ts';

test('a refusal does not end it: it waits longer each time, says so once, and goes on with later events', async () => {
  const token = encodeToken({ generation: 'abcdef012345', run: '', vector: [1] });
  const taken: FakeAnswer = { status: 202, body: { accepted: 1, rejected: [], rejectedCount: 0, vector: [1], token } };
  const broken: FakeAnswer = { status: 500, body: { detail: 'broken' } };
  const answers = [taken, broken, broken, broken, taken, broken];
  await using ingest = await openFakeService(() => answers.shift() ?? taken);
  const ending = new AbortController();
  const told: string[] = [];
  const waits: number[] = [];
  let nowMs = 1_000_000;
  const ended = trickle({
    ingestUrl: ingest.url,
    signal: ending.signal,
    startMs: nowMs,
    onTrouble: (why) => told.push(why),
    now: () => nowMs,
    wait: async (ms) => {
      if (ms >= 1_000 && Number.isInteger(Math.log2(ms / 1_000))) waits.push(ms);
      nowMs += Math.max(0, ms);
      if (ingest.requests.length >= 8) ending.abort(new Error('enough'));
    },
  });
  await expect(ended).rejects.toThrow('enough');
  expect(waits).toEqual([1_000, 2_000, 4_000, 1_000]);
  expect(told).toEqual(Array.from({ length: 2 }, () => `ingest at ${ingest.url} answered 500: broken`));
  const bodies = ingest.requests.map(({ body }) => body);
  expect(new Set(bodies).size).toBe(bodies.length);
});
