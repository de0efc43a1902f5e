// What the log has lost of what is counted, or before it was counted, and what waits in it, in words. Pure.
import { notes } from '../api/notes.ts';
import { offsets } from '../runtime/kafka/offset-lost.ts';
import type { LogPosition, LogRange } from '../runtime/kafka/record-log.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { ArchivedLog } from './archive-reader.ts';

/** How far the log was read, by whom; taken before the log is looked at. */
export interface Counted {
  /** W. */
  readonly vector: OffsetVector;
  /** Of the live counters. */
  readonly live: readonly (LogPosition | undefined)[];
  readonly archived: ArchivedLog | undefined;
}

export interface LogLook {
  readonly ranges: readonly LogRange[];
  /** Where the log was cut below a position; of the live counters and of the archive. */
  readonly cuts: readonly ReadonlyMap<number, number>[];
}

export interface LogFaults {
  /** The log is another than the one that is counted: how far answers are behind it cannot be told. */
  readonly incomparable: boolean;
  readonly notes: string[];
}

export function findLogFaults(counted: Counted, { ranges, cuts }: LogLook): LogFaults {
  const said: string[] = [];
  let incomparable = false;
  for (const [p, { start, end, highWatermark }] of ranges.entries()) {
    const w = counted.vector[p];
    if (w === undefined) continue; // nothing is counted before the first run
    const archived = counted.archived?.positions[p]?.next ?? 0;
    const cutAt = Math.min(...cuts.map((each) => each.get(p) ?? Number.POSITIVE_INFINITY));
    const read = Math.max(w, archived, counted.live[p]?.next ?? 0);
    if (cutAt < read) {
      incomparable = true;
      said.push(notes.logCut(p, cutAt, offsets(cutAt, read), highWatermark));
    } else if (highWatermark < w) {
      incomparable = true;
      said.push(notes.logShort(p, highWatermark, w, offsets(highWatermark, w)));
    }
    const safe = Math.max(w, archived);
    if (start > safe) {
      said.push(notes.expiredUncounted(p, offsets(safe, start), start - safe));
    } else if (start > w) {
      said.push(notes.expiredNotLive(p, offsets(w, start)));
    }
    if (highWatermark > end) said.push(notes.openTransaction(p, highWatermark - end, end));
  }
  return { incomparable, notes: said };
}
