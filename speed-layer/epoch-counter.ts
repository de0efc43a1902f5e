// The core: records of one partition in, flushes of its open epoch out. No I/O, no clock.
//
// For each offset, in order, exactly one of: gap, rejected, deferred (late), duplicate, counted. What is flushed for a
// range is a pure function of (generation, partition, from, to): it does not matter who computed it or when.
import type { LeaderEpoch, LogRecord, RecordSet } from '../runtime/kafka/record-log.ts';
import { encodeCell } from '../schemas/cells.ts';
import { compileFold, emptyCells } from '../schemas/fold.ts';
import type { Generation } from '../schemas/generation.ts';
import { identityOf } from '../schemas/identity.ts';
import { judgeRecord } from '../schemas/judge-record.ts';
import { emptyLedger, type EpochLedger } from '../schemas/layout-redis.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import type { Flush } from './counter-store.ts';
import type { IdentityWindow } from './identity-window.ts';

export interface EpochCounterOptions {
  readonly generation: Generation;
  readonly partition: number;
  /** Where the open, still empty epoch begins. */
  readonly next: number;
  readonly maxTimestamp: number | undefined;
  /** Of the record before `next`; undefined where it is not known. */
  readonly leaderEpoch?: number | undefined;
  readonly identities: IdentityWindow;
  /** A flush is sealed at this many touched cells, an epoch at this many offsets or cells. */
  readonly maxTouchedCells: number;
  readonly maxEpochRecords: number;
  readonly maxEpochCells?: number;
}

export interface EpochCounter {
  readonly next: number;
  /** Offsets counted in memory and not yet taken. */
  readonly pendingRecords: number;
  /** First offset of the open epoch. */
  readonly epoch: number;
  /** Of the record before `next`; undefined where it is not known. */
  readonly leaderEpoch: number | undefined;
  /** Greatest record timestamp of a valid event below next. */
  readonly maxTimestamp: number | undefined;
  /** Counts a record set that begins at `next`. */
  apply(set: RecordSet): void;
  /** Takes what is to be written, in order; with `close` the last one closes the epoch (nothing where it is empty). */
  take(close: boolean): Flush[];
  /** Where all was taken: a flush that adds nothing, to ask whether the store stands where we left it. */
  standing(): Flush;
}

/** Sums stay far enough below 2^53 that one more event is still exact: it adds at most 10^15 (1,000 lines of 10^12). */
const greatestSum = 2 ** 52;

export function createEpochCounter(options: EpochCounterOptions): EpochCounter {
  const { generation, partition, identities } = options;
  const { rules, horizonMs, definition, identityKey } = generation;
  const fold = compileFold(generation);
  let { next, maxTimestamp } = options;
  let epoch = openEpoch(next);
  let leaderEpochs: readonly LeaderEpoch[] =
    options.leaderEpoch === undefined ? [] : [{ from: next - 1, epoch: options.leaderEpoch }];
  const leaderEpoch = () => leaderEpochs.findLast(({ from }) => from < next)?.epoch;
  let sealed: Flush[] = [];
  let epochIsFull = false;

  function openEpoch(from: number) {
    const cells = emptyCells(definition);
    const zeros = () => definition.rollups.map(() => 0);
    const ledger: EpochLedger = { ...emptyLedger(), newest: 0, cells: zeros(), facts: zeros() };
    return {
      from,
      cells,
      ledger,
      touched: definition.rollups.map(() => new Set<string>()),
      ids: [] as number[],
      flushedTo: from,
      before: { idsBytes: 0, cells: zeros() },
    };
  }

  /** Puts what was counted since the last seal into a flush. */
  function seal(close: boolean): void {
    const { from, cells, ledger, touched, ids, flushedTo, before } = epoch;
    if (next === flushedTo && !(close && next > from)) return;
    ledger.cells = cells.map((map) => map.size);
    sealed.push({
      epoch: from,
      from: flushedTo,
      next,
      close,
      maxTimestamp,
      leaderEpoch: leaderEpoch(),
      ledger: structuredClone(ledger),
      before,
      ids: encodeIds(ids),
      cells: touched.map((keys, i) => [...keys].flatMap((key) => [key, encodeCell(cells[i]!.get(key)!)])),
    });
    if (close) {
      epoch = openEpoch(next);
      return;
    }
    for (const keys of touched) keys.clear();
    epoch.ids = [];
    epoch.flushedTo = next;
    epoch.before = { idsBytes: ledger.counted * 8, cells: ledger.cells };
  }

  function visit(record: LogRecord): void {
    const { timestampMs, key, value, unreadable } = record;
    const judgement = judgeRecord({ partition, timestampMs, key, value, unreadable }, rules);
    if (judgement.kind === 'rejected') epoch.ledger.rejected += 1;
    else visitEvent(judgement.event, timestampMs);
    advance(record.offset + 1);
  }

  function visitEvent(event: OrderEvent, timestampMs: number): void {
    maxTimestamp = Math.max(maxTimestamp ?? timestampMs, timestampMs);
    if (event.occurredAt < maxTimestamp - horizonMs) {
      epoch.ledger.deferred += 1;
      return;
    }
    const identity = identityOf(event, identityKey);
    if (identities.has(identity, event.occurredAt)) {
      epoch.ledger.duplicate += 1;
      return;
    }
    identities.add(identity, event.occurredAt);
    epoch.ids.push(identity.high, identity.low);
    epoch.ledger.counted += 1;
    epoch.ledger.newest = Math.max(epoch.ledger.newest, event.occurredAt);
    const greatest = fold.add(event, epoch.cells, (rollup, key) => {
      epoch.touched[rollup]!.add(key);
      epoch.ledger.facts[rollup]! += 1;
    });
    if (greatest > greatestSum) epochIsFull = true;
  }

  function advance(to: number): void {
    next = to;
    const cells = epoch.cells.reduce((sum, map) => sum + map.size, 0);
    const full =
      epochIsFull ||
      next - epoch.from >= options.maxEpochRecords ||
      cells >= (options.maxEpochCells ?? Number.POSITIVE_INFINITY);
    epochIsFull = false;
    if (full) seal(true);
    else if (touchedCells() >= options.maxTouchedCells) seal(false);
  }
  const touchedCells = () => epoch.touched.reduce((sum, keys) => sum + keys.size, 0);

  return {
    get next() {
      return next;
    },
    get epoch() {
      return epoch.from;
    },
    get leaderEpoch() {
      return leaderEpoch();
    },
    get maxTimestamp() {
      return maxTimestamp;
    },
    get pendingRecords() {
      return next - (sealed[0]?.from ?? epoch.flushedTo);
    },
    apply(set) {
      if (set.from !== next)
        throw new Error(`partition ${partition}: the record set begins at ${set.from}, expected ${next}`);
      leaderEpochs = set.leaderEpochs ?? [];
      set.walk({
        record: visit,
        gap(from, to) {
          epoch.ledger.gap += to - from;
          advance(to);
        },
      });
      if (next !== set.next)
        throw new Error(`partition ${partition}: the record set ended at ${next}, said ${set.next}`);
      if (maxTimestamp !== undefined) identities.dropBelow(maxTimestamp - horizonMs);
    },
    take(close) {
      seal(close);
      const taken = sealed;
      sealed = [];
      return taken;
    },
    standing() {
      const { from, ledger, flushedTo, before } = epoch;
      const none = { ids: Buffer.alloc(0), cells: definition.rollups.map(() => []) };
      return { epoch: from, from: flushedTo, next: flushedTo, close: false, maxTimestamp, ledger, before, ...none };
    },
  };
}

function encodeIds(halves: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(halves.length * 4);
  for (const [i, half] of halves.entries()) bytes.writeUInt32BE(half, i * 4);
  return bytes;
}
