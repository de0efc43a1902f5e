// The moving oracle against the naive one, at vectors that go forwards and back.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionOf } from '../../schemas/murmur2.ts';
import { type LogEntry, prefixOf } from '../../schemas/oracle.ts';
import { createRandomOrders } from '../random-orders.ts';
import { createMovingOracle } from './moving-oracle.ts';
import { questionsAt } from './questions.ts';

const partitions = 3;
const horizonMs = 3_600_000;
const nowMs = Date.UTC(2026, 5, 1);

function randomLog(seed: number): LogEntry[] {
  const next = [0, 0, 0];
  return createRandomOrders(seed)
    .next(300, nowMs)
    .map((event, i) => {
      const partition = partitionOf(Buffer.from(event.orderId), partitions);
      const rejected = i % 17 === 3;
      const timestampMs = nowMs + i - (i % 7) * 5_000;
      return { partition, offset: next[partition]!++, timestampMs, event: rejected ? undefined : event };
    });
}

test('at any vectors, asked in any order, it equals the naive oracle', () => {
  const vector = fc.array(fc.integer({ min: 0, max: 130 }), { minLength: partitions, maxLength: partitions });
  const vectors = fc.array(fc.tuple(vector, vector), { minLength: 1, maxLength: 12 });
  const logs = [1, 2].map(randomLog);
  fc.assert(
    fc.property(fc.constantFrom(...logs), vectors, (log, asked) => {
      const moving = createMovingOracle(partitions, horizonMs);
      for (const entry of log) moving.add(entry);
      for (const [a, b] of asked) {
        const v = a.map((offset, p) => Math.min(offset, b[p]!));
        const w = a.map((offset, p) => Math.max(offset, b[p]!));
        const naive = prefixOf(log, v, w, horizonMs);
        expect(moving.deferred(v, w)).toBe(naive.deferred);
        for (const question of questionsAt(nowMs)) {
          expect(new Map(moving.totals(question, v, w))).toEqual(new Map(question.totalsOf(naive.counted)));
        }
      }
    }),
    { numRuns: 25, seed: 4 },
  );
});
