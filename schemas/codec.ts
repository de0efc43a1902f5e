// Event to bytes and back: Avro in the registry's wire format (0, schema id as big-endian int32, datum).
// Source: Confluent Schema Registry, "Wire format". Ids come from the versioned schemas listed here.
import avsc from 'avsc';
import { type AvroSchema, hasAvroShape } from './avro-bounds.ts';
import orderEventSchema from './order-event.avsc.json' with { type: 'json' };
import type { OrderEvent } from './order-event.ts';

/** The schema id with which writers write. */
export const currentSchemaId = 1;

const schemas: ReadonlyMap<number, { readonly shape: AvroSchema; readonly type: avsc.Type }> = new Map([
  [1, { shape: orderEventSchema as AvroSchema, type: avsc.Type.forSchema(orderEventSchema as avsc.Schema) }],
]);
const writer = avsc.Type.forSchema(orderEventSchema as avsc.Schema, { wrapUnions: false });

const frameBytes = 5;

export function encodeEvent(event: OrderEvent): Buffer {
  const datum = writer.toBuffer(event);
  const framed = Buffer.allocUnsafe(frameBytes + datum.length);
  framed.writeUInt8(0, 0);
  framed.writeInt32BE(currentSchemaId, 1);
  datum.copy(framed, frameBytes);
  return framed;
}

export type DecodedEvent =
  | { readonly kind: 'decoded'; readonly event: OrderEvent; readonly schemaId: number }
  | {
      readonly kind: 'undecodable';
      readonly code: 'no-value' | 'bad-frame' | 'unknown-schema' | 'undecodable';
      readonly message: string;
    };

/** Decodes a record's value; never throws, whatever the bytes. `schemaIds` are those that the generation accepts. */
export function decodeEvent(value: Buffer | null, schemaIds: readonly number[]): DecodedEvent {
  if (value === null) return { kind: 'undecodable', code: 'no-value', message: 'the record has no value' };
  if (value.length < frameBytes || value[0] !== 0) {
    return {
      kind: 'undecodable',
      code: 'bad-frame',
      message: 'expected a 0 byte and a schema id before the Avro bytes',
    };
  }
  const schemaId = value.readInt32BE(1);
  const schema = schemaIds.includes(schemaId) ? schemas.get(schemaId) : undefined;
  if (!schema) {
    const message = `schema id ${schemaId} is not accepted, expected one of ${schemaIds.join(', ')}`;
    return { kind: 'undecodable', code: 'unknown-schema', message };
  }
  const undecodable = {
    kind: 'undecodable',
    code: 'undecodable',
    message: `the bytes are no datum of schema ${schemaId}`,
  } as const;
  if (!hasAvroShape(schema.shape, value, frameBytes)) return undecodable;
  try {
    return { kind: 'decoded', schemaId, event: schema.type.fromBuffer(value.subarray(frameBytes)) as OrderEvent };
  } catch {
    return undecodable;
  }
}
