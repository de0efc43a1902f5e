// Is this byte string at least shaped like the schema says? Run before the decoder, which trusts lengths and counts:
// an array count of 2^31 in ten poison bytes would make it allocate until the process dies.
// Source: Avro 1.12 specification, "Binary encoding".

export type AvroSchema =
  | string
  | readonly AvroSchema[]
  | {
      readonly type: AvroSchema;
      readonly fields?: readonly { readonly type: AvroSchema }[];
      readonly items?: AvroSchema;
      readonly symbols?: readonly string[];
    };

/** True when `bytes` from `start` is exactly one datum of the schema as far as lengths, counts and indexes go. */
export function hasAvroShape(schema: AvroSchema, bytes: Uint8Array, start: number): boolean {
  const cursor = { bytes, at: start };
  return skip(schema, cursor) && cursor.at === bytes.length;
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function skip(schema: AvroSchema, cursor: Cursor): boolean {
  if (isUnion(schema)) {
    const branch = schema[readLong(cursor)];
    return branch !== undefined && skip(branch, cursor);
  }
  if (typeof schema === 'string') return skipPrimitive(schema, cursor);
  switch (schema.type) {
    case 'record':
      return (schema.fields ?? []).every((field) => skip(field.type, cursor));
    case 'enum': {
      const index = readLong(cursor);
      return index >= 0 && index < (schema.symbols ?? []).length;
    }
    case 'array':
      return skipArray(schema.items ?? 'null', cursor);
    default:
      return skip(schema.type, cursor);
  }
}

function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}

function skipPrimitive(type: string, cursor: Cursor): boolean {
  switch (type) {
    case 'null':
      return true;
    case 'int':
    case 'long':
      return Number.isSafeInteger(readLong(cursor));
    case 'string': {
      const length = readLong(cursor);
      if (!(length >= 0 && length <= cursor.bytes.length - cursor.at)) return false;
      cursor.at += length;
      return true;
    }
    default:
      return false;
  }
}

function skipArray(items: AvroSchema, cursor: Cursor): boolean {
  for (;;) {
    const count = readLong(cursor);
    if (count === 0) return true;
    // Negative counts carry a block size; our writers never make them. Each item takes at least one byte.
    if (!(count > 0 && count <= cursor.bytes.length - cursor.at)) return false;
    for (let i = 0; i < count; i += 1) if (!skip(items, cursor)) return false;
  }
}

/** A zig-zag varint; NaN where it runs out of the bytes or beyond what a JavaScript number holds exactly. */
function readLong(cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 8; i += 1) {
    const byte = cursor.bytes[cursor.at];
    if (byte === undefined) return Number.NaN;
    cursor.at += 1;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      const decoded = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      return Number.isSafeInteger(decoded) && value <= Number.MAX_SAFE_INTEGER ? decoded : Number.NaN;
    }
    scale *= 128;
  }
  return Number.NaN;
}
