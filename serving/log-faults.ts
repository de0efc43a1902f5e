// What the log has lost of what is counted, or before it was counted, and what waits in it, in words. Pure.
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
  const notes: string[] = [];
  let incomparable = false;
  for (const [p, { start, end, highWatermark }] of ranges.entries()) {
    const w = counted.vector[p];
    if (w === undefined) continue; // nothing is counted before the first run
    const archived = counted.archived?.positions[p]?.next ?? 0;
    const cutAt = Math.min(...cuts.map((each) => each.get(p) ?? Number.POSITIVE_INFINITY));
    const read = Math.max(w, archived, counted.live[p]?.next ?? 0);
    if (cutAt < read) {
      incomparable = true;
      const were = `${offsets(cutAt, read)} were other records when they were read`;
      notes.push(`partition ${p}: the log was cut at ${cutAt}: ${were}; now it ends at ${highWatermark}`);
    } else if (highWatermark < w) {
      incomparable = true;
      const what = `the log ends at ${highWatermark}, below ${w} that is counted`;
      notes.push(`partition ${p}: ${what}: ${offsets(highWatermark, w)} are lost, or the topic was made anew`);
    }
    const safe = Math.max(w, archived);
    if (start > safe) {
      const gone = `${offsets(safe, start)} left the log before they were counted (retention)`;
      notes.push(`partition ${p}: ${gone}: ${start - safe} records are missing for good`);
    } else if (start > w) {
      notes.push(
        `partition ${p}: ${offsets(w, start)} left the log before they were live: the next batch run counts them`,
      );
    }
    if (highWatermark > end) {
      const waiting = `${highWatermark - end} records from offset ${end} on`;
      notes.push(`partition ${p}: ${waiting} wait behind a transaction that is open`);
    }
  }
  return { incomparable, notes };
}
