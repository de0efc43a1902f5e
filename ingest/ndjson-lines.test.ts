// Lines come out whole wherever the chunks are cut.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineSplitter, type Line } from './ndjson-lines.ts';

/** Cuts the bytes at the given places, in any order and number. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, n) => bytes.subarray(n === 0 ? 0 : ends[n - 1], end));
}

function split(bytes: Buffer, places: readonly number[], limit: number): Line[] {
  const splitter = createLineSplitter(limit);
  return [...cut(bytes, places).flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((line) => line.replaceAll(/[\n\r]/g, '_'));

test('where the chunks are cut does not change the lines', () => {
  fc.assert(
    fc.property(fc.array(text), fc.array(fc.nat()), fc.integer({ min: 1, max: 30 }), (texts, places, limit) => {
      const expected = texts
        .filter((line) => Buffer.byteLength(line) > limit || /[^ \t]/.test(line))
        .map((line) => (Buffer.byteLength(line) > limit ? Buffer.byteLength(line) : line));
      const lines = split(Buffer.from(texts.join('\n')), places, limit);
      expect(lines.map((line) => (line.kind === 'line' ? line.bytes.toString() : line.sizeBytes))).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

test('a line over the limit is let go as it comes and its size is told', () => {
  const splitter = createLineSplitter(10);
  for (let n = 0; n < 1_000; n++) expect(splitter.push(Buffer.alloc(1_000, 'x'))).toEqual([]);
  expect(splitter.push(Buffer.from('\nshort\n'))).toEqual([
    { kind: 'too-long', sizeBytes: 1_000_000 },
    { kind: 'line', bytes: Buffer.from('short') },
  ]);
});
