// Writes RowBinaryWithNamesAndTypes. Source: ClickHouse documentation, "RowBinary". All integers are little-endian.

export interface RowBinaryWriter {
  readonly bytes: number;
  uint32(value: number): void;
  uint64(value: number): void;
  /** A UInt64 from two unsigned halves. */
  uint64Halves(high: number, low: number): void;
  /** Int64 of a safe integer. */
  int64(value: number): void;
  text(value: string | Buffer): void;
  nullable<T>(value: T | null, write: (value: T) => void): void;
  list<T>(values: readonly T[], write: (value: T) => void): void;
  /** What was written since the last call; the buffer is reused afterwards, so use it before writing on. */
  take(): Buffer;
}

export function createRowBinaryWriter(initialBytes = 1 << 16): RowBinaryWriter {
  // Nothing before something is written: a writer is made at every attempt to resume.
  let buffer = Buffer.alloc(0);
  let at = 0;

  function reserve(bytes: number): void {
    if (at + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(initialBytes, buffer.length * 2, at + bytes));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  }
  function byte(value: number): void {
    reserve(1);
    buffer[at] = value;
    at += 1;
  }
  function varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      byte((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    byte(rest);
  }

  return {
    get bytes() {
      return at;
    },
    uint32(value) {
      reserve(4);
      at = buffer.writeUInt32LE(value, at);
    },
    uint64(value) {
      reserve(8);
      at = buffer.writeBigUInt64LE(BigInt(value), at);
    },
    uint64Halves(high, low) {
      reserve(8);
      at = buffer.writeUInt32LE(low, at);
      at = buffer.writeUInt32LE(high, at);
    },
    int64(value) {
      reserve(8);
      at = buffer.writeBigInt64LE(BigInt(value), at);
    },
    text(value) {
      const length = Buffer.byteLength(value);
      varint(length);
      reserve(length);
      at += typeof value === 'string' ? buffer.write(value, at) : value.copy(buffer, at);
    },
    nullable(value, write) {
      byte(value === null ? 1 : 0);
      if (value !== null) write(value);
    },
    list(values, write) {
      varint(values.length);
      for (const value of values) write(value);
    },
    take() {
      const written = buffer.subarray(0, at);
      buffer = Buffer.alloc(0);
      at = 0;
      return written;
    },
  };
}

/** The header: number of columns, names, types. */
export function writeHeader(writer: RowBinaryWriter, columns: readonly (readonly [string, string])[]): void {
  writer.list(columns, ([name]) => writer.text(name));
  for (const [, type] of columns) writer.text(type);
}
