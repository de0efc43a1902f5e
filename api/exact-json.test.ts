// Integers of any size come through unrounded.
import { expect, test } from 'vitest';
import { parseExactly } from './exact-json.ts';

test('integers beyond 2^53 stay exact', () => {
  expect(parseExactly('{"a":9007199254740993,"b":[1,2.5]}')).toEqual({ a: 9007199254740993n, b: [1, 2.5] });
});
