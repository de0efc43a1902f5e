import { expect, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { createArchiveCheck } from './archive-check.ts';
import type { ArchiveStore, LostRange } from './archive-store.ts';

const range = (partition: number, from: number): LostRange => ({
  partition,
  from,
  to: from + 10,
  events: 10,
  present: 7,
});

const ends = [40, 60];

function openWorld(lost: LostRange[], missing: number[] = ends) {
  const done = { retracted: [] as LostRange[], resumed: 0 };
  const archive: Omit<ArchiveStore, 'insert' | 'epochsBefore'> = {
    archivedStarts: async () => [30, undefined],
    archivedVector: async () => ends,
    firstMissing: async (starts) => missing.map((at, partition) => (starts[partition]! > at ? ends[partition]! : at)),
    lostRanges: async () => lost,
    async retract(ranges) {
      done.retracted.push(...ranges);
    },
  };
  const check = createArchiveCheck({
    archive: archive as ArchiveStore,
    archiveStarts: async () => [20, 0],
    logStarts: async () => [100, 0],
    resumeArchiver() {
      done.resumed += 1;
    },
    log: createLogger('test', 'silent'),
  });
  return { check, done, archive };
}

test('lost rows that the log still holds are taken back, so that they are archived again', async () => {
  const { check, done } = openWorld([range(0, 100), range(1, 50)]);
  await expect(check(false)).rejects.toMatchObject({ code: 'archive-incomplete' });
  expect(done).toEqual({ retracted: [range(0, 100), range(1, 50)], resumed: 1 });
});

test('lost rows that the log has lost too are named, and nothing is taken back: the archive would end before them', async () => {
  const { check, done } = openWorld([range(0, 90)]);
  await expect(check(false)).rejects.toThrow(/not in the log any more: partition 0, offsets 90 to 100: 7 of 10 events/);
  expect(done).toEqual({ retracted: [], resumed: 0 });
});

test('an archive that holds everything is left alone', async () => {
  const { check, done } = openWorld([]);
  await check(true);
  expect(done).toEqual({ retracted: [], resumed: 0 });
});

test.each([
  ['between archived ranges', [40, 25]],
  ['before all of them', [20, 60]],
])('a hole %s: the archiver goes back to it', async (_, missing) => {
  const { check, done } = openWorld([], missing);
  await check(false);
  expect(done).toEqual({ retracted: [], resumed: 1 });
});

test('a hole beside rows that the log has lost too: the archiver goes back to it all the same', async () => {
  const { check, done } = openWorld([range(0, 90)], [40, 25]);
  await expect(check(false)).rejects.toMatchObject({ code: 'archive-incomplete' });
  expect(done).toEqual({ retracted: [], resumed: 1 });
});

test('what was taken back is archived again, also where the answer of ClickHouse was lost', async () => {
  const { check, done, archive } = openWorld([range(1, 50)]);
  archive.retract = () => Promise.reject(new Error('connection lost'));
  await expect(check(false)).rejects.toThrow('connection lost');
  expect(done.resumed).toBe(1);
});
