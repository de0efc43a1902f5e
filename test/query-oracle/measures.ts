// What there is to ask for, as plain tables and without the definition: dimensions, measures, and which of them are held
// together. A measure more is a line more here.
import type { EventType, OrderEvent, OrderItem } from '../../schemas/order-event.ts';
import type { AskedQuery } from './asked-query.ts';

/** Facts are events, orders placed alone, or the lines of these. */
export type Grain = 'order' | 'placed' | 'item';

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

const isOrder = ({ line }: Fact) => line === undefined;
const sum = (facts: readonly Fact[], type: EventType, addend: (fact: Fact) => number) =>
  facts.reduce((total, fact) => total + (fact.event.type === type ? addend(fact) : 0), 0);
/** Where lines are facts as well, of the orders alone. */
const add = (facts: readonly Fact[], type: EventType, addend: (fact: Fact) => number) =>
  sum(facts.filter(isOrder), type, addend);
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
  orders: { ...count('OrderPlaced'), of: ['order', 'placed'] },
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
  units: {
    unit: 'count',
    of: ['order', 'item'],
    value: (facts) => [sum(facts.some(isOrder) ? facts.filter(isOrder) : facts, 'OrderPlaced', quantity), 1],
  },
  itemMinor: {
    unit: 'minor',
    of: ['item'],
    value: (facts) => [sum(facts, 'OrderPlaced', ({ line }) => line?.amountMinor ?? 0), 1],
  },
  customers: {
    unit: 'count',
    of: ['placed'],
    value(facts) {
      const placed = facts.filter(({ event }) => event.type === 'OrderPlaced');
      const ids = placed.flatMap(({ event: { customerId } }) => (customerId === null ? [] : [customerId]));
      return [new Set(ids).size, 1];
    },
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
interface Holding {
  readonly grain: Grain;
  readonly dimensions: readonly string[];
  readonly minutes: number;
}

/** What answers a query together: the facts of all of them, on the widest grain. */
export interface Choice {
  readonly grains: readonly Grain[];
  readonly minutes: number;
}

/** In the order in which they are preferred. */
const holdings: readonly Holding[] = [
  {
    grain: 'order',
    dimensions: ['store', 'channel', 'country', 'currency'],
    minutes: 1,
  },
  { grain: 'item', dimensions: ['sku', 'category', 'store', 'currency'], minutes: 15 },
  { grain: 'placed', dimensions: ['store', 'channel', 'country', 'currency'], minutes: 15 },
  {
    grain: 'item',
    dimensions: ['category', 'store', 'channel', 'country', 'currency'],
    minutes: 1,
  },
];

export const asksMoney = (asked: AskedQuery) => asked.measures.some((name) => measures[name]!.unit === 'minor');

/** What can answer the query, or why nothing can: code and field. */
export function holdingsFor(asked: AskedQuery): readonly Choice[] | string {
  const { by = [], where = {}, not = {}, window } = asked;
  const used = [...by, ...Object.keys(where), ...Object.keys(not)];
  const holds = ({ grain }: Holding, name: string) => measures[name]!.of.includes(grain);
  const holding = holdings.filter((one) => used.every((name) => one.dimensions.includes(name)));
  if (!asked.measures.every((name) => holding.some((one) => holds(one, name)))) return 'unanswerable measures';
  const fine = holding.filter(({ minutes }) => window !== 'minute' || minutes === 1);
  const whole = fine.filter((one) => asked.measures.every((name) => holds(one, name)));
  if (whole.length > 0) return whole.map(({ grain, minutes }) => ({ grains: [grain], minutes }));
  const several = [15, 1].flatMap((most) => {
    const chosen = asked.measures.map((name) => fine.find((one) => one.minutes <= most && holds(one, name)));
    if (!chosen.every((one) => one !== undefined)) return [];
    const minutes = Math.max(...chosen.map((one) => one.minutes));
    return [{ grains: [...new Set(chosen.map(({ grain }) => grain))], minutes }];
  });
  return several.length === 0 ? 'unanswerable window' : several;
}
