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
  let known = await readArchivedTopic(clickhouse, generation);
  if (known === undefined) {
    await clickhouse.insertRows(tables.archives, [{ archive: archiveId, topicId, createdAt: nowMs }]);
    known = await readArchivedTopic(clickhouse, generation);
  }
  if (known === topicId) return;
  throw topicMadeAnew(topic, topicId, known);
}

/** Kafka's id of the topic that the archive was begun with; undefined before the first claim. */
export async function readArchivedTopic(
  clickhouse: ClickHouse,
  generation: Generation,
  options?: { timeoutMs: number },
): Promise<string | undefined> {
  const [known] = await clickhouse.query<{ topicId: string }>(
    `SELECT topicId FROM ${tables.archives} WHERE archive = {archive:String} ORDER BY createdAt, topicId LIMIT 1`,
    { archive: generation.archiveId },
    options,
  );
  return known?.topicId;
}

export function topicMadeAnew(topic: string, found: string, counted: string | undefined): KafkaError {
  const message =
    `topic ${topic} was made anew: its id is ${found}, what was counted came from ${counted}. Bring the old topic ` +
    'back, or begin anew with another TIDEMARK_TOPIC (`npm start -- --fresh` on the local stack)';
  return new KafkaError('topic-replaced', message, { topic }, { retryable: false });
}
