// What serving says of the log: unknown while Kafka is away, loud where the log is not the one any more that is counted.
import { expect, test } from 'vitest';
import { KafkaError } from '../runtime/kafka/errors.ts';
import { createLogger } from '../runtime/logger.ts';
import { until } from '../test/until.ts';
import { startLogEndFollower } from './log-end-follower.ts';

const log = createLogger('test', 'silent');

interface Look {
  readonly start?: number;
  readonly end: number;
  readonly highWatermark?: number;
  readonly cuts?: { readonly live?: number; readonly archived?: number };
  readonly topicId?: string;
}

/** W is 5, the live counters stand at `live`, the archive at `archived`. */
async function follow(look: Look, { w = 5, live = 5, archived = 5 } = {}) {
  const { start = 0, end, highWatermark = end, cuts = {}, topicId = 'topic-1' } = look;
  const follower = startLogEndFollower({
    openLog: async () => ({
      topicId: () => topicId,
      ranges: async () => [{ start, end, highWatermark }],
      async findCuts(positions) {
        // Leader epoch 1 is that of the live counters here, 2 that of the archive.
        const cutAt = positions.get(0)!.leaderEpoch === 1 ? cuts.live : cuts.archived;
        return new Map(cutAt === undefined ? [] : [[0, cutAt]]);
      },
      close: async () => undefined,
    }),
    counted: () => ({
      vector: [w],
      live: [{ next: live, leaderEpoch: 1 }],
      archived: { topicId: 'topic-1', positions: [{ next: archived, leaderEpoch: 2 }] },
    }),
    topic: 'orders',
    log,
    clock: () => 5_000,
  });
  await until('a look', () => follower.ends() !== undefined || !follower.notes()[0]?.includes('cannot be read'));
  return follower;
}

test('tells how far the log is ahead of what is counted', async () => {
  await using follower = await follow({ end: 9 });
  expect(follower.lagOf([5])).toMatchObject({ records: 4 });
  expect(follower.notes()).toEqual([]);
});

test('a log that ends below what is counted is said, and no lag is made up', async () => {
  await using follower = await follow({ end: 3 });
  expect(follower.notes()).toEqual([
    'partition 0: the log ends at 3, below 5 that is counted: offsets 3 to 4 are lost, or the topic was made anew',
  ]);
  expect(follower.lagOf([5])).toBeUndefined();
});

test.each([
  ['the live counters', { live: 3 }, { live: 8 }],
  ['the archive, with the live counters gone', { archived: 3 }, { live: 0, archived: 8 }],
])('a log that was cut below %s and filled again is said, with the offsets', async (_, cuts, read) => {
  await using follower = await follow({ end: 9, cuts }, read);
  expect(follower.notes()).toEqual([
    'partition 0: the log was cut at 3: offsets 3 to 7 were other records when they were read; now it ends at 9',
  ]);
  expect(follower.lagOf([5])).toBeUndefined();
});

test('retention past what is counted: which offsets are missing for good, and which only wait for the next run', async () => {
  await using lost = await follow({ start: 9, end: 20 }, { w: 5, archived: 6 });
  expect(lost.notes()).toEqual([
    'partition 0: offsets 6 to 8 left the log before they were counted (retention): 3 records are missing for good',
  ]);
  await using kept = await follow({ start: 9, end: 20 }, { w: 5, archived: 12 });
  expect(kept.notes()).toEqual([
    'partition 0: offsets 5 to 8 left the log before they were live: the next batch run counts them',
  ]);
});

test('records behind an open transaction count as lag, and are said', async () => {
  await using follower = await follow({ end: 5, highWatermark: 12 });
  expect(follower.lagOf([5])).toMatchObject({ records: 7 });
  expect(follower.notes()).toEqual(['partition 0: 7 records from offset 5 on wait behind a transaction that is open']);
});

test('a topic that was made anew before serving began is said, and no lag is made up', async () => {
  await using follower = await follow({ end: 9, topicId: 'topic-2' });
  expect(follower.notes()).toEqual([
    expect.stringMatching(/^lag unknown since .*: topic orders was made anew: its id is topic-2, .* from topic-1/),
  ]);
  expect(follower.lagOf([5])).toBeUndefined();
});

test.each([
  ['Kafka is away', new Error('away'), "the log's ends cannot be read from Kafka"],
  [
    'the topic was deleted',
    new KafkaError('unknown-topic', 'topic orders does not exist', { topic: 'orders' }, { retryable: true }),
    'topic orders does not exist',
  ],
])('while %s the lag is unknown, and said to be', async (_, fault, why) => {
  await using follower = startLogEndFollower({
    openLog: () => Promise.reject(fault),
    counted: () => ({ vector: [5], live: [], archived: undefined }),
    topic: 'orders',
    log,
    clock: () => 5_000,
  });
  const expected = `lag unknown since 1970-01-01T00:00:05.000Z: ${why}`;
  await until('said', () => follower.notes()[0] === expected);
  expect(follower.lagOf([5])).toBeUndefined();
});

test('while Kafka takes the question and does not answer, the lag is unknown after seconds, and said so', async () => {
  let asked = 0;
  let nowMs = 5_000;
  const hanging = Promise.withResolvers<never>();
  const ranges = async () => ((asked += 1) === 1 ? [{ start: 0, end: 9, highWatermark: 9 }] : await hanging.promise);
  const follower = startLogEndFollower({
    openLog: async () => ({
      topicId: () => 'topic-1',
      ranges,
      findCuts: async () => new Map(),
      close: async () => undefined,
    }),
    counted: () => ({ vector: [5], live: [], archived: undefined }),
    topic: 'orders',
    log,
    clock: () => nowMs,
  });
  await until('it is asked again', () => asked === 2);
  expect(follower.lagOf([5])).toMatchObject({ records: 4 });
  nowMs += 6_000;
  expect(follower.lagOf([5])).toBeUndefined();
  expect(follower.notes()).toEqual([expect.stringMatching(/^lag unknown since 1970-01-01T00:00:05.000Z/)]);
  hanging.reject(new Error('closed'));
  await follower[Symbol.asyncDispose]();
});

test('what Kafka said while the process stood still is as old as the question', async () => {
  let nowMs = 5_000;
  let asked = 0;
  const reply = Promise.withResolvers<{ start: number; end: number; highWatermark: number }[]>();
  const hanging = Promise.withResolvers<never>();
  const follower = startLogEndFollower({
    openLog: async () => ({
      topicId: () => 'topic-1',
      ranges: () => ((asked += 1) === 1 ? reply.promise : hanging.promise),
      findCuts: async () => new Map(),
      close: async () => undefined,
    }),
    counted: () => ({ vector: [5], live: [], archived: undefined }),
    topic: 'orders',
    log,
    clock: () => nowMs,
  });
  await until('it is asked', () => asked === 1);
  nowMs += 30_000;
  reply.resolve([{ start: 0, end: 9, highWatermark: 9 }]);
  await until('it is asked again', () => asked === 2);
  expect(follower.lagOf([5])).toBeUndefined();
  expect(follower.notes()).toEqual([expect.stringMatching(/^lag unknown since 1970-01-01T00:00:05.000Z/)]);
  hanging.reject(new Error('closed'));
  await follower[Symbol.asyncDispose]();
});
