// Attacks the promise that reader, writer and member go on by themselves: the broker is killed under all three.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { KAFKA_FOLDER, kafkaSpec } from '../../stack/kafka.ts';
import { openMember } from '../../stack/member.ts';
import { chooseFreePorts } from '../../stack/ports.ts';
import type { EventProducer } from './event-producer.ts';
import { openEventProducer } from './kafka-event-producer.ts';
import { joinGroup } from './kafka-group-member.ts';
import { openKafkaRecordLog } from './kafka-record-log.ts';
import { createTestTopic, startFollower } from './test-topic.ts';

const toolsDir = new URL('../../.tidemark/tools', import.meta.url).pathname;
const withinAMinute = { timeout: 60_000, interval: 50 };

/** As the gateway's clients do it: sends again until it is confirmed. */
async function sendUntilConfirmed(producer: EventProducer, topic: string, value: string): Promise<void> {
  const message = { key: 'k', value: Buffer.from(value) };
  await vi.waitFor(() => producer.send(topic, [message]), withinAMinute);
}

test.skipIf(!existsSync(join(toolsDir, KAFKA_FOLDER)))(
  'reader, producer and group member survive a broker that is killed and comes back, and one that freezes for a while',
  { timeout: 180_000 },
  async () => {
    await using cleanup = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-restart-'));
    cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
    const [port, controllerPort] = (await chooseFreePorts(2)) as [number, number];
    const logFile = join(folder, 'kafka.log');
    const spec = await kafkaSpec({ dataDir: join(folder, 'data'), port, controllerPort, logFile, toolsDir });
    const broker = await openMember(spec);
    cleanup.defer(() => broker.close());

    const brokers = [`127.0.0.1:${port}`];
    const topic = await createTestTopic({ partitions: 1, brokers });
    cleanup.use(topic);
    const troubles = { log: 0, group: 0 };
    const log = await openKafkaRecordLog({
      brokers,
      clientId: 'test',
      topic: topic.topic,
      onTrouble: () => void troubles.log++,
      connectTimeoutMs: 1_000,
      requestTimeoutMs: 1_000,
    });
    cleanup.defer(() => log.close());
    const producer = await openEventProducer({ brokers, clientId: 'test', sendTimeoutMs: 3_000 });
    cleanup.defer(() => producer.close());
    let assignments = 0;
    const member = await joinGroup({
      brokers,
      clientId: 'test',
      groupId: 'g',
      topic: topic.topic,
      sessionTimeoutMs: 6_000,
      onAssignment: () => void assignments++,
      onTrouble: () => void troubles.group++,
    });
    cleanup.defer(() => member.leave());
    const follower = startFollower(log, [[0, 0]]);
    cleanup.use(follower);
    await sendUntilConfirmed(producer, topic.topic, 'before');
    await vi.waitFor(() => expect(follower.seen).toEqual(['0:0=before']), withinAMinute);

    process.kill(broker.pid, 'SIGKILL'); // it is started again on the same data
    await sendUntilConfirmed(producer, topic.topic, 'after');
    await vi.waitFor(() => expect(follower.seen.at(-1)).toMatch(/=after$/), withinAMinute);
    expect(follower.lost).toEqual([]);
    expect(troubles.log).toBeGreaterThan(0);

    // Frozen, it takes connections and bytes and answers nothing: each call ends within its bound, and says why.
    process.kill(broker.pid, 'SIGSTOP');
    await vi.waitFor(() => expect(readFileSync(`/proc/${broker.pid}/stat`, 'utf8')).toMatch(/\) T /), withinAMinute);
    try {
      const [sent, ranges] = await Promise.allSettled([
        producer.send(topic.topic, [{ key: 'k', value: Buffer.from('frozen') }]),
        log.ranges(),
      ]);
      expect(sent).toMatchObject({ status: 'rejected', reason: { code: 'send-unconfirmed', retryable: true } });
      expect(ranges).toMatchObject({ status: 'rejected', reason: { retryable: true } });
      await vi.waitFor(() => expect(log.trouble()).toMatch(/did not answer|cannot connect/), withinAMinute);
    } finally {
      process.kill(broker.pid, 'SIGCONT');
    }
    await sendUntilConfirmed(producer, topic.topic, 'thawed');
    await vi.waitFor(() => expect(follower.seen.at(-1)).toMatch(/=thawed$/), withinAMinute);
    await vi.waitFor(async () => expect((await log.ranges())[0]!.end).toBe(follower.positions.get(0)), withinAMinute);
    await vi.waitFor(() => expect(log.trouble()).toBeUndefined(), withinAMinute);
    expect(follower.lost).toEqual([]);

    // A second member gets its share only if the first one still takes part.
    const second = await joinGroup({
      brokers,
      clientId: 'test',
      groupId: 'g',
      topic: topic.topic,
      sessionTimeoutMs: 6_000,
      onAssignment: () => {},
    });
    cleanup.defer(() => second.leave());
    const shared = () => [...member.assignment(), ...second.assignment()];
    await vi.waitFor(() => expect(shared()).toEqual([0]), withinAMinute);
    await second.leave();
    await vi.waitFor(() => expect([...member.assignment()]).toEqual([0]), withinAMinute);
    await vi.waitFor(() => expect(follower.positions.get(0)).toBeGreaterThanOrEqual(2), withinAMinute);
    expect(assignments).toBeGreaterThanOrEqual(2);
  },
);
