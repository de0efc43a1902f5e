// Reads what the archiver inserts: RowBinaryWithNamesAndTypes, by the types of its own header.

/** Rows as objects by column name. UInt64 and Int64 come as bigint. */
export function readRowBinary(bytes: Buffer): Record<string, unknown>[] {
  let at = 0;
  function varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at]!;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
  function skip(length: number): number {
    at += length;
    return at - length;
  }
  const binary = () => {
    const length = varint();
    const from = skip(length);
    return bytes.subarray(from, from + length);
  };
  const text = () => binary().toString();

  function readerOf(type: string): () => unknown {
    const inner = /^(\w+)\((.*)\)$/.exec(type);
    switch (inner?.[1] ?? type) {
      case 'LowCardinality':
        return readerOf(inner![2]!);
      case 'Nullable': {
        const read = readerOf(inner![2]!);
        return () => (bytes[skip(1)] === 1 ? null : read());
      }
      case 'Array': {
        const read = readerOf(inner![2]!);
        return () => Array.from({ length: varint() }, read);
      }
      case 'String':
        return text;
      case 'UInt32':
        return () => bytes.readUInt32LE(skip(4));
      case 'UInt64':
        return () => bytes.readBigUInt64LE(skip(8));
      case 'Int64':
        return () => bytes.readBigInt64LE(skip(8));
      default:
        throw new Error(`no reader for the type ${type}`);
    }
  }

  if (bytes.length === 0) return [];
  const names = Array.from({ length: varint() }, text);
  const readers = names.map(() => readerOf(text()));
  const rows: Record<string, unknown>[] = [];
  while (at < bytes.length) rows.push(Object.fromEntries(names.map((name, i) => [name, readers[i]!()])));
  return rows;
}
