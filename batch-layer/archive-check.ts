// Does the archive still hold what its log says? Rows that were lost are archived again from Kafka, where Kafka has them
// still; else the range is named, and no run is published that would count less.
import type { Logger } from '../runtime/logger.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { ArchiveStore, LostRange } from './archive-store.ts';
import { BatchError } from './errors.ts';

export interface ArchiveCheckDependencies {
  readonly archive: ArchiveStore;
  /** Where the archive must begin; undefined where no run says so. */
  readonly archiveStarts: () => Promise<OffsetVector | undefined>;
  /** Where the log begins by now. */
  readonly logStarts: () => Promise<OffsetVector>;
  /** The archiver goes back to the first offset that is missing. */
  readonly resumeArchiver: () => void;
  readonly log: Logger;
}

/**
 * Returns where all is there. `everywhere`: look also where as many rows are there as were announced.
 * @throws BatchError archive-incomplete that names the ranges.
 */
export type CheckArchive = (everywhere: boolean) => Promise<void>;

const maxNamed = 5;

export function createArchiveCheck({
  archive,
  archiveStarts,
  logStarts,
  resumeArchiver,
  log,
}: ArchiveCheckDependencies): CheckArchive {
  return async (everywhere) => {
    const lost = await archive.lostRanges(everywhere);
    if (lost.length === 0) return await fillHoles();
    const starts = await logStarts();
    const again = lost.filter(({ partition, from }) => from >= (starts[partition] ?? Number.POSITIVE_INFINITY));
    const gone = lost.filter((range) => !again.includes(range));
    if (again.length > 0) {
      log.error(
        { ranges: again.slice(0, maxNamed) },
        'the archive has lost rows: they are archived again from the log',
      );
      // Also where the answer was lost: what was taken back must be archived again.
      await archive.retract(again).finally(resumeArchiver);
    } else await fillHoles();
    const fate = gone.length > 0 ? `not in the log any more: ${inWords(gone)}` : `archived again: ${inWords(again)}`;
    throw new BatchError('archive-incomplete', `the archive has lost rows; ${fate}`);
  };

  /**
   * Ranges that are not logged, before others that are: no run passes them, and the archiver only looks when it resumes.
   * Another process may have taken them back, whose archiver has not the partition.
   */
  async function fillHoles(): Promise<void> {
    const starts = (await archiveStarts()) ?? (await archive.archivedStarts()).map((start) => start ?? 0);
    const missing = await archive.firstMissing(starts);
    const ends = await archive.archivedVector();
    const holes = missing.flatMap((from, partition) => (from < (ends[partition] ?? 0) ? [{ partition, from }] : []));
    if (holes.length === 0) return;
    log.error({ holes: holes.slice(0, maxNamed) }, 'the archive has holes: the archiver goes back to them');
    resumeArchiver();
  }
}

function inWords(ranges: readonly LostRange[]): string {
  const named = ranges
    .slice(0, maxNamed)
    .map((r) => `partition ${r.partition}, offsets ${r.from} to ${r.to}: ${r.present} of ${r.events} events`);
  return [...named, ...(ranges.length > maxNamed ? [`and ${ranges.length - maxNamed} more`] : [])].join('; ');
}
