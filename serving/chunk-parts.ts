// A read as parts by chunk, small ones near the newest chunk and large ones far from it. A run changes the newest chunks,
// and few others: what it did not change stays valid, and what must be read again is small. Chunks are disjoint, so parts
// of either kind of rollup meet by addition (sets of hashes by union); a rollup by placedAt is cut by chunk as well, never
// pruned. Pure.
import type { Rollup } from '../schemas/definition.ts';
import type { BatchRead } from './batch-views.ts';
import { type Grid, segmentOf, wholeTimeMs, windowStartOf } from './windows.ts';

export interface ChunkPart {
  readonly firstChunk: number;
  readonly lastChunk: number;
  /** What is read of those chunks. Its windows are those of the whole read, or one alone, at 0, where all fall into one. */
  readonly read: BatchRead;
  /** The window that stands at 0. */
  readonly only: number | undefined;
}

/** Parts begin at multiples of these: with chunks of 10 minutes about 15 months, 8 weeks, a week, a day, hours, 20 minutes. */
const alignments = [65_536, 8_192, 1_024, 128, 16, 2];

export function partsOf(read: BatchRead, rollup: Rollup, newestChunk: number, chunkMs: number): ChunkPart[] {
  const byChunk = rollup.time === 'occurredAt';
  const firstChunk = byChunk ? Math.floor(read.from / chunkMs) : 0;
  const lastChunk = byChunk ? Math.min(newestChunk, Math.floor((read.to - 1) / chunkMs)) : newestChunk;
  const starts = [firstChunk, ...alignments.map((n) => Math.floor(newestChunk / n) * n)].filter(
    (at) => at >= firstChunk,
  );
  const parts: ChunkPart[] = [];
  for (const [i, start] of starts.entries()) {
    const end = Math.min(lastChunk, (starts[i + 1] ?? newestChunk + 1) - 1);
    if (end >= start) parts.push(partOf(read, rollup, start, end, chunkMs));
  }
  return parts;
}

/** Clipped to where rows of those chunks can lie, so that a range whose end moves on leaves older parts as they are. */
function partOf(read: BatchRead, rollup: Rollup, firstChunk: number, lastChunk: number, chunkMs: number): ChunkPart {
  const { time, windowMs } = rollup;
  // The window of the first chunk's first event may begin before the chunk.
  const earliest = Math.floor((firstChunk * chunkMs) / windowMs) * windowMs;
  const from = time === 'occurredAt' ? Math.max(read.from, earliest) : read.from;
  // Nothing is placed after it occurred.
  const to = Math.max(from + 1, Math.min(read.to, (lastChunk + 1) * chunkMs));
  const grid: Grid = { starts: read.starts, steps: read.steps, end: to };
  const first = windowStartOf(grid, from);
  const only = windowStartOf(grid, to - 1) === first ? first : undefined;
  const clip = (list: readonly number[]) => list.slice(segmentOf(grid, from), segmentOf(grid, to - 1) + 1);
  const windows =
    only === undefined ? { starts: clip(read.starts), steps: clip(read.steps) } : { starts: [0], steps: [wholeTimeMs] };
  return { firstChunk, lastChunk, read: { ...read, from, to, ...windows }, only };
}
