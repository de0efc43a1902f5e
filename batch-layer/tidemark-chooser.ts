// Asks for cuts, waits for them, and says which V a run takes.
import type { Logger } from '../runtime/logger.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import { countBetween, covers, type OffsetVector } from '../schemas/offset-vector.ts';
import type { ArchiveStore } from './archive-store.ts';
import { boundTidemark } from './bound-tidemark.ts';
import { chooseTidemark } from './choose-tidemark.ts';
import type { SpeedState } from './speed-state.ts';

export interface TidemarkChooserDependencies {
  readonly archive: ArchiveStore;
  readonly speedState: SpeedState;
  readonly log: Logger;
  readonly clock: () => number;
  /** Writes what the archiver has in memory. */
  readonly nudgeArchiver: () => void;
  readonly maxRecords: number;
}

interface TidemarkChoice {
  readonly tidemark: OffsetVector;
  /** Records that could be counted at once but are left to the next run, to bound this one. */
  readonly left: number;
  readonly covered: boolean;
  /** What is not covered, in words. */
  readonly behind?: string;
}

export interface TidemarkChooser {
  /**
   * V of a run over `parent`: covers `cover`, or else what is live by now, if cut and archive come in time; what is not
   * there by then is told.
   */
  choose(parent: BatchRun, cover: OffsetVector | undefined): Promise<TidemarkChoice>;
  archivedVector(parent: BatchRun): Promise<OffsetVector>;
}

const coverTimeoutMs = 60_000;
const freshTimeoutMs = 2_000;
const coverPollMs = 50;
const askAgainMs = 500;
const deadAfterMs = 5_000;
const farBehindRecords = 1_000_000;

export function createTidemarkChooser(dependencies: TidemarkChooserDependencies): TidemarkChooser {
  const { archive, speedState, log, clock, nudgeArchiver, maxRecords } = dependencies;
  /** When writers were asked for a cut that they had time to answer; none before the second run of this process. */
  let answeredSince = Number.NEGATIVE_INFINITY;
  /** When a run asked for the cut that is to become `answeredSince`. */
  let askedAt: number | undefined;

  async function archivedVector(parent: BatchRun): Promise<OffsetVector> {
    const vector = await archive.archivedVector();
    return parent.tidemark.map((offset, partition) => vector[partition] ?? offset);
  }

  async function chooseNow(parent: BatchRun): Promise<{ tidemark: OffsetVector; left: number }> {
    // Archived first: a boundary seen later than it is at most one that is not used yet.
    const archived = await archivedVector(parent);
    const speed = await speedState.positions();
    const floor = parent.tidemark;
    const chosen = chooseTidemark({ parent: floor, archived, speed, deadSince: answeredSince, farBehindRecords });
    const tidemark = boundTidemark({ parent: floor, chosen, speed, maxRecords });
    return { tidemark, left: countBetween(tidemark, chosen) };
  }

  async function askForCut(): Promise<void> {
    await speedState.askForCut().catch((err: unknown) => log.warn({ err }, 'asking for a cut failed'));
  }

  /** How far the live counters reach: what a run that is asked for now should count. */
  async function liveVector(parent: BatchRun): Promise<number[]> {
    const speed = await speedState.positions();
    return parent.tidemark.map((offset, partition) => Math.max(offset, speed[partition]?.next ?? 0));
  }

  /** Waits, bounded, until V covers `wanted` or is as much as a run takes; else the last V that was possible. */
  async function waitFor(parent: BatchRun, wanted: OffsetVector, timeoutMs: number) {
    const begun = clock();
    let lastAskedAt = begun;
    for (;;) {
      const choice = await chooseNow(parent);
      if (choice.left > 0 || covers(choice.tidemark, wanted) || clock() - begun > timeoutMs) return choice;
      nudgeArchiver();
      await new Promise((resolve) => setTimeout(resolve, coverPollMs));
      if (clock() - lastAskedAt < askAgainMs) continue;
      if (clock() - begun > deadAfterMs) answeredSince = begun;
      lastAskedAt = clock();
      await askForCut();
    }
  }

  return {
    archivedVector,
    async choose(parent, cover) {
      const begun = clock();
      await askForCut();
      if (askedAt === undefined) askedAt = begun;
      else if (begun - askedAt >= deadAfterMs) [answeredSince, askedAt] = [askedAt, begun];
      const wanted = cover ?? (await liveVector(parent));
      const choice = await waitFor(parent, wanted, cover ? coverTimeoutMs : freshTimeoutMs);
      return { ...choice, ...describeCoverage(choice.tidemark, wanted) };
    },
  };
}

function describeCoverage(tidemark: OffsetVector, cover: OffsetVector): { covered: boolean; behind?: string } {
  if (covers(tidemark, cover)) return { covered: true };
  const behind = cover.flatMap((offset, partition) =>
    (tidemark[partition] ?? 0) < offset
      ? [`partition ${partition} reached ${tidemark[partition] ?? 0} of ${offset}`]
      : [],
  );
  return { covered: false, behind: behind.join(', ') };
}
