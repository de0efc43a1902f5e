// What is said while newer runs cannot be taken up.
import { expect, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { until } from '../test/until.ts';
import { noChunkVersions } from './chunk-versions.ts';
import { createLiveView } from './live-view.ts';
import { startRunFollower } from './run-follower.ts';
import { testGeneration, testRun } from './test-live-world.ts';

test('while newer runs cannot be pinned the notes say so, and since when, also between two attempts', async () => {
  const generation = testGeneration(1);
  const view = createLiveView(generation);
  const first = testRun(generation, '', [0], 1);
  view.offerRun({ run: first, offChain: [], published: 1, versions: noChunkVersions });
  let nowMs = 5_000;
  let pins = 0;
  const hanging = Promise.withResolvers<never>();
  const follower = startRunFollower({
    source: {
      current: async () => testRun(generation, first.run, [1], 9),
      pin() {
        pins += 1;
        nowMs += 1_000;
        return pins === 1 ? Promise.reject(new Error('timed out')) : hanging.promise;
      },
      findBroken: async () => undefined,
    },
    view,
    log: createLogger('test', 'silent'),
    clock: () => nowMs,
    onAdopted: () => undefined,
    onPending: () => undefined,
  });
  await until('a first attempt has failed', () => follower.notes().length > 0);
  const said = follower.notes();
  await until('a second one is under way', () => pins === 2);
  expect(follower.notes()).toEqual(said);
  hanging.reject(new Error('closed'));
  await follower[Symbol.asyncDispose]();
});
