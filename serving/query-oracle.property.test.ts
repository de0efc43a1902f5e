// Random queries over random orders in memory, some in the views and some live, each held to a naive count over the events.
// The same on the real stack: test/query-differential.test.ts.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parametersOf } from '../test/query-oracle/asked-query.ts';
import { expectedAnswer } from '../test/query-oracle/expected-answer.ts';
import { differenceOf } from '../test/query-oracle/hold-to-oracle.ts';
import { history, randomOrder } from '../test/query-oracle/random-history.ts';
import { randomQuery } from '../test/query-oracle/random-queries.ts';
import { createTestApp } from './test-app.ts';

const { nowMs } = history;

test('random queries are answered as a naive count over the events answers them', async () => {
  const kinds: string[] = [];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(randomOrder, fc.boolean()), { maxLength: 40 }),
      fc.array(randomQuery(history), { minLength: 6, maxLength: 6 }),
      async (orders, queries) => {
        const of = (inBatch: boolean) => orders.filter(([, is]) => is === inBatch).flatMap(([events]) => events);
        const app = createTestApp({ nowMs, batch: of(true), live: of(false) });
        const events = orders.flatMap(([some]) => some);
        for (const [i, asked] of queries.entries()) {
          const expected = expectedAnswer(asked, events, nowMs);
          kinds.push(expected.kind);
          const given = i % 2 === 0 ? await app.post(asked) : await app.get(parametersOf(asked).toString());
          expect(differenceOf(asked, expected, given), JSON.stringify(asked)).toBeUndefined();
        }
      },
    ),
    { numRuns: 100 },
  );
  expect(kinds.filter((kind) => kind === 'answered').length).toBeGreaterThan(kinds.length / 2);
});
