// The naive oracle: what an answer must be, written as plainly as possible and without the definition, so that it can
// disagree with it. Used by tests only.
import type { OffsetVector } from './offset-vector.ts';
import type { OrderEvent } from './order-event.ts';

/** One offset of the log; `event` is undefined where it holds no valid event. */
export interface LogEntry {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly event: OrderEvent | undefined;
}

export interface Prefix {
  readonly counted: OrderEvent[];
  /** Records at or above V that an answer leaves out because they came late. */
  readonly deferred: number;
  readonly duplicate: number;
}

/** Which events an answer with run vector V and vector W counts: each identity below W once, less those deferred at or above V. */
export function prefixOf(log: readonly LogEntry[], v: OffsetVector, w: OffsetVector, horizonMs: number): Prefix {
  const counted: OrderEvent[] = [];
  let deferred = 0;
  let duplicate = 0;
  const seen = new Set<string>();
  const newest = new Map<number, number>();
  const ordered = log.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
  for (const { partition, offset, timestampMs, event } of ordered) {
    if (!event || offset >= (w[partition] ?? 0)) continue;
    const maxTimestamp = Math.max(newest.get(partition) ?? 0, timestampMs);
    newest.set(partition, maxTimestamp);
    const late = event.occurredAt < maxTimestamp - horizonMs;
    if (late && offset >= (v[partition] ?? 0)) {
      deferred += 1;
      continue;
    }
    const identity = JSON.stringify([event.orderId, event.eventId, event.occurredAt]);
    if (seen.has(identity)) {
      duplicate += 1;
      continue;
    }
    seen.add(identity);
    counted.push(event);
  }
  return { counted, deferred, duplicate };
}

export type OracleTotals = Record<
  | 'orders'
  | 'grossMinor'
  | 'cancelledOrders'
  | 'cancelledMinor'
  | 'refunds'
  | 'refundedMinor'
  | 'netMinor'
  | 'units'
  | 'fulfilledOrders',
  number
>;

/** Totals at order grain, one row for each value of `groupOf` (undefined: leave the event out). */
export function orderTotals(
  events: readonly OrderEvent[],
  groupOf: (event: OrderEvent) => string | undefined,
): Map<string, OracleTotals> {
  const groups = new Map<string, OracleTotals>();
  for (const event of events) {
    const group = groupOf(event);
    if (group === undefined) continue;
    const totals = groups.get(group) ?? {
      orders: 0,
      grossMinor: 0,
      cancelledOrders: 0,
      cancelledMinor: 0,
      refunds: 0,
      refundedMinor: 0,
      netMinor: 0,
      units: 0,
      fulfilledOrders: 0,
    };
    groups.set(group, totals);
    if (event.type === 'OrderPlaced') {
      totals.orders += 1;
      totals.grossMinor += event.amountMinor;
      totals.netMinor += event.amountMinor;
      for (const item of event.items) totals.units += item.quantity;
    } else if (event.type === 'OrderCancelled') {
      totals.cancelledOrders += 1;
      totals.cancelledMinor += event.amountMinor;
      totals.netMinor -= event.amountMinor;
    } else if (event.type === 'OrderRefunded') {
      totals.refunds += 1;
      totals.refundedMinor += event.amountMinor;
      totals.netMinor -= event.amountMinor;
    } else {
      totals.fulfilledOrders += 1;
    }
  }
  return groups;
}

/** Totals at item grain over the lines of orders placed. */
export function itemTotals(
  events: readonly OrderEvent[],
  groupOf: (event: OrderEvent, item: OrderEvent['items'][number]) => string | undefined,
): Map<string, { units: number; itemMinor: number }> {
  const groups = new Map<string, { units: number; itemMinor: number }>();
  for (const event of events) {
    if (event.type !== 'OrderPlaced') continue;
    for (const item of event.items) {
      const group = groupOf(event, item);
      if (group === undefined) continue;
      const totals = groups.get(group) ?? { units: 0, itemMinor: 0 };
      groups.set(group, totals);
      totals.units += item.quantity;
      totals.itemMinor += item.amountMinor;
    }
  }
  return groups;
}

/** Different customers who placed an order, by raw id; a group of orders without any customer has 0. */
export function distinctCustomers(
  events: readonly OrderEvent[],
  groupOf: (event: OrderEvent) => string | undefined,
): Map<string, number> {
  const groups = new Map<string, Set<string>>();
  for (const event of events) {
    const group = event.type === 'OrderPlaced' ? groupOf(event) : undefined;
    if (group === undefined) continue;
    const customers = groups.get(group) ?? new Set();
    groups.set(group, customers);
    if (event.customerId !== null) customers.add(event.customerId);
  }
  return new Map([...groups].map(([group, customers]) => [group, customers.size]));
}
