// Which rows of archive_log become one: ranges that follow each other in a partition. Pure.
//
// The log gets a row a second and partition; nothing but their union counts, and rows that say the same twice are allowed.
// So the merged row is written first and its parts go later: at no moment is a range missing.

/** A row of archive_log; other columns travel along from the last of the merged. */
export interface LoggedRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly chunks: readonly number[];
  readonly rejected: readonly (readonly [offset: number, code: string])[];
  readonly gaps: readonly (readonly [from: number, to: number])[];
  /** Where they change, the first at the range's begin; empty where they are not known. */
  readonly leaderEpochs: readonly (readonly [from: number, epoch: number])[];
  readonly insertedAt: number;
}

export interface RangeMerge {
  /** The row to write first; undefined where a row that is there says it all. */
  readonly merged: LoggedRange | undefined;
  /** Rows to remove then, by partition and range. */
  readonly parts: readonly LoggedRange[];
}

/** A merged row ends here: it must stay small enough to be read, and archived again if its rows are lost. */
export interface MergeLimits {
  readonly records: number;
  readonly chunks: number;
  readonly rejected: number;
}

/** Merges of ranges of any partitions, in any order. */
export function mergeRanges(ranges: readonly LoggedRange[], limits: MergeLimits): RangeMerge[] {
  const sorted = ranges.toSorted((a, b) => a.partition - b.partition || a.from - b.from || b.to - a.to);
  const merges: RangeMerge[] = [];
  let group: LoggedRange[] = [];
  let to = 0;
  const chunks = new Set<number>();
  let rejected = 0;
  const close = () => {
    if (group.length > 1) merges.push(mergeOf(group));
    group = [];
    chunks.clear();
    rejected = 0;
  };
  for (const range of sorted) {
    const [first] = group;
    const follows = first !== undefined && range.partition === first.partition && range.from <= to;
    if (follows && range.to > to) {
      const more = range.chunks.filter((chunk) => !chunks.has(chunk)).length;
      const tooMuch =
        range.to - first.from > limits.records ||
        chunks.size + more > limits.chunks ||
        rejected + range.rejected.length > limits.rejected;
      if (tooMuch) close();
    } else if (!follows) close();
    to = group.length === 0 ? range.to : Math.max(to, range.to);
    for (const chunk of range.chunks) chunks.add(chunk);
    rejected += range.rejected.length;
    group.push(range);
  }
  close();
  return merges.filter(({ parts }) => parts.length > 0);
}

function mergeOf(group: readonly LoggedRange[]): RangeMerge {
  const from = group[0]!.from;
  const last = group.reduce((a, b) => (b.to > a.to ? b : a));
  const { to } = last;
  const isWhole = (range: LoggedRange) => range.from === from && range.to === to;
  // Parts are removed by their range: one that spans it all cannot be told from the merged row, so it is that row.
  if (group.some(isWhole)) return { merged: undefined, parts: group.filter((range) => !isWhole(range)) };
  const rejected = new Map(group.flatMap((range) => range.rejected));
  const gaps = unite(group.flatMap((range) => range.gaps));
  const inGaps = gaps.reduce((sum, [begin, end]) => sum + end - begin, 0);
  const merged = {
    ...last,
    from,
    rows: to - from - rejected.size - inGaps,
    chunks: [...new Set(group.flatMap((range) => range.chunks))],
    rejected: [...rejected].toSorted(([a], [b]) => a - b),
    gaps,
    leaderEpochs: uniteEpochs(group),
    insertedAt: Math.max(...group.map((range) => range.insertedAt)),
  };
  return { merged, parts: group };
}

function unite(gaps: readonly (readonly [number, number])[]): [number, number][] {
  const united: [number, number][] = [];
  for (const [from, to] of gaps.toSorted((a, b) => a[0] - b[0])) {
    const before = united.at(-1);
    if (before && from <= before[1]) before[1] = Math.max(before[1], to);
    else united.push([from, to]);
  }
  return united;
}

/** Where two ranges disagree, the older epoch, as whoever reads them takes it. */
function uniteEpochs(group: readonly LoggedRange[]): [number, number][] {
  const united: [number, number][] = [];
  const all = group.flatMap(({ leaderEpochs }) => leaderEpochs);
  for (const [from, epoch] of all.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const before = united.at(-1);
    if (!before || (from > before[0] && epoch !== before[1])) united.push([from, epoch]);
  }
  return united;
}
