// Follows published runs: reads the current one each second and on a message, checks its chunk versions once, and offers
// it to the live view. ClickHouse away: the adopted run stays, and the notes say so.
import { notes } from '../api/notes.ts';
import type { Logger } from '../runtime/logger.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { LiveView, PinnedRun } from './live-view.ts';
import { startPolling } from './polling.ts';
import type { RunSource } from './run-source.ts';

export interface RunFollower extends AsyncDisposable {
  /** A run may have been published. */
  look(): void;
  /** What a reader should know, in words; empty where all is well. */
  notes(): string[];
}

export interface RunFollowerDependencies {
  readonly source: RunSource;
  readonly view: LiveView;
  readonly log: Logger;
  readonly clock: () => number;
  /** Something about the view changed; also when partitions stand against a run and a snapshot may help. */
  readonly onAdopted: () => void;
  readonly onPending: (partitions: readonly number[]) => void;
}

const everyMs = 1_000;
/** A run that is not whole is looked at again this often. */
const recheckMs = 10_000;
/** While a run does not fit, snapshots are asked for again this often. */
const repeatMs = 5_000;

export function startRunFollower(dependencies: RunFollowerDependencies): RunFollower {
  const { source, view, log, clock, onAdopted, onPending } = dependencies;
  let awaySince: number | undefined;
  let setBack: string | undefined;
  let broken: { readonly run: string; readonly note: string; readonly at: number } | undefined;
  let checked: PinnedRun | undefined;
  let told: { readonly run: string; readonly at: number } | undefined;

  async function look(): Promise<void> {
    await lookOnce();
    // Only a look that came to its end: a run that cannot be pinned is as unknown as one that cannot be read.
    awaySince = undefined;
  }

  async function lookOnce(): Promise<void> {
    const current = await source.current();
    const adopted = view.adopted();
    setBack = adopted && (!current || current.run < adopted.run.run) ? (current?.run ?? 'none') : undefined;
    if (!current || setBack !== undefined || current.run === adopted?.run.run) return;
    if (current.run === broken?.run && clock() - broken.at < recheckMs) return;
    const pinned = await check(current, adopted);
    if (!pinned) return;
    const outcome = view.offerRun(pinned);
    if (outcome.kind === 'pending') return tellPending(current.run, outcome.partitions);
    log.debug({ run: current.run }, 'run adopted');
    onAdopted();
  }

  /** Snapshots may help, but not one a second: the open epoch can be large. */
  function tellPending(run: string, partitions: readonly number[]): void {
    if (told?.run === run && clock() - told.at < repeatMs) return;
    told = { run, at: clock() };
    onPending(partitions);
  }

  /** Its off-chain runs, once it is found whole; versions up to an adopted ancestor were checked when that was adopted. */
  async function check(run: BatchRun, adopted: PinnedRun | undefined): Promise<PinnedRun | undefined> {
    if (checked?.run.run === run.run) return checked;
    const pinned = await source.pin(run, adopted);
    const { offChain } = pinned;
    const isAncestor = adopted && adopted.run.run >= run.base && !offChain.includes(adopted.run.run);
    const after = isAncestor ? adopted.run.run : '';
    const lacking = await source.findBroken(pinned, after);
    if (lacking !== undefined) {
      const note = notes.runLacks(run.run, lacking);
      if (broken?.run !== run.run) log.error({ run: run.run, lacking }, 'a run is not whole');
      broken = { run: run.run, note, at: clock() };
      return undefined;
    }
    broken = undefined;
    checked = pinned;
    return pinned;
  }

  const polling = startPolling({
    everyMs,
    look,
    onFault(err) {
      if (awaySince === undefined) log.warn({ err }, 'runs cannot be read');
      awaySince ??= clock();
    },
  });

  return {
    look: () => polling.soon(),
    notes() {
      const said: string[] = [];
      const adopted = view.adopted();
      if (awaySince !== undefined) said.push(notes.runsUnknown(awaySince));
      if (setBack !== undefined) said.push(notes.setBack(setBack, adopted?.run.run));
      if (broken && broken.run !== adopted?.run.run) said.push(broken.note);
      const pending = view.pending();
      if (pending) said.push(notes.runAhead(pending.pinned.run.run, pending.partitions));
      return said;
    },
    [Symbol.asyncDispose]: () => polling[Symbol.asyncDispose](),
  };
}
