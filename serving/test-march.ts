// For tests of queries by example: the middle of a March, orders at ten o'clock of its days, half in batch, half live.
import type { OrderEvent } from '../schemas/order-event.ts';
import { createHalvedApp, type TestAppOptions } from './test-app.ts';

export const nowMs = Date.UTC(2024, 2, 15, 12, 0, 30);
export const day = (text: string): number => Date.parse(`${text}T10:00:00Z`);
export const appOf = (events: readonly Partial<OrderEvent>[], options: Partial<TestAppOptions> = {}) =>
  createHalvedApp(events, { nowMs, ...options });

export const order = (occurredAt: number, storeId: string, amountMinor: number, currency = 'USD') => ({
  occurredAt,
  storeId,
  amountMinor,
  currency,
});
