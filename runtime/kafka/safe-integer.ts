// 64-bit integers of the wire as JS numbers. Kafka offsets never come near 2^53; what does is refused, not rounded.
import { KafkaError } from './errors.ts';

/** Reads a signed int64, big endian. Throws `unsafe-integer` below -1 (Kafka's "none") and at or above 2^53. */
export function readSafeInt64(bytes: Buffer, at: number): number {
  const high = bytes.readInt32BE(at);
  const value = high * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
  if (value < -1 || !Number.isSafeInteger(value)) throw unsafe(bytes.readBigInt64BE(at));
  return value;
}

/** As `readSafeInt64`, for what a parser has already made a bigint. */
export function toSafeNumber(value: bigint): number {
  if (value < -1n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw unsafe(value);
  return Number(value);
}

function unsafe(value: bigint): KafkaError {
  const text = value.toString();
  return new KafkaError(
    'unsafe-integer',
    `Kafka sent ${text} where -1 to 2^53-1 is expected`,
    { value: text },
    {
      retryable: false,
    },
  );
}
