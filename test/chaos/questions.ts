// What the readers ask, and what each event adds to the answer, by the oracle's plain totals of one event.
import type { OrderEvent } from '../../schemas/order-event.ts';
import { itemTotals, orderTotals } from '../../schemas/oracle.ts';

export type Totals = ReadonlyMap<string, Readonly<Record<string, number>>>;

export interface Question {
  readonly query: string;
  readonly columns: readonly string[];
  readonly measures: readonly string[];
  /** By group: the columns' values, joined by `|`. */
  totalsOf(events: readonly OrderEvent[]): Totals;
}

const orderMeasures = [
  'orders',
  'grossMinor',
  'cancelledOrders',
  'cancelledMinor',
  'refunds',
  'refundedMinor',
  'netMinor',
  'units',
  'fulfilledOrders',
];
const itemMeasures = ['units', 'itemMinor'];
const minuteMs = 60_000;

const instant = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}+00:00`;
const windowOf = (ms: number, size: number) => instant(Math.floor(ms / size) * size);

export function questionsAt(nowMs: number): Question[] {
  const range = 'from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z';
  const start = Math.floor(nowMs / minuteMs - 10) * minuteMs;
  const end = start + 120 * minuteMs;
  const recent = `from=${new Date(start).toISOString()}&to=${new Date(end).toISOString()}`;
  return [
    byOrder(`by=currency&${range}`, ['currency'], (e) => e.currency),
    byOrder(`by=store,currency&${range}`, ['store', 'currency'], (e) => `${e.storeId}|${e.currency}`),
    byOrder(`by=currency&window=minute&${recent}`, ['windowStart', 'currency'], (e) =>
      e.occurredAt >= start && e.occurredAt < end ? `${windowOf(e.occurredAt, minuteMs)}|${e.currency}` : undefined,
    ),
    byOrder(
      `by=currency&window=day&attribution=order&${range}`,
      ['windowStart', 'currency'],
      (e) => `${windowOf(e.placedAt ?? e.occurredAt, 1_440 * minuteMs)}|${e.currency}`,
    ),
    byItem(`by=category,currency&${range}`, ['category', 'currency'], (e, item) => `${item.category}|${e.currency}`),
    byItem(`by=sku,currency&not.store=West&${range}`, ['sku', 'currency'], (e, item) =>
      e.storeId === 'West' ? undefined : `${item.sku}|${e.currency}`,
    ),
  ];
}

function byOrder(rest: string, columns: readonly string[], groupOf: Parameters<typeof orderTotals>[1]): Question {
  const query = `measures=${orderMeasures.join(',')}&${rest}`;
  return { query, columns, measures: orderMeasures, totalsOf: (events) => orderTotals(events, groupOf) };
}

function byItem(rest: string, columns: readonly string[], groupOf: Parameters<typeof itemTotals>[1]): Question {
  const query = `measures=${itemMeasures.join(',')}&${rest}`;
  return { query, columns, measures: itemMeasures, totalsOf: (events) => itemTotals(events, groupOf) };
}
