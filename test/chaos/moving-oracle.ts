// The oracle for many answers over one growing log: it moves its totals from the vectors of one answer to those of the
// next, forwards or back, instead of folding the log anew. Equal to schemas/oracle.ts, which its test holds it against.
//
// Copies of an event meet in one partition, and a floor never falls. So an event is counted in an answer (V, W) if the first
// of its copies is below W and in time, or below V and late; and a late record of [V, W) is deferred, copy or not.
import type { OffsetVector } from '../../schemas/offset-vector.ts';
import type { LogEntry } from '../../schemas/oracle.ts';
import type { OrderEvent } from '../../schemas/order-event.ts';
import type { Question, Totals } from './questions.ts';

interface First {
  readonly offset: number;
  readonly event: OrderEvent;
}

interface PartitionLog {
  readonly seen: Set<string>;
  maxTimestamp: number;
  /** Firsts of their identity, counted from W on. */
  readonly inTime: First[];
  /** Firsts of their identity, counted from V on. */
  readonly late: First[];
  readonly lateOffsets: number[];
}

export interface MovingOracle {
  /** In the order of offsets within each partition. */
  add(entry: LogEntry): void;
  /** Valid until the next call for the same question. */
  totals(question: Question, v: OffsetVector, w: OffsetVector): Totals;
  deferred(v: OffsetVector, w: OffsetVector): number;
  /** Whether the event is among those below the vector. */
  holds(event: OrderEvent, partition: number): boolean;
}

const identityOf = ({ orderId, eventId, occurredAt }: OrderEvent) => `${orderId} ${eventId} ${occurredAt}`;

export function createMovingOracle(partitions: number, horizonMs: number): MovingOracle {
  const logs = Array.from(
    { length: partitions },
    (): PartitionLog => ({ seen: new Set(), maxTimestamp: 0, inTime: [], late: [], lateOffsets: [] }),
  );
  const sums = new Map<Question, MovingSums>();

  return {
    add({ partition, offset, timestampMs, event }) {
      if (!event) return;
      const log = logs[partition]!;
      log.maxTimestamp = Math.max(log.maxTimestamp, timestampMs);
      const late = event.occurredAt < log.maxTimestamp - horizonMs;
      if (late) log.lateOffsets.push(offset);
      const identity = identityOf(event);
      if (log.seen.has(identity)) return;
      log.seen.add(identity);
      (late ? log.late : log.inTime).push({ offset, event });
    },
    totals(question, v, w) {
      let moving = sums.get(question);
      if (!moving) sums.set(question, (moving = createMovingSums(question, partitions)));
      for (const [p, log] of logs.entries()) {
        moving.move(2 * p, log.inTime, w[p] ?? 0);
        moving.move(2 * p + 1, log.late, v[p] ?? 0);
      }
      return moving.totals;
    },
    deferred: (v, w) =>
      logs.reduce((sum, { lateOffsets }, p) => sum + below(lateOffsets, w[p] ?? 0) - below(lateOffsets, v[p] ?? 0), 0),
    holds: (event, partition) => logs[partition]!.seen.has(identityOf(event)),
  };
}

interface MovingSums {
  readonly totals: Totals;
  /** Makes the events of the list below the offset, and no others of it, part of the totals. */
  move(list: number, firsts: readonly First[], to: number): void;
}

function createMovingSums(question: Question, partitions: number): MovingSums {
  const totals = new Map<string, Record<string, number>>();
  const facts = new Map<string, number>();
  const at = new Int32Array(2 * partitions);

  function apply({ event }: First, sign: 1 | -1): void {
    for (const [group, added] of question.totalsOf([event])) {
      const count = (facts.get(group) ?? 0) + sign;
      facts.set(group, count);
      const sum = totals.get(group) ?? Object.fromEntries(question.measures.map((name) => [name, 0]));
      for (const name of question.measures) sum[name]! += sign * added[name]!;
      if (count === 0) totals.delete(group);
      else totals.set(group, sum);
    }
  }

  return {
    totals,
    move(list, firsts, to) {
      let i = at[list]!;
      while (i < firsts.length && firsts[i]!.offset < to) apply(firsts[i++]!, 1);
      while (i > 0 && firsts[i - 1]!.offset >= to) apply(firsts[--i]!, -1);
      at[list] = i;
    },
  };
}

/** How many of the sorted offsets are below the bound. */
function below(offsets: readonly number[], bound: number): number {
  let [low, high] = [0, offsets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
