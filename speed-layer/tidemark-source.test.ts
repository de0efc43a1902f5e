// Which archived identities a writer is told: those of its own archive and partition, strictly below the tidemark, at or above
// the floor; and none where the archive has lost rows that it says it has.
import { expect, test } from 'vitest';
import { createGeneration } from '../schemas/generation.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import { baseMs } from '../schemas/test-events.ts';
import { openOwnDatabase } from '../test/own-database.ts';
import { createTidemarkSource } from './tidemark-source.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const settings = { topic: 'orders', partitions: 2, hashKey };
const generation = createGeneration({ ...settings, horizonMs: 600_000 });
const { clickhouse } = openOwnDatabase(generation);
const { chunkMs } = generation;
const chunkOf = (occurredAt: number) => Math.floor(occurredAt / chunkMs);

/** An archive of its own, whose rows and log rows are laid apart. */
function openArchive(archive = generation.archiveId) {
  const source = createTidemarkSource(clickhouse, { ...generation, archiveId: archive });
  return {
    /** Events of partition 1; the identity is known by the offset. */
    rows: (offsets: readonly number[], some: { partition?: number; occurredAt?: number } = {}) => {
      const { occurredAt = baseMs } = some;
      const rowOf = (offset: number) => ({
        archive,
        partition: 1,
        occurredAt,
        chunk: chunkOf(occurredAt),
        identity: (2n ** 63n + BigInt(offset)).toString(),
        offset,
        ...some,
      });
      return clickhouse.insertRows(tables.orderEvents, offsets.map(rowOf));
    },
    log: (
      from: number,
      to: number,
      some: { chunks?: number[]; rejected?: number[]; gaps?: [number, number][] } = {},
    ) => {
      const { chunks = [chunkOf(baseMs)], rejected = [], gaps = [] } = some;
      const row = { archive, partition: 1, from, to, chunks, rejected: rejected.map((at) => [at, 'bad-frame']), gaps };
      return clickhouse.insertRows(tables.archiveLog, [row]);
    },
    lose: (table: string, column: string, value: number) =>
      clickhouse.command(`DELETE FROM ${table} WHERE archive = {archive:String} AND \`${column}\` = {value:UInt64}`, {
        archive,
        value,
      }),
    /** Offsets whose identities are told, in order. */
    async ask(below: number, start = 0) {
      const told = await source.identities({ partition: 1, start, below, floor: baseMs });
      return [...told].map(({ high, low }) => (high === 2 ** 31 ? low : Number.NaN)).toSorted((a, b) => a - b);
    },
  };
}

const offsets = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const hourAgo = baseMs - 3_600_000;

test('the archive tells the identities below the tidemark and not below the floor, of one archive and partition', async () => {
  const { rows, log, ask } = openArchive();
  await rows([4, 9, 10, 11]);
  await rows([5], { occurredAt: baseMs - 1 }); // below the floor
  await rows([5], { partition: 0 });
  await openArchive('another').rows([5]);
  await log(4, 12, { chunks: [chunkOf(baseMs), chunkOf(baseMs) - 1], gaps: [[6, 9]] });
  expect(await ask(10, 4)).toEqual([4, 9]);
  expect(await ask(4, 4)).toEqual([]);
});

test('ranges that overlap, were written twice, reach beyond the tidemark or hold rejected offsets announce each event once', async () => {
  const { rows, log, ask } = openArchive('overlap');
  await rows(offsets(0, 7));
  await rows(offsets(5, 20).filter((at) => at !== 8 && at !== 15));
  await rows(offsets(10, 15));
  await log(0, 7);
  await log(5, 12, { rejected: [8] });
  await log(10, 20, { rejected: [15] });
  await log(10, 20, { rejected: [15] });
  expect(new Set(await ask(17))).toEqual(new Set([...offsets(0, 8), ...offsets(9, 15), 16]));
});

test.each([
  ['within the horizon', 'recent', 3],
  ['within the horizon, its neighbour there twice', 'twice', 3],
  ['of an older event in a range that reaches into the horizon', 'mixed', 1],
])('a lost row %s: no identity is told, and all are once it is there again', async (_, archive, lost) => {
  const { rows, log, lose, ask } = openArchive(archive);
  const lay = async () => {
    await rows([0, 1], { occurredAt: hourAgo });
    await rows([2, 3, 4]);
  };
  await lay();
  if (archive === 'twice') await rows([2, 4]);
  await log(0, 5, { chunks: [chunkOf(hourAgo), chunkOf(baseMs)] });
  await lose(tables.orderEvents, 'offset', lost);
  await expect(ask(5)).rejects.toMatchObject({ code: 'archive-incomplete' });
  await expect(ask(5)).rejects.toThrow('of offsets 0 to 5 the archive holds 4 of 5 events');
  await lay();
  expect(new Set(await ask(5))).toEqual(new Set([2, 3, 4]));
});

test('what lies in other ranges hides no loss, and what is lost of older ranges is no matter', async () => {
  const { rows, log, lose, ask } = openArchive('older');
  await rows(offsets(0, 5));
  await rows(offsets(5, 10), { occurredAt: hourAgo });
  await rows(offsets(10, 12), { occurredAt: hourAgo });
  await rows(offsets(12, 15));
  await log(0, 5);
  await log(5, 10, { chunks: [chunkOf(hourAgo)] });
  await log(10, 15, { chunks: [chunkOf(hourAgo), chunkOf(baseMs)] });
  await lose(tables.orderEvents, 'offset', 7);
  expect(await ask(15)).toEqual([...offsets(0, 5), ...offsets(12, 15)]);
  await lose(tables.orderEvents, 'offset', 3);
  await expect(ask(15)).rejects.toThrow('of offsets 0 to 5 the archive holds 4 of 5 events');
});

test.each([
  ['at its begin', 0, 0],
  ['within', 5, 5],
  ['at its end', 10, 10],
])(
  'a range that was taken out of the log %s: no identity is told before it is archived again',
  async (name, from, missing) => {
    const { rows, log, lose, ask } = openArchive(name);
    await rows(offsets(0, 15));
    for (const at of [0, 5, 10]) await log(at, at + 5);
    await lose(tables.archiveLog, 'from', from);
    await expect(ask(15)).rejects.toThrow(`the archive does not hold offset ${missing}`);
    await log(from, from + 5);
    expect(await ask(15)).toEqual(offsets(0, 15));
  },
);
