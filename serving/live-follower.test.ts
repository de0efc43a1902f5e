// What the live follower takes in, and what it does where that is too much to keep.
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { channels } from '../schemas/layout-redis.ts';
import type { LogEntry } from '../schemas/oracle.ts';
import { until } from '../test/until.ts';
import { noChunkVersions } from './chunk-versions.ts';
import { startLiveFollower } from './live-follower.ts';
import { createLiveView } from './live-view.ts';
import { createWorld, testEvent, testGeneration } from './test-live-world.ts';

const generation = testGeneration(1);
/** Each in a minute of its own: two cells an event. */
const log = Array.from({ length: 60 }, (_, offset): LogEntry => {
  const timestampMs = Date.UTC(2024, 0, 1) + offset * 60_000;
  return { partition: 0, offset, timestampMs, event: testEvent({ orderId: `o${offset}`, occurredAt: timestampMs }) };
});

class FakeSubscriber extends EventEmitter {
  readonly status = 'ready';
  readonly subscribe = async () => undefined;
}

test('a live part that no batch run takes over stops at its bound, says so, and goes on with the next run', async () => {
  const world = createWorld(generation, log);
  const view = createLiveView(generation);
  const adopt = (v: number) => {
    world.publish([v]);
    view.offerRun({ run: world.runs.at(-1)!, offChain: [], published: world.runs.length, versions: noChunkVersions });
  };
  adopt(0);
  const subscriber = new FakeSubscriber();
  await using follower = startLiveFollower({
    subscriber,
    source: {
      take: async () => ({ ...world.snapshot(0), notWhole: [] }),
      stands: async () => [world.states[0]],
    },
    generation,
    redisPrefix: 'p',
    view,
    log: createLogger('test', 'silent'),
    clock: Date.now,
    random: () => 0,
    onChange: () => undefined,
    onRun: () => undefined,
    maxLiveCells: 40,
  });
  const vector = () => view.capture()!.vector[0]!;
  await until('the first snapshot is taken', () => follower.ready());
  const flushOne = () => {
    world.flush(0, 1, true);
    subscriber.emit('message', channels('p', generation).flush, JSON.stringify(world.channel.at(-1)));
  };
  // Slowly: the bound is looked at once a second.
  await until('it stands still and says so', () => {
    if (world.states[0]!.next < 30) flushOne();
    return follower.notes().some((note) => note.includes('live part stands still'));
  });
  const stood = vector();
  while (world.states[0]!.next < 40) flushOne();
  expect(vector()).toBe(stood);
  adopt(stood);
  await until('it has gone on to the end', () => vector() === 40);
  expect(follower.notes()).toEqual([]);
});
