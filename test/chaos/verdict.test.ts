// The checker itself: what it must call wrong, unmarked or slow, on answers made by hand.
import { expect, test } from 'vitest';
import { placedOrder } from '../record-sets.ts';
import { createMovingOracle } from './moving-oracle.ts';
import { questionsAt } from './questions.ts';
import type { Answer, Asked, Provenance } from './reader.ts';
import { secondsToExact } from './recovery.ts';
import { compare, findFall, findSilence } from './verdict.ts';

const [question] = questionsAt(0) as [ReturnType<typeof questionsAt>[number]];
const provenance: Provenance = {
  run: 'r',
  tidemark: [1],
  vector: [3],
  token: 't',
  lagRecords: 0,
  deferredRecords: 0,
  audit: { state: 'equal' },
  notes: ['2 late records wait for the next batch run'],
};
const asked: Asked = {
  reader: 'continuous',
  question,
  askedAtMs: 0,
  answeredAtMs: 1,
  atLeast: undefined,
  outcome: { kind: 'silence', why: '' },
};

function answerOf(orders: number): Answer {
  const totals = question.totalsOf(Array.from({ length: orders }, (_, n) => placedOrder(n)));
  return { rows: [...totals].map(([currency, sums]) => ({ currency, ...sums })), provenance };
}

test('an answer that counts one order more or less than the log holds below its vector is wrong', () => {
  const oracle = createMovingOracle(1, 3_600_000);
  for (let offset = 0; offset < 5; offset += 1) {
    const event = placedOrder(offset);
    oracle.add({ partition: 0, offset, timestampMs: event.occurredAt, event });
  }
  expect(compare(asked, answerOf(3), oracle)).toBeUndefined();
  for (const orders of [0, 2, 4]) expect(compare(asked, answerOf(orders), oracle)).toMatchObject({ kind: 'wrong' });
  const claimed = { ...answerOf(3), provenance: { ...provenance, deferredRecords: 1 } };
  expect(compare(asked, claimed, oracle)).toMatchObject({ kind: 'wrong' });
});

test('a vector or a tidemark that falls is wrong', () => {
  expect(findFall(asked, provenance, provenance)).toBeUndefined();
  expect(findFall(asked, { ...provenance, vector: [2] }, provenance)).toMatchObject({ kind: 'wrong' });
  expect(findFall(asked, { ...provenance, tidemark: [0] }, provenance)).toMatchObject({ kind: 'wrong' });
});

test('an answer behind the log is unmarked where it states no lag and notes nothing but late records', () => {
  const behind = (changes: Partial<Provenance>) =>
    findSilence(asked, { rows: [], provenance: { ...provenance, ...changes } }, [4]);
  expect(behind({})).toMatchObject({ kind: 'unmarked' });
  expect([behind({ lagRecords: 1 }), behind({ lagRecords: null }), behind({ vector: [4] })]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(behind({ notes: ['Redis cannot be read'] })).toBeUndefined();
});

test('answers are exact again once one counts what came a quarter of a second after the blow', () => {
  const readings = [0, 100, 200, 300, 400].map((atMs) => ({ atMs, ends: [atMs] }));
  const answers = [
    { askedAtMs: 40, answeredAtMs: 45, vector: [500] },
    { askedAtMs: 350, answeredAtMs: 360, vector: [299] },
    { askedAtMs: 900, answeredAtMs: 1_050, vector: [300] },
  ];
  expect(secondsToExact(readings, answers, 50)).toBe(1);
  expect(secondsToExact(readings, answers.slice(0, 2), 50)).toBeUndefined();
});
