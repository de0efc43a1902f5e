// The metric definition as data: what is counted, by what, in which windows. Both layers are made from it (fold.ts,
// sql.ts); nothing in speed-layer, batch-layer or serving names an order field.
import type { EventType } from './order-event.ts';

export type Grain = 'order' | 'item';
type TimeField = 'occurredAt' | 'placedAt';

interface Dimension {
  /** Field of the event, or of its item where the grain is item. */
  readonly field: string;
  readonly grain: Grain;
  /**
   * Its value in a cell is not the field's text but its pseudonym (pseudonym.ts), '' where the event has none. Such a
   * dimension is there to be counted and is hidden from queries.
   */
  readonly form?: 'hash';
  /** Too many values for a dictionary. */
  readonly isWide?: true;
}

/** What one fact adds: 1, or a field. `items.quantity` at order grain is the sum over the order's items. */
export type Addend = { readonly kind: 'one' } | { readonly kind: 'field'; readonly field: string };

export interface BaseMeasure {
  readonly kind: 'base';
  readonly unit: 'count' | 'minor';
  readonly eventType: EventType;
  readonly at: Readonly<Partial<Record<Grain, Addend>>>;
  readonly title: string;
}
type DerivedMeasure =
  | {
      readonly kind: 'difference';
      readonly unit: 'minor';
      readonly of: string;
      readonly minus: readonly string[];
      readonly title: string;
    }
  | {
      readonly kind: 'ratio';
      readonly unit: 'minor';
      readonly of: string;
      readonly by: string;
      readonly decimals: number;
      readonly title: string;
    };
/** How many different values a hidden dimension has, '' left out, in the rollups that hold it. Not a sum: sets of values merge. */
interface DistinctMeasure {
  readonly kind: 'distinct';
  readonly unit: 'count';
  /** The dimension. */
  readonly of: string;
  readonly title: string;
}
type Measure = BaseMeasure | DerivedMeasure | DistinctMeasure;

export interface Rollup {
  readonly name: string;
  readonly grain: Grain;
  readonly time: TimeField;
  readonly windowMs: number;
  readonly dimensions: readonly string[];
  /** Base measures, in the order in which a cell holds them. */
  readonly measures: readonly string[];
  /** Only events of these types become facts; absent: all. */
  readonly eventTypes?: readonly EventType[];
}

export interface Definition {
  readonly dimensions: Readonly<Record<string, Dimension>>;
  readonly measures: Readonly<Record<string, Measure>>;
  readonly rollups: readonly Rollup[];
}

const minuteMs = 60_000;
const orderMeasures = [
  'orders',
  'grossMinor',
  'cancelledOrders',
  'cancelledMinor',
  'refunds',
  'refundedMinor',
  'units',
  'fulfilledOrders',
] as const;
const one: Addend = { kind: 'one' };
const amount: Addend = { kind: 'field', field: 'amountMinor' };

/** Measures count events: two refunds of one order are two refunds. */
export const definition: Definition = {
  dimensions: {
    store: { field: 'storeId', grain: 'order' },
    channel: { field: 'channel', grain: 'order' },
    country: { field: 'country', grain: 'order' },
    currency: { field: 'currency', grain: 'order' },
    category: { field: 'category', grain: 'item' },
    sku: { field: 'sku', grain: 'item', isWide: true },
    customer: { field: 'customerId', grain: 'order', form: 'hash', isWide: true },
  },
  measures: {
    orders: { kind: 'base', unit: 'count', eventType: 'OrderPlaced', at: { order: one }, title: 'orders placed' },
    grossMinor: {
      kind: 'base',
      unit: 'minor',
      eventType: 'OrderPlaced',
      at: { order: amount },
      title: 'charged by orders placed',
    },
    cancelledOrders: {
      kind: 'base',
      unit: 'count',
      eventType: 'OrderCancelled',
      at: { order: one },
      title: 'cancellations',
    },
    cancelledMinor: {
      kind: 'base',
      unit: 'minor',
      eventType: 'OrderCancelled',
      at: { order: amount },
      title: 'given back by cancellations',
    },
    refunds: { kind: 'base', unit: 'count', eventType: 'OrderRefunded', at: { order: one }, title: 'refunds' },
    refundedMinor: {
      kind: 'base',
      unit: 'minor',
      eventType: 'OrderRefunded',
      at: { order: amount },
      title: 'given back by refunds',
    },
    netMinor: {
      kind: 'difference',
      unit: 'minor',
      of: 'grossMinor',
      minus: ['cancelledMinor', 'refundedMinor'],
      title: 'gross less cancellations and refunds',
    },
    units: {
      kind: 'base',
      unit: 'count',
      eventType: 'OrderPlaced',
      at: { order: { kind: 'field', field: 'items.quantity' }, item: { kind: 'field', field: 'quantity' } },
      title: 'items of orders placed',
    },
    fulfilledOrders: {
      kind: 'base',
      unit: 'count',
      eventType: 'OrderFulfilled',
      at: { order: one },
      title: 'fulfilments',
    },
    averageOrderMinor: {
      kind: 'ratio',
      unit: 'minor',
      of: 'grossMinor',
      by: 'orders',
      decimals: 4,
      title: 'gross by order placed',
    },
    itemMinor: {
      kind: 'base',
      unit: 'minor',
      eventType: 'OrderPlaced',
      at: { item: amount },
      title: 'line totals of orders placed',
    },
    customers: {
      kind: 'distinct',
      unit: 'count',
      of: 'customer',
      title: 'different customers who placed an order',
    },
  },
  rollups: [
    {
      name: 'order_minute',
      grain: 'order',
      time: 'occurredAt',
      windowMs: minuteMs,
      dimensions: ['store', 'channel', 'country', 'currency'],
      measures: orderMeasures,
    },
    {
      name: 'order_minute_placed',
      grain: 'order',
      time: 'placedAt',
      windowMs: minuteMs,
      dimensions: ['store', 'channel', 'country', 'currency'],
      measures: orderMeasures,
    },
    {
      name: 'item_minute',
      grain: 'item',
      time: 'occurredAt',
      windowMs: minuteMs,
      dimensions: ['category', 'store', 'channel', 'country', 'currency'],
      measures: ['units', 'itemMinor'],
      eventTypes: ['OrderPlaced'],
    },
    {
      name: 'sku_quarter_hour',
      grain: 'item',
      time: 'occurredAt',
      windowMs: 15 * minuteMs,
      dimensions: ['sku', 'category', 'store', 'currency'],
      measures: ['units', 'itemMinor'],
      eventTypes: ['OrderPlaced'],
    },
    // About a cell for each order: wide windows, and orders only.
    {
      name: 'customer_quarter_hour',
      grain: 'order',
      time: 'occurredAt',
      windowMs: 15 * minuteMs,
      dimensions: ['customer', 'store', 'channel', 'country', 'currency'],
      measures: ['orders'],
      eventTypes: ['OrderPlaced'],
    },
  ],
};

/** The base measure of that name; throws where the definition has none (a mistake in the definition, not in input). */
export function baseMeasure(definition: Definition, name: string): BaseMeasure {
  const measure = definition.measures[name];
  if (measure?.kind !== 'base') throw new Error(`definition: ${name} is not a base measure`);
  return measure;
}

/** Whether a rollup's facts lie at that time: an order was placed when its OrderPlaced occurred. */
export function goesBy({ time, eventTypes }: Rollup, asked: TimeField): boolean {
  return time === asked || (eventTypes?.every((type) => type === 'OrderPlaced') ?? false);
}

/** Base measures from which a measure is computed; none for a distinct one, which takes the values of `distinctOf`. */
export function basesOf(definition: Definition, name: string): readonly string[] {
  const measure = definition.measures[name];
  switch (measure?.kind) {
    case undefined:
      throw new Error(`definition: no measure ${name}`);
    case 'base':
      return [name];
    case 'difference':
      return [measure.of, ...measure.minus];
    case 'ratio':
      return [measure.of, measure.by];
    case 'distinct':
      return [];
    default:
      return measure satisfies never;
  }
}

/** The dimension whose values a distinct measure counts; a rollup that answers it has that dimension. undefined for other measures. */
export function distinctOf(definition: Definition, name: string): string | undefined {
  const measure = definition.measures[name];
  return measure?.kind === 'distinct' ? measure.of : undefined;
}

/** Names of the dimensions that a query may use: those that are not hidden. */
export function queryDimensions({ dimensions }: Definition): string[] {
  return Object.keys(dimensions).filter((name) => dimensions[name]!.form !== 'hash');
}

/** The rollup that counts an order's events: each event is one fact of one cell. */
export function countingRollup(definition: Definition): Rollup {
  const rollup = definition.rollups.find(({ grain, eventTypes }) => grain === 'order' && !eventTypes);
  if (!rollup) throw new Error('definition: no rollup counts every event');
  return rollup;
}
