// The bounds of what is kept; what is told from it: answer-memo.property.test.ts.
import { expect, test } from 'vitest';
import { createAnswerMemo } from './answer-memo.ts';
import type { Answer } from './answer-query.ts';
import type { Cut } from './live-view.ts';
import type { Query } from './query.ts';
import type { Standing } from './standing.ts';

const query = {} as Query;
const tag = 'W/"x"';
const prepared = () => ({ tag, compute: () => Promise.reject(new Error('not asked')) });
const written = (bytes: number) => ({ headers: {}, body: Buffer.alloc(bytes), bytes });
const standing = (): Standing => ({ cut: {} as Cut, nowMs: 0, lag: undefined, deadLetters: null, notes: [] });

test('together no more bytes are kept than allowed: the oldest answers go first', () => {
  const memo = createAnswerMemo({ totalBytes: 40_000, answerBytes: 30_000 });
  const now = standing();
  const kept = () => ['a', 'b', 'c'].filter((address) => memo.find(address, now) !== undefined);
  memo.find('a', now);
  memo.add('a', query, prepared).keep(written(15_000));
  memo.add('b', query, prepared).keep(written(15_000));
  expect(kept()).toEqual(['a', 'b']);
  memo.add('c', query, prepared).keep(written(10_000));
  expect(kept()).toEqual(['b', 'c']);
  // A single entry costs something also before its answer is written.
  for (let i = 0; i < 100; i += 1) memo.add(`/${i}`, query, prepared);
  expect(kept()).toEqual([]);
});

test('a longer answer than allowed is not kept, its tag is', () => {
  const memo = createAnswerMemo({ totalBytes: 40_000, answerBytes: 100 });
  const now = standing();
  memo.find('a', now);
  memo.add('a', query, prepared).keep(written(101));
  expect(memo.find('a', now)).toMatchObject({ tag, written: undefined });
});

test('an answer that was begun at an earlier standing is not kept at the next', () => {
  const memo = createAnswerMemo({ totalBytes: 40_000, answerBytes: 30_000 });
  const [before, after] = [standing(), standing()];
  memo.find('a', before);
  const begun = memo.add('a', query, prepared);
  expect(memo.find('a', after)).toBeUndefined();
  const anew = memo.add('a', query, prepared);
  begun.keep(written(10));
  expect([anew.written, memo.find('a', after)]).toEqual([undefined, anew]);
});

test('a plan is let go after the turn that made it: what is computed later is planned anew', async () => {
  const memo = createAnswerMemo({ totalBytes: 40_000, answerBytes: 30_000 });
  const now = standing();
  let plans = 0;
  const prepare = () => {
    plans += 1;
    return { tag, compute: () => Promise.resolve({} as Answer) };
  };
  memo.find('a', now);
  const known = memo.add('a', query, prepare);
  await known.compute();
  expect(plans).toBe(1);
  await memo.find('a', now)!.compute();
  expect(plans).toBe(2);
});
