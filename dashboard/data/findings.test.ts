// What is wrong, in words: what serving says together (each note alone: test/notes.test.ts), and what the figures say beside it.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exampleStatus } from '../../api/examples.ts';
import { deadLetterWords } from './dead-letter-words.ts';
import { findingsOf, type FindingsInput } from './findings.ts';
import type { Status, ToldRun } from './pipeline.ts';
import type { Sample } from './samples.ts';

const nowMs = Date.parse('2026-11-21T03:00:00Z');
const ago = (ms: number) => new Date(nowMs - ms).toISOString();
const ledger = { counted: 10, duplicate: 0, deferred: 0, rejected: 0, gap: 0 };
const partition = { partition: 0, start: 0, tidemark: 10, vector: 10, end: 10, lagRecords: 0, ledger, conserved: true };
const status: Status = {
  ...exampleStatus,
  run: { ...exampleStatus.run, publishedAt: ago(30_000) },
  lag: { records: 0, ms: 0 },
  partitions: [partition],
  totals: { ...ledger, records: 10, liveCounted: 0 },
  deadLetters: { total: 0, byReason: {}, newest: [] },
  notes: [],
};
const sample = (agoMs: number, some: Partial<Sample> = {}): Sample => ({
  atMs: nowMs - agoMs,
  vector: [10],
  ends: [10],
  deadLetters: 0,
  waiting: 0,
  ...some,
});
const find = (some: Partial<Status>, rest: Partial<FindingsInput> = {}) =>
  findingsOf({ status: { ...status, ...some }, runs: [], samples: [sample(0)], nowMs, ...rest });
const briefly = (some: Partial<Status>, rest?: Partial<FindingsInput>) =>
  find(some, rest).map(({ level, what, details }) => `${level}: ${[what, ...details].join(' / ')}`);

describe('what serving says', () => {
  test('what several partitions share is one finding that names each', () => {
    const notes = [0, 4].map(
      (p) => `partition ${p}: 3 records from offset 7 on wait behind a transaction that is open`,
    );
    expect(find({ notes })).toMatchObject([{ details: notes }]);
  });

  test('what somebody must act on comes before what passes by itself', () => {
    const notes = [
      '9 late records wait for the next batch run',
      'partition 0: the ledger accounts for 9 of 10 offsets',
    ];
    expect(find({ notes }).map(({ level }) => level)).toEqual(['bad', 'note']);
  });
});

describe('what the figures say', () => {
  test('nothing, where all is well', () => {
    expect(find({})).toEqual([]);
  });

  test('a partition that stands still is said, but not twice where serving says why', () => {
    const still = { partitions: [{ ...partition, end: 17, lagRecords: 7 }] };
    const samples = [sample(10_000, { ends: [17] }), sample(0, { ends: [17] })];
    expect(briefly(still, { samples })).toEqual([
      'bad: A partition stands still / partition 0 stands at offset 10 with 7 records waiting',
    ]);
    const notes = ['partition 0: 7 records from offset 10 on wait behind a transaction that is open'];
    expect(find({ ...still, notes }, { samples })).toHaveLength(1);
  });

  test('a late batch run is a note at first, and wrong once records were seen waiting for it', () => {
    const late = { run: { ...status.run, publishedAt: ago(240_000) } };
    expect(find(late)).toEqual([]);
    const waiting = (...agoMs: number[]) => ({ samples: agoMs.map((ms) => sample(ms, { waiting: 3 })) });
    expect(briefly(late, waiting(0))).toEqual([
      'note: The next batch run may be late / the last one was published 4\u00a0min\u00a00\u00a0s ago; 3 records wait for the next',
    ]);
    expect(briefly(late, waiting(70_000, 0))[0]).toContain('bad: Batch runs have stopped');
    const hourly = [0, 1, 2].map((i) => ({ publishedAt: ago(240_000 + i * 3_600_000) })) as ToldRun[];
    expect(find(late, { runs: hourly, ...waiting(70_000, 0) })).toEqual([]);
  });

  test('dead letters of before are to be known; those that come in now are wrong', () => {
    const deadLetters = { total: 3, byReason: { 'bad-frame': 2, misplaced: 1 }, newest: [] };
    expect(briefly({ deadLetters })).toEqual(['note: 3 records could not be counted / 2 bad-frame, 1 misplaced']);
    const samples = [sample(2_000, { deadLetters: 1 }), sample(0, { deadLetters: 3 })];
    expect(briefly({ deadLetters }, { samples })[0]).toContain('bad: Dead letters are coming in');
  });
});

test('each reason of a dead letter that docs/errors.md knows has words', () => {
  const errors = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const section = (title: string) => errors.split(`## ${title}`)[1]!.split('\n## ')[0]!;
  const codes = [
    ...`${section('An event that is refused')}${section('A record that is not an event')}`.matchAll(
      /^\| `([a-z-]+)`/gm,
    ),
  ];
  // Refused at the door alone: no record of the topic is a line or a document.
  const atTheDoor = ['line-too-long', 'malformed-json'];
  const reasons = codes.map(([, code]) => code!).filter((code) => !atTheDoor.includes(code));
  expect(Object.keys(deadLetterWords).toSorted()).toEqual(reasons.toSorted());
});
