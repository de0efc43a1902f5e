import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { problemDocument } from './problem.ts';

test('a document of a huge value does not keep it in memory', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const huge = () => JSON.parse(`"${'x'.repeat(1_000_000)}"`) as string;
  const documentOf = (value: string) =>
    problemDocument({ code: 'bad-value', status: 400, title: 'Bad request', field: value, value });
  collect();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: 100 }, () => documentOf(huge()));
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
  expect(kept).toHaveLength(100);
});
