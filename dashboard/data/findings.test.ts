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

  test('why the live part stands still comes first, with what follows from it; it is bad once numbers are behind', () => {
    const away = `live part stale since ${ago(16_000)}: Redis is away or being read again`;
    const behind = '7 records of the log are not counted yet, the oldest for 17 s';
    const still = {
      partitions: [{ ...partition, end: 17, lagRecords: 7 }],
      lag: { records: 7, ms: 17_000 },
    };
    const samples = [sample(10_000, { ends: [17] }), sample(0, { ends: [17] })];
    const waiting = `partition 0 stands at offset 10 with 7 records waiting, since ${ago(10_000)}`;
    const since = `${behind}, since ${ago(17_000)}`;
    const effects = [waiting, since].map((one) => `because of this, it seems: ${one}`).join(' / ');
    expect(briefly({ ...still, notes: [behind, away] }, { samples })).toEqual([
      `bad: Redis is away or read again: the live part stands still / ${away} / ${effects}`,
    ]);
    expect(briefly({ notes: [away] })[0]).toMatch(/^act: /);
    // Behind for a short time is amber, as in the strip, but not while Redis is away.
    const short = { ...still, lag: { records: 7, ms: 6_000 } };
    expect(briefly({ ...short, notes: [behind] })[0]).toMatch(/^act: The live numbers/);
    expect(briefly({ ...short, notes: [away] })[0]).toMatch(/^bad: Redis/);
    // Records that waited before have waited for something else, which is told as well.
    const later = `live part stale since ${ago(4_000)}: Redis is away or being read again`;
    expect(briefly({ ...still, notes: [behind, later] }, { samples })).toEqual([
      `bad: Redis is away or read again: the live part stands still / ${later}`,
      `bad: A partition stands still / ${waiting} / because of this, it seems: ${since}`,
    ]);
    expect(briefly({ ...still, notes: [behind] }, { samples })).toEqual([
      `bad: A partition stands still / ${waiting} / because of this, it seems: ${since}`,
    ]);
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
      `bad: A partition stands still / partition 0 stands at offset 10 with 7 records waiting, since ${ago(10_000)}`,
    ]);
    const notes = ['partition 0: 7 records from offset 10 on wait behind a transaction that is open'];
    expect(find({ ...still, notes }, { samples })).toHaveLength(1);
  });

  test('a late batch run is a note at first, and to be looked at once records were seen waiting for it', () => {
    const late = { run: { ...status.run, publishedAt: ago(240_000) } };
    expect(find(late)).toEqual([]);
    const waiting = (...agoMs: number[]) => ({ samples: agoMs.map((ms) => sample(ms, { waiting: 3 })) });
    expect(briefly(late, waiting(0))).toEqual([
      'note: The next batch run may be late / the last one was published 4\u00a0min\u00a00\u00a0s ago; 3 records wait for the next',
    ]);
    expect(briefly(late, waiting(70_000, 0))[0]).toContain('act: Batch runs have stopped');
    const hourly = [0, 1, 2].map((i) => ({ publishedAt: ago(240_000 + i * 3_600_000) })) as ToldRun[];
    expect(find(late, { runs: hourly, ...waiting(70_000, 0) })).toEqual([]);
  });

  test('dead letters of before are to be known; of those that came while the page looked, when the last came', () => {
    const deadLetters = { total: 3, byReason: { 'bad-frame': 2, misplaced: 1 }, newest: [] };
    expect(briefly({ deadLetters })).toEqual(['note: 3 records could not be counted / 2 bad-frame, 1 misplaced']);
    const came = (agoMs: number) => ({
      samples: [sample(agoMs + 2_000, { deadLetters: 1 }), sample(agoMs, { deadLetters: 3 })],
    });
    expect(briefly({ deadLetters }, came(30_000))).toEqual([
      `act: Dead letters are coming in / 2 bad-frame, 1 misplaced / 2 came, the last at ${ago(30_000)}`,
    ]);
    expect(briefly({ deadLetters }, came(31_000))).toEqual([
      `act: 3 records could not be counted / 2 bad-frame, 1 misplaced / 2 came, the last at ${ago(31_000)}, none since`,
    ]);
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
