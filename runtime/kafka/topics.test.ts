import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createTestTopic, stackBrokers } from './test-topic.ts';
import { ensureTopics } from './topics.ts';

test('topics are made once, however many processes start together, and are left alone afterwards', async () => {
  const topic = `test-${randomUUID()}`;
  const options = { brokers: stackBrokers(), clientId: 'test', topic, partitions: 5, retentionMs: -1 };
  await Promise.all(Array.from({ length: 8 }, () => ensureTopics(options)));
  await ensureTopics(options);
  const mismatch = ensureTopics({ ...options, partitions: 6 });
  await expect(mismatch).rejects.toMatchObject({
    code: 'topic-mismatch',
    retryable: false,
    message: `topic ${topic} exists with partitions=5; expected partitions=6`,
  });
});

test('a topic whose time stamps are the producers own is refused: the floor rests on append times', async () => {
  await using topic = await createTestTopic({ partitions: 2 });
  await expect(
    ensureTopics({ brokers: topic.brokers, clientId: 'test', topic: topic.topic, partitions: 2 }),
  ).rejects.toMatchObject({ code: 'topic-mismatch', data: { setting: 'message.timestamp.type', found: 'CreateTime' } });
});
