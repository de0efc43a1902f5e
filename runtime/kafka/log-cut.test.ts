// Attacks the promise that a log which lost records is never read on silently: a real broker's log is cut on its disk and
// filled again past what was read, then its topic is deleted and made anew.
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { KAFKA_FOLDER, kafkaSpec } from '../../stack/kafka.ts';
import { openMember } from '../../stack/member.ts';
import { chooseFreePorts } from '../../stack/ports.ts';
import { openKafkaRecordLog } from './kafka-record-log.ts';
import { createTestTopic, startFollower } from './test-topic.ts';

const toolsDir = new URL('../../.tidemark/tools', import.meta.url).pathname;
const soon = { timeout: 30_000, interval: 20 };

test.skipIf(!existsSync(join(toolsDir, KAFKA_FOLDER)))(
  'a log that was cut, also one filled again past the position, and a topic made anew are found',
  { timeout: 120_000 },
  async () => {
    await using cleanup = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-cut-'));
    cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
    const [port, controllerPort] = (await chooseFreePorts(2)) as [number, number];
    const dataDir = join(folder, 'data');
    const spec = await kafkaSpec({ dataDir, port, controllerPort, logFile: join(folder, 'kafka.log'), toolsDir });
    const brokers = [`127.0.0.1:${port}`];
    const troubles: unknown[] = [];
    const onTrouble = (error: unknown) => void troubles.push(error);
    const openLog = (topic: string) => openKafkaRecordLog({ brokers, clientId: 'test', topic, onTrouble });

    // Three batches are read, then the broker loses the last two of them.
    let broker = await openMember(spec);
    cleanup.defer(() => broker.close());
    let topic = await createTestTopic({ partitions: 1, brokers });
    const { topic: name } = topic;
    for (const value of ['a', 'b', 'c']) await topic.write(0, [value]);
    let epoch: number;
    {
      const log = await openLog(name);
      await using follower = startFollower(log, [[0, 0]]);
      await vi.waitFor(() => expect(follower.seen).toEqual(['0:0=a', '0:1=b', '0:2=c']), soon);
      epoch = follower.epochs.get(0)!;
      expect(await log.findCuts(new Map([[0, { next: 3, leaderEpoch: epoch }]]))).toEqual(new Map());
      await log.close();
    }
    await topic[Symbol.asyncDispose]();
    await broker.close();
    const segment = join(dataDir, 'log', `${name}-0`, '00000000000000000000.log');
    truncateSync(segment, 12 + readFileSync(segment).readInt32BE(8));
    broker = await openMember(spec);
    topic = await createTestTopic({ partitions: 1, brokers, topic: name });
    cleanup.use(topic);

    const log = await openLog(name);
    cleanup.defer(() => log.close());
    const counted = new Map([[0, { next: 3, leaderEpoch: epoch }]]);
    {
      await using follower = startFollower(log, [[0, 3]], [[0, epoch]]);
      await vi.waitFor(() => expect(follower.lost.length).toBe(1), soon);
      expect(follower.lost).toEqual([{ partition: 0, wanted: 3, logStart: 0, end: 1, cutAt: 1 }]);
      expect(await log.findCuts(counted)).toEqual(new Map([[0, 1]]));
      // Filled again past the position while it is followed: it stays lost.
      await topic.write(0, ['x', 'y', 'z', 'new']);
      await vi.waitFor(async () => expect(await log.ranges()).toEqual([{ start: 0, end: 5, highWatermark: 5 }]), soon);
      expect(follower.seen).toEqual([]);
    }
    {
      // And found by whoever begins there anew; a position below the cut is still the same place.
      await using follower = startFollower(log, [[0, 3]], [[0, epoch]]);
      await vi.waitFor(() => expect(follower.lost.length).toBe(1), soon);
      expect(follower.lost).toEqual([{ partition: 0, wanted: 3, logStart: 0, end: 5, cutAt: 1 }]);
      expect(await log.findCuts(counted)).toEqual(new Map([[0, 1]]));
      expect(await log.findCuts(new Map([[0, { next: 1, leaderEpoch: epoch }]]))).toEqual(new Map());
      follower.positions.set(0, 1);
      log.wake();
      await vi.waitFor(() => expect(follower.seen.at(-1)).toBe('0:4=new'), soon);
      expect(follower.seen[0]).toBe('0:1=x');
    }

    // The same name, another topic: with as many records as were read, so that no offset tells.
    await using follower = startFollower(log, [[0, 5]]);
    await topic.admin.deleteTopics({ topics: [name] });
    const again = await createTestTopic({ partitions: 1, brokers, topic: name });
    cleanup.use(again);
    for (let n = 0; n < 7; n++) await again.write(0, [`other${n}`]);
    await vi.waitFor(() => expect(troubles.at(-1)).toMatchObject({ code: 'topic-replaced' }), soon);
    expect(log.trouble()).toContain('was deleted and made again');
    await expect(log.ranges()).rejects.toMatchObject({ code: 'topic-replaced', retryable: false });
    await expect(log.findCuts(counted)).rejects.toMatchObject({ code: 'topic-replaced' });
    expect(follower.seen).toEqual([]);
  },
);
