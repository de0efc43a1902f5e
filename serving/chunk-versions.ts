// Which version of each chunk a pinned run sees, as announced when the run was pinned. Immutable: a newer run's shares the
// blocks that it did not change. Pure.

export interface ChunkVersion {
  readonly chunk: number;
  /** The run that made it. */
  readonly run: string;
  /** View rows announced, by rollup. */
  readonly rows: readonly number[];
  /** The store's 64-bit hash of (chunk, run). */
  readonly hash: bigint;
}

/** What a range of chunks amounts to. */
interface ChunkSpan {
  /** The newest of its versions, '' for none. In one chain the range holds the same whenever this is the same. */
  readonly changedBy: string;
  readonly rows: readonly number[];
  /** Sum of the hashes, modulo 2^64. */
  readonly hash: bigint;
}

export interface ChunkVersions {
  /** Greatest chunk that has a version; −1 for none. */
  readonly newest: number;
  /** Of the chunks first to last, both included. */
  span(first: number, last: number): ChunkSpan;
  /** The first and the last chunk that have rows of a rollup. */
  extent(rollup: number): { readonly first: number; readonly last: number } | undefined;
  /** As a later run of the chain sees them. */
  with(changed: readonly ChunkVersion[]): ChunkVersions;
}

interface Block {
  readonly versions: ReadonlyMap<number, ChunkVersion>;
  readonly span: ChunkSpan;
}

/** Chunks of a block: about a week. */
const blockChunks = 1_024;

export const noChunkVersions = createChunkVersions(new Map(), -1);

function createChunkVersions(blocks: ReadonlyMap<number, Block>, newest: number): ChunkVersions {
  return {
    newest,
    span(first, last) {
      const spans: ChunkSpan[] = [];
      for (const [index, block] of blocks) {
        const [start, end] = [index * blockChunks, (index + 1) * blockChunks - 1];
        if (end < first || start > last) continue;
        if (start >= first && end <= last) spans.push(block.span);
        else
          spans.push(
            ...block.versions
              .values()
              .filter(({ chunk }) => chunk >= first && chunk <= last)
              .map(spanOf),
          );
      }
      return joinSpans(spans);
    },
    extent(rollup) {
      let first = Number.POSITIVE_INFINITY;
      let last = -1;
      for (const { versions } of blocks.values()) {
        for (const { chunk, rows } of versions.values()) {
          if ((rows[rollup] ?? 0) === 0) continue;
          first = Math.min(first, chunk);
          last = Math.max(last, chunk);
        }
      }
      return last < 0 ? undefined : { first, last };
    },
    with(changed) {
      const after = new Map(blocks);
      for (const [index, list] of Map.groupBy(changed, ({ chunk }) => Math.floor(chunk / blockChunks))) {
        const versions = new Map(after.get(index)?.versions);
        for (const version of list) versions.set(version.chunk, version);
        after.set(index, { versions, span: joinSpans(versions.values().map(spanOf).toArray()) });
      }
      return createChunkVersions(
        after,
        changed.reduce((most, { chunk }) => Math.max(most, chunk), newest),
      );
    },
  };
}

function spanOf({ run, rows, hash }: ChunkVersion): ChunkSpan {
  return { changedBy: run, rows, hash };
}

function joinSpans(spans: readonly ChunkSpan[]): ChunkSpan {
  let changedBy = '';
  let hash = 0n;
  const rows: number[] = [];
  for (const span of spans) {
    if (span.changedBy > changedBy) changedBy = span.changedBy;
    hash += span.hash;
    for (const [i, n] of span.rows.entries()) rows[i] = (rows[i] ?? 0) + n;
  }
  return { changedBy, rows, hash: BigInt.asUintN(64, hash) };
}
