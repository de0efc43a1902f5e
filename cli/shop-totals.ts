// Plain counting of what a simulation sent, without the definition, so that a test can hold the API against it.
import type { EventInput } from './event-input.ts';

interface CurrencyTotals {
  orders: number;
  grossMinor: number;
  cancelledOrders: number;
  cancelledMinor: number;
  refunds: number;
  refundedMinor: number;
  netMinor: number;
  units: number;
  fulfilledOrders: number;
}

export interface ShopTotals {
  /** Events sent, copies included. */
  sent: number;
  distinct: number;
  copies: number;
  /** Amounts of different currencies are never added. */
  readonly byCurrency: Record<string, CurrencyTotals>;
}

export interface ShopCounter {
  add(event: EventInput): void;
  totals(): ShopTotals;
}

export function createShopCounter(): ShopCounter {
  const seen = new Set<string>();
  const totals: ShopTotals = { sent: 0, distinct: 0, copies: 0, byCurrency: {} };
  return {
    add(event) {
      const identity = JSON.stringify([event.orderId, event.type, event.sequence, event.occurredAt]);
      totals.sent += 1;
      if (seen.has(identity)) {
        totals.copies += 1;
        return;
      }
      seen.add(identity);
      totals.distinct += 1;
      count((totals.byCurrency[event.currency] ??= nothing()), event);
    },
    totals: () => totals,
  };
}

function count(sums: CurrencyTotals, event: EventInput): void {
  switch (event.type) {
    case 'OrderPlaced':
      sums.orders += 1;
      sums.grossMinor += event.amountMinor;
      for (const item of event.items) sums.units += item.quantity;
      break;
    case 'OrderCancelled':
      sums.cancelledOrders += 1;
      sums.cancelledMinor += event.amountMinor;
      break;
    case 'OrderRefunded':
      sums.refunds += 1;
      sums.refundedMinor += event.amountMinor;
      break;
    case 'OrderFulfilled':
      sums.fulfilledOrders += 1;
      break;
    default:
      event.type satisfies never;
  }
  sums.netMinor = sums.grossMinor - sums.cancelledMinor - sums.refundedMinor;
}

function nothing(): CurrencyTotals {
  const minor = { grossMinor: 0, cancelledMinor: 0, refundedMinor: 0, netMinor: 0 };
  return { orders: 0, cancelledOrders: 0, refunds: 0, units: 0, fulfilledOrders: 0, ...minor };
}
