// What there is to ask for, as plain tables and without the definition: dimensions, measures, and which of them are held
// together. A measure more is a line more here.
import type { EventType, OrderEvent, OrderItem } from '../../schemas/order-event.ts';
import type { AskedQuery } from './asked-query.ts';

type Grain = 'order' | 'item';

/** An event, or one line of an order placed. */
export interface Fact {
  readonly event: OrderEvent;
  readonly line: OrderItem | undefined;
}

/** As it is before any rounding: [numerator, denominator]. */
export type Fraction = readonly [number, number];

interface OracleMeasure {
  readonly unit: 'count' | 'minor';
  /** Of which facts it can be told. */
  readonly of: readonly Grain[];
  value(facts: readonly Fact[]): Fraction;
}

const add = (facts: readonly Fact[], type: EventType, addend: (fact: Fact) => number) =>
  facts.reduce((sum, fact) => sum + (fact.event.type === type ? addend(fact) : 0), 0);
const count = (type: EventType): OracleMeasure => ({
  unit: 'count',
  of: ['order'],
  value: (facts) => [add(facts, type, () => 1), 1],
});
const amount = ({ event }: Fact) => event.amountMinor;
const amounts = (type: EventType): OracleMeasure => ({
  unit: 'minor',
  of: ['order'],
  value: (facts) => [add(facts, type, amount), 1],
});
const quantity = ({ event, line }: Fact) => line?.quantity ?? event.items.reduce((sum, item) => sum + item.quantity, 0);

export const measures: Readonly<Record<string, OracleMeasure>> = {
  orders: count('OrderPlaced'),
  grossMinor: amounts('OrderPlaced'),
  cancelledOrders: count('OrderCancelled'),
  cancelledMinor: amounts('OrderCancelled'),
  refunds: count('OrderRefunded'),
  refundedMinor: amounts('OrderRefunded'),
  fulfilledOrders: count('OrderFulfilled'),
  netMinor: {
    unit: 'minor',
    of: ['order'],
    value: (facts) => [
      add(facts, 'OrderPlaced', amount) - add(facts, 'OrderCancelled', amount) - add(facts, 'OrderRefunded', amount),
      1,
    ],
  },
  averageOrderMinor: {
    unit: 'minor',
    of: ['order'],
    value: (facts) => [add(facts, 'OrderPlaced', amount), add(facts, 'OrderPlaced', () => 1)],
  },
  units: { unit: 'count', of: ['order', 'item'], value: (facts) => [add(facts, 'OrderPlaced', quantity), 1] },
  itemMinor: {
    unit: 'minor',
    of: ['item'],
    value: (facts) => [add(facts, 'OrderPlaced', ({ line }) => line!.amountMinor), 1],
  },
};

export const dimensions: Readonly<Record<string, (fact: Fact) => string>> = {
  store: ({ event }) => event.storeId,
  channel: ({ event }) => event.channel,
  country: ({ event }) => event.country,
  currency: ({ event }) => event.currency,
  category: ({ line }) => line!.category,
  sku: ({ line }) => line!.sku,
};

/** Facts that are held by these dimensions and minutes. */
export interface Holding {
  readonly grain: Grain;
  readonly dimensions: readonly string[];
  readonly attributions: readonly string[];
  readonly minutes: number;
}

/** In the order in which they are preferred. */
const holdings: readonly Holding[] = [
  {
    grain: 'order',
    dimensions: ['store', 'channel', 'country', 'currency'],
    attributions: ['event', 'order'],
    minutes: 1,
  },
  { grain: 'item', dimensions: ['sku', 'category', 'store', 'currency'], attributions: ['event'], minutes: 15 },
  {
    grain: 'item',
    dimensions: ['category', 'store', 'channel', 'country', 'currency'],
    attributions: ['event'],
    minutes: 1,
  },
];

export const asksMoney = (asked: AskedQuery) => asked.measures.some((name) => measures[name]!.unit === 'minor');

/** What can answer the query, or why nothing can: code and field. */
export function holdingsFor(asked: AskedQuery): readonly Holding[] | string {
  const { by = [], where = {}, not = {}, attribution = 'event', window } = asked;
  const used = [...by, ...Object.keys(where), ...Object.keys(not)];
  const holding = holdings.filter(
    (one) =>
      used.every((name) => one.dimensions.includes(name)) &&
      asked.measures.every((name) => measures[name]!.of.includes(one.grain)),
  );
  if (holding.length === 0) return 'unanswerable measures';
  const attributed = holding.filter(({ attributions }) => attributions.includes(attribution));
  if (attributed.length === 0) return 'unanswerable attribution';
  const fine = attributed.filter(({ minutes }) => window !== 'minute' || minutes === 1);
  return fine.length === 0 ? 'unanswerable window' : fine;
}
