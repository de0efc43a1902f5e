// An event as a client sends it to POST /v1/events, and an event with the moment at which it is to be sent.
import type { EventType } from '../schemas/order-event.ts';

export interface EventInput {
  readonly type: EventType;
  readonly orderId: string;
  readonly sequence?: number;
  readonly customerId?: string;
  readonly storeId: string;
  readonly channel: string;
  readonly country: string;
  readonly currency: string;
  /** UTC milliseconds. */
  readonly occurredAt: number;
  readonly placedAt?: number;
  readonly amountMinor: number;
  readonly items: readonly ItemInput[];
}

export interface ItemInput {
  readonly sku: string;
  readonly name?: string;
  readonly category: string;
  readonly quantity: number;
  readonly amountMinor: number;
}

export interface OutgoingEvent {
  /** One JSON text: an event of ours or a line of somebody's file. */
  readonly json: string | Buffer;
  /** Where it stands in the file, from 1; absent where there is none. */
  readonly line?: number;
  /** Not to be sent before this moment (UTC milliseconds); absent: at once. */
  readonly dueMs?: number;
}
