// Which identities the archive must hold of a partition, and whether it holds them: rows may be lost (disk damage), and a
// writer that knew too few would count a copy twice. What archive_log announces is held against the offsets that came with
// the identities, of one statement: neither can change between the two. Pure.
import { type ArchivedRange, firstMissing, type Stretch, stretchesOf } from '../runtime/archived-ranges.ts';
import type { Identity } from '../schemas/identity.ts';
import { tables } from '../schemas/layout-clickhouse.ts';
import { SpeedError } from './errors.ts';

/** A row of archive_log. `recent`: it has events in a chunk that reaches above the floor; only then the rest is needed. */
export interface LoggedRange extends ArchivedRange {
  readonly recent: boolean;
}

/** Of the offsets [start, below) of a partition, identities of events at or above the floor are wanted. */
export interface WantedIdentities {
  readonly partition: number;
  /** Where the archive begins. */
  readonly start: number;
  /** The tidemark. */
  readonly below: number;
  readonly floor: number;
}

/** ClickHouse makes one array of each: it takes at most 16 million elements. */
const maxEventsTogether = 1_000_000;

/**
 * Stretches below the tidemark that hold recent events, and how many events of any age; those that meet are one.
 * @throws SpeedError archive-incomplete where the log has a hole: what is archived again is taken out of it first.
 */
export function expectedStretches(ranges: readonly LoggedRange[], { partition, start, below }: WantedIdentities) {
  const clipped = ranges.map((range) => clip(range, below));
  const reached = firstMissing(stretchesOf(clipped), start);
  if (reached < below) throw incomplete(partition, `the archive does not hold offset ${reached}`);
  const joined: Stretch[] = [];
  for (const stretch of stretchesOf(clipped.filter(({ recent }) => recent))) {
    const before = joined.at(-1);
    const events = (before?.events ?? 0) + stretch.events;
    if (before?.to === stretch.from && events <= maxEventsTogether)
      joined[joined.length - 1] = { from: before.from, to: stretch.to, events };
    else joined.push(stretch);
  }
  return joined;
}

function clip(range: LoggedRange, below: number): LoggedRange {
  const gaps = range.gaps.map(([from, to]) => [Math.min(from, below), Math.min(to, below)] as const);
  return { ...range, to: Math.min(range.to, below), rejected: range.rejected.filter((at) => at < below), gaps };
}

const recentRows = `archive = {archive:String} AND partition = {partition:UInt32} AND \`from\` < {below:UInt64}`;
const isRecent = 'arrayExists(chunk -> chunk >= {chunk:UInt32}, chunks)';

/** Rows of LoggedRange. Parameters: archive, partition, below, chunk (that of the floor). */
export const loggedRangesSql = `SELECT \`from\`, \`to\`, ${isRecent} AS recent, if(recent, rejected.1, []) AS rejectedAt,
    if(recent, gaps, []) AS gapsIn FROM ${tables.archiveLog} WHERE ${recentRows}`;

/**
 * For each stretch, as one row of a number each: its first offset, how many offsets are there, how many identities follow,
 * and those. Where a stretch ends the next begins, expected or not. Parameters as above, and floor.
 */
export function identitiesSql(stretches: readonly Stretch[]): string {
  const edges = [...new Set(stretches.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) => a - b);
  return `SELECT arrayJoin(arrayConcat([first, present, length(identities)], identities)) FROM (
      SELECT roundDown(offset, [${edges.map((edge) => `toUInt64(${edge})`).join(', ')}]) AS first,
        uniqExact(offset) AS present, groupArrayIf(identity, occurredAt >= {floor:Int64}) AS identities
      FROM ${tables.orderEvents} WHERE archive = {archive:String} AND partition = {partition:UInt32}
        AND offset >= ${edges[0]} AND offset < {below:UInt64}
        AND chunk IN (SELECT arrayJoin(chunks) FROM ${tables.archiveLog} WHERE ${recentRows} AND ${isRecent})
      GROUP BY first)`;
}

/**
 * The identities among what identitiesSql gave; to be walked once, to its end.
 * @throws SpeedError archive-incomplete, at the end, where a stretch holds fewer offsets than it must.
 */
export function* readIdentities(
  partition: number,
  stretches: readonly Stretch[],
  numbers: Iterable<Identity>,
): Generator<Identity> {
  const present = new Map<number, number>();
  const head: number[] = [];
  let left = 0;
  for (const number of numbers) {
    if (left > 0) {
      left -= 1;
      yield number;
      continue;
    }
    head.push(number.high * 2 ** 32 + number.low);
    if (head.length < 3) continue;
    const [first, offsets, identities] = head.splice(0);
    present.set(first!, offsets!);
    left = identities!;
  }
  expectWhole(partition, stretches, present);
}

/** @throws SpeedError archive-incomplete that names what is missing. */
export function expectWhole(
  partition: number,
  stretches: readonly Stretch[],
  present: ReadonlyMap<number, number>,
): void {
  const lost = stretches.find(({ from, events }) => (present.get(from) ?? 0) < events);
  if (!lost) return;
  const { from, to, events } = lost;
  throw incomplete(
    partition,
    `of offsets ${from} to ${to} the archive holds ${present.get(from) ?? 0} of ${events} events`,
  );
}

function incomplete(partition: number, what: string): SpeedError {
  const meanwhile = 'a copy could count twice, so nothing counts live until they are archived again';
  return new SpeedError('archive-incomplete', partition, `${what}: ${meanwhile}`);
}
