// Which topic takes orders.
import { expect, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { until } from '../test/until.ts';
import { openOrdersTopic } from './orders-topic.ts';

test('the archive says which topic is counted, also where another was found first', async () => {
  let found = 'topic-1';
  let archived: string | undefined;
  let asked = 0;
  const topic = await openOrdersTopic({
    ensureTopic: async () => undefined,
    async readTopicId() {
      asked += 1;
      return found;
    },
    archivedTopicId: async () => archived,
    topic: 'orders',
    openProducer: async () => ({ send: async () => new Map(), close: async () => undefined }),
    log: createLogger('test', 'silent'),
    checkEveryMs: 5,
    retryEveryMs: 5,
  });
  // Nothing is archived yet: the topic is deleted and made anew, and the archive begins with the new one.
  found = archived = 'topic-2';
  const before = asked;
  await until('it was looked at again', () => asked > before + 3);
  expect(topic.waitingFor()).toBeUndefined();
  await topic.close();
});
