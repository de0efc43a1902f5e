// An event's identity as 64 bits: SipHash-2-4 (Aumasson, Bernstein 2012), keyed so that nobody can make two orders
// collide on purpose. Layout of the hashed bytes: occurredAt (int64 LE), eventId (16 bytes), orderId (UTF-8).
import siphash from 'siphash';
import type { OrderEvent } from './order-event.ts';

/** Two unsigned 32-bit halves. */
export interface Identity {
  readonly high: number;
  readonly low: number;
}

export type HashKey = Readonly<Uint32Array>;

/** Reads a 128-bit key from 32 hexadecimal digits; throws a RangeError otherwise. */
export function parseHashKey(hex: string): HashKey {
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new RangeError('the hash key must be 32 hexadecimal digits');
  const bytes = Buffer.from(hex, 'hex');
  return Uint32Array.from([0, 4, 8, 12], (at) => bytes.readUInt32LE(at));
}

/** Parameters whose values no message may show: a store writes what is bound into its refusals. */
export const secretParams: readonly string[] = ['k0', 'k1'];

/** The key as parameters k0 and k1 (UInt64) of a statement: it stands in no statement's text. */
export function hashKeyParams(key: HashKey): { readonly k0: string; readonly k1: string } {
  const half = (at: number) => ((BigInt(key[at + 1]!) << 32n) | BigInt(key[at]!)).toString();
  return { k0: half(0), k1: half(2) };
}

export function identityOf(event: Pick<OrderEvent, 'orderId' | 'eventId' | 'occurredAt'>, key: HashKey): Identity {
  const hash = siphash.hash(key, identityBytes(event));
  return { high: hash.h >>> 0, low: hash.l >>> 0 };
}

/** The bytes that are hashed; exported so that a test can hold ClickHouse's sipHash64Keyed against it. */
export function identityBytes(event: Pick<OrderEvent, 'orderId' | 'eventId' | 'occurredAt'>): Buffer {
  const bytes = Buffer.allocUnsafe(24 + Buffer.byteLength(event.orderId));
  bytes.writeBigInt64LE(BigInt(event.occurredAt), 0);
  bytes.write(event.eventId.replaceAll('-', ''), 8, 16, 'hex');
  bytes.write(event.orderId, 24);
  return bytes;
}
