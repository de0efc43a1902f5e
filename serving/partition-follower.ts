// Follows one partition: decides when it needs a new snapshot, and keeps the messages that arrive while one is taken.
//
// idle      messages go to the view. A gap, a lost subscription or a poll that disagrees → wanted.
// wanted    as idle, until a snapshot is begun → taking.
// taking    messages go to the view and are kept as well; when the snapshot is in, they are applied again on top of it
//           (older ones change nothing). Whole and without a gap → idle, else → wanted, after a pause with jitter.
import type { FlushMessage } from '../schemas/layout-redis.ts';
import type { FlushOutcome, Stand } from './partition-view.ts';
import type { TakenSnapshot } from './snapshot-source.ts';

export interface PartitionFollower {
  hear(message: FlushMessage): FlushOutcome;
  /** What a poll saw, and where we stood when it was sent. */
  compare(polled: Stand | undefined, stoodAt: Stand | undefined, nowMs: number): void;
  /** Takes a snapshot if one is wanted and due. */
  refresh(nowMs: number): Promise<void>;
  want(notBeforeMs: number): void;
  /** undefined when none is wanted. */
  dueAt(): number | undefined;
  /** True once a first snapshot was taken. */
  readonly taken: boolean;
  readonly notWhole: readonly { readonly from: number; readonly to: number }[];
}

export interface PartitionFollowerDependencies {
  readonly apply: (message: FlushMessage) => FlushOutcome;
  readonly take: () => Promise<TakenSnapshot>;
  readonly install: (snapshot: TakenSnapshot) => void;
  readonly clock: () => number;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
}

const keptMessages = 5_000;
/** Cells of the kept messages, together. */
const keptCells = 200_000;
const gapPauseMs = 200;
const notWholePauseMs = 2_000;

export function createPartitionFollower(dependencies: PartitionFollowerDependencies): PartitionFollower {
  const { apply, take, install, clock, random } = dependencies;
  let wantedAt: number | undefined = 0;
  let earliest = 0;
  let kept: { readonly messages: FlushMessage[]; cells: number } | undefined;
  let polledBefore: Stand | undefined;
  let taken = false;
  let notWhole: TakenSnapshot['notWhole'] = [];

  function want(notBeforeMs: number): void {
    wantedAt = Math.max(earliest, Math.min(wantedAt ?? Number.POSITIVE_INFINITY, notBeforeMs));
  }

  /** False where no snapshot is being taken, or too much came meanwhile: then the last one kept ends in a gap. */
  function keep(message: FlushMessage): boolean {
    if (!kept || kept.messages.length >= keptMessages || kept.cells >= keptCells) return false;
    kept.messages.push(message);
    for (const list of message.cells) kept.cells += list.length / 2;
    return true;
  }

  return {
    get taken() {
      return taken;
    },
    get notWhole() {
      return notWhole;
    },
    want,
    dueAt: () => wantedAt,
    hear(message) {
      const outcome = apply(message);
      if (!keep(message) && outcome === 'gap') want(clock() + gapPauseMs * random());
      return outcome;
    },
    compare(polled, stoodAt, nowMs) {
      // Redis never goes back by itself: below what it had already told, it was wiped or set back.
      const setBack = stoodAt && (!polled || polled.next < stoodAt.next || polled.epoch < stoodAt.epoch);
      // Behind what it said a poll ago: a message was lost.
      const behind =
        polledBefore && (!stoodAt || stoodAt.next < polledBefore.next || stoodAt.epoch < polledBefore.epoch);
      polledBefore = polled;
      if (setBack || (behind && polled)) want(nowMs);
    },
    async refresh(nowMs) {
      if (wantedAt === undefined || nowMs < wantedAt || kept) return;
      kept = { messages: [], cells: 0 };
      try {
        const snapshot = await take();
        wantedAt = undefined;
        install(snapshot);
        taken = true;
        notWhole = snapshot.notWhole;
        const { messages } = kept;
        kept = undefined;
        const last = messages.map(apply).at(-1);
        const pauseMs = notWhole.length > 0 ? notWholePauseMs : gapPauseMs;
        earliest = clock() + pauseMs * (0.5 + random());
        if (notWhole.length > 0 || last === 'gap') want(earliest);
      } finally {
        kept = undefined;
      }
    },
  };
}
