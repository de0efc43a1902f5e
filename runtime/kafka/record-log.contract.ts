// What every RecordLog must do. Run on Kafka and on the simulation's topic by test/simulation/memory-stores.test.ts.
import { describe, expect, test, vi } from 'vitest';
import type { RecordLog } from './record-log.ts';
import { startFollower } from './test-topic.ts';

export interface RecordLogSubject extends AsyncDisposable {
  readonly log: RecordLog;
  /** Appends records with these values to the partition. */
  write(partition: number, values: string[]): Promise<void>;
}

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 10 });

/** `open` gives an empty topic of two partitions. */
export function describeRecordLog(name: string, open: () => Promise<RecordLogSubject>): void {
  describe(name, () => {
    test('tells where each partition begins and ends', async () => {
      await using subject = await open();
      await subject.write(1, ['a', 'b']);
      expect(await subject.log.ranges()).toEqual([
        { start: 0, end: 0, highWatermark: 0 },
        { start: 0, end: 2, highWatermark: 2 },
      ]);
    });

    test('hands every record over once, in order of its partition, and goes on with what comes later', async () => {
      await using subject = await open();
      await subject.write(0, ['a', 'b', 'c']);
      await using follower = startFollower(subject.log, [
        [0, 1],
        [1, 0],
      ]);
      await until(() => expect(follower.seen).toEqual(['0:1=b', '0:2=c']));
      await subject.write(1, ['x']);
      await subject.write(0, ['d']);
      await until(() => expect(follower.seen.toSorted()).toEqual(['0:1=b', '0:2=c', '0:3=d', '1:0=x']));
    });

    test('a position beyond the end is told once, and read from once it is another', async () => {
      await using subject = await open();
      await subject.write(0, ['a', 'b']);
      await using follower = startFollower(subject.log, [[0, 7]]);
      await until(() => expect(follower.lost).toMatchObject([{ partition: 0, wanted: 7, logStart: 0, end: 2 }]));
      await subject.write(0, ['c']);
      follower.positions.set(0, 1);
      subject.log.wake();
      await until(() => expect(follower.seen).toEqual(['0:1=b', '0:2=c']));
      expect(follower.lost.length).toBe(1);
    });

    test('a partition that is left out is not read, until it is wanted again', async () => {
      await using subject = await open();
      await using follower = startFollower(subject.log, [[0, 0]]);
      await subject.write(1, ['x']);
      await subject.write(0, ['a']);
      await until(() => expect(follower.seen).toEqual(['0:0=a']));
      follower.positions.set(1, 0);
      subject.log.wake();
      await until(() => expect(follower.seen).toEqual(['0:0=a', '1:0=x']));
    });

    test('ends when it is told to', async () => {
      await using subject = await open();
      await using follower = startFollower(subject.log, [[0, 0]]);
      follower.abort();
      await follower.done;
    });
  });
}
