// Offsets mean nothing without the topic that they count: an archive belongs to one topic, by Kafka's topic id. A topic of
// the same name made anew (deleted, or Kafka's data lost) would be read from where the old one ended, and lose its orders.
import type { Generation } from '../schemas/generation.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import type { ClickHouse } from './clickhouse.ts';
import { KafkaError } from './kafka/errors.ts';

/**
 * Holds the archive to the topic that it was begun with; the first to ask says which.
 * @throws KafkaError topic-replaced, for good.
 */
export async function claimArchivedTopic(
  clickhouse: ClickHouse,
  generation: Generation,
  topicId: string,
  nowMs: number,
): Promise<void> {
  const { archiveId, topic } = generation;
  const read = () =>
    clickhouse.query<{ topicId: string }>(
      `SELECT topicId FROM ${tables.archives} WHERE archive = {archive:String} ORDER BY createdAt, topicId LIMIT 1`,
      { archive: archiveId },
    );
  let [known] = await read();
  if (!known) {
    await clickhouse.insertRows(tables.archives, [{ archive: archiveId, topicId, createdAt: nowMs }]);
    [known] = await read();
  }
  if (known?.topicId === topicId) return;
  const message =
    `topic ${topic} was made anew: its id is ${topicId}, what was counted came from ${known?.topicId}. Bring the old topic ` +
    'back, or begin anew with another TIDEMARK_TOPIC (`npm start -- --fresh` on the local stack)';
  throw new KafkaError('topic-replaced', message, { topic }, { retryable: false });
}
