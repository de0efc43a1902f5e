// Parts by chunk: together they are the whole read, and what a moving end or a new run does not touch stays the same part.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { definition, type Rollup } from '../schemas/definition.ts';
import type { BatchRead } from './batch-views.ts';
import { partsOf } from './chunk-parts.ts';
import { type ChunkVersion, noChunkVersions } from './chunk-versions.ts';
import { gridOf, totalGrid, windowStartOf } from './windows.ts';

const chunkMs = 600_000;
const minute = 60_000;
const occurred = definition.rollups.find(({ time }) => time === 'occurredAt')!;
const rollups = definition.rollups.filter(({ time, windowMs }) => time === 'placedAt' || windowMs > minute);
const newest = Math.floor(Date.UTC(2024, 5, 1, 12, 10) / chunkMs);

function readOf(from: number, to: number, window?: 'hour' | 'day'): BatchRead {
  const { starts, steps } = window ? gridOf(window, 'Europe/Berlin', from, to) : totalGrid(from, to);
  return { rollup: 'r', from, to, starts, steps, groupBy: [], bases: ['orders'], where: {}, not: {} };
}

/** Rows are minutes, each with the chunk that it occurred in; a part counts its rows by window. */
function countByWindow(rows: readonly { chunk: number; at: number }[], read: BatchRead, rollup: Rollup) {
  const counts = new Map<number, number>();
  for (const part of partsOf(read, rollup, newest, chunkMs)) {
    const { from, to, starts, steps } = part.read;
    for (const { chunk, at } of rows) {
      if (chunk < part.firstChunk || chunk > part.lastChunk || at < from || at >= to) continue;
      const window = part.only ?? windowStartOf({ starts, steps, end: to }, at);
      counts.set(window, (counts.get(window) ?? 0) + 1);
    }
  }
  return counts;
}

describe('parts by chunk', () => {
  const row = fc
    .record({ ago: fc.oneof(fc.nat(300), fc.nat(600_000)), placedBefore: fc.integer({ min: 0, max: 100_000 }) })
    .map(({ ago, placedBefore }) => {
      const at = (newest + 1) * chunkMs - (ago + 1) * minute;
      return { chunk: Math.floor(at / chunkMs), at, placedAt: at - placedBefore * minute };
    });
  const range = fc.tuple(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 1, max: 50_000 }));

  test.each([occurred, ...rollups])('together give each row once, in its window ($name)', (rollup) => {
    const grain = rollup.windowMs;
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 10 }),
        range,
        fc.constantFrom(undefined, 'hour', 'day'),
        (rows, [ago, length], window) => {
          const from = Math.ceil((newest * chunkMs) / grain) * grain - ago * grain;
          const to = from + length * grain;
          const read = readOf(from, to, window);
          const windowed = rows.map(({ chunk, at, placedAt }) => {
            const time = rollup.time === 'placedAt' ? placedAt : at;
            return { chunk, at: Math.floor(time / grain) * grain };
          });
          const expected = new Map<number, number>();
          for (const { at } of windowed.filter((r) => r.at >= from && r.at < to)) {
            const start = windowStartOf({ starts: read.starts, steps: read.steps, end: to }, at);
            expected.set(start, (expected.get(start) ?? 0) + 1);
          }
          expect(countByWindow(windowed, read, rollup)).toEqual(expected);
        },
      ),
    );
  });

  test('an end that moves on, and the start of a total, change only the last and the first part', () => {
    const end = (newest + 1) * chunkMs;
    const parts = (from: number, to: number, window?: 'hour') =>
      partsOf(readOf(from, to, window), occurred, newest, chunkMs).map((part) => JSON.stringify({ ...part, only: 0 }));
    const before = parts(0, end - 2 * minute);
    expect(before.length).toBeGreaterThan(4);
    expect(parts(0, end - minute).slice(0, -1)).toEqual(before.slice(0, -1));
    expect(parts(minute, end - 2 * minute).slice(1)).toEqual(before.slice(1));
    expect(parts(0, end + 86_400_000)).toEqual(parts(0, end));
  });

  test('far from the newest chunk parts are large, near to it small', () => {
    const sizes = partsOf(readOf(0, (newest + 1) * chunkMs), occurred, newest, chunkMs).map(
      (part) => part.lastChunk - part.firstChunk + 1,
    );
    expect(sizes.length).toBeLessThanOrEqual(7);
    expect(sizes.at(-1)).toBeLessThanOrEqual(2);
    expect(sizes.reduce((a, b) => a + b)).toBe(newest + 1);
  });
});

describe('chunk versions', () => {
  const version = fc.record<ChunkVersion>({
    chunk: fc.integer({ min: 0, max: 5_000 }),
    run: fc.integer({ min: 100, max: 999 }).map(String),
    rows: fc.tuple(fc.nat(9), fc.nat(9)),
    hash: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  });

  test('of a range: the newest, the rows and hashes together; a later run leaves the earlier one as it was', () => {
    fc.assert(
      fc.property(fc.array(version), fc.array(version), fc.nat(5_000), fc.nat(5_000), (old, changed, first, length) => {
        const spanOf = (list: readonly ChunkVersion[]) => {
          const latest = [...new Map(list.map((v) => [v.chunk, v])).values()];
          const within = latest.filter(({ chunk }) => chunk >= first && chunk <= first + length);
          const rows = [0, 1].map((i) => within.reduce((sum, v) => sum + v.rows[i]!, 0));
          return {
            changedBy:
              within
                .map(({ run }) => run)
                .toSorted()
                .at(-1) ?? '',
            rows: within.length > 0 ? rows : [],
            hash: BigInt.asUintN(
              64,
              within.reduce((sum, v) => sum + v.hash, 0n),
            ),
          };
        };
        const before = noChunkVersions.with(old);
        const after = before.with(changed);
        expect(before.span(first, first + length)).toEqual(spanOf(old));
        expect(after.span(first, first + length)).toEqual(spanOf([...old, ...changed]));
        expect(after.newest).toBe(Math.max(-1, ...[...old, ...changed].map(({ chunk }) => chunk)));
      }),
    );
  });
});
