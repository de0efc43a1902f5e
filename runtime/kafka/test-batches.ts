// Builds RecordBatch bytes for tests, also ones that no sound producer would make. The library writes the records.
import { compressionsAlgorithms, crc32c, createRecord } from '@platformatic/kafka';

export interface TestBatch {
  baseOffset: number;
  /** Offsets of its records relative to the base. */
  deltas: readonly number[];
  /** Default: the last delta. */
  lastDelta?: number;
  codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  producerId?: bigint;
  leaderEpoch?: number;
  transactional?: boolean;
  /** Makes it a control batch with this marker. */
  marker?: 'abort' | 'commit';
  appendTimeMs?: number;
  /** Of the record at delta d: this + d. */
  timeMs?: number;
  valueBytes?: number;
}

export function makeBatch(batch: TestBatch): Buffer {
  const { baseOffset, deltas, codec = 'none', producerId = -1n, timeMs = 1_700_000_000_000 } = batch;
  const records = deltas.map(
    (delta) =>
      createRecord(
        {
          topic: 't',
          key: batch.marker
            ? Buffer.from([0, 0, 0, batch.marker === 'abort' ? 0 : 1])
            : Buffer.from(`k${baseOffset + delta}`),
          value: Buffer.from(`v${baseOffset + delta}`.padEnd(batch.valueBytes ?? 0, '.')),
          timestamp: BigInt(timeMs + delta),
          headers: new Map([[Buffer.from('h'), Buffer.from(String(delta))]]),
        },
        delta,
        BigInt(timeMs),
      ).buffer,
  );
  const body = Buffer.concat(records);
  const bytes = Buffer.concat([Buffer.alloc(61), compressionsAlgorithms[codec].compressSync(body)]);
  const attributes =
    compressionsAlgorithms[codec].bitmask |
    (batch.appendTimeMs === undefined ? 0 : 0b1000) |
    (batch.transactional || batch.marker ? 0b1_0000 : 0) |
    (batch.marker ? 0b10_0000 : 0);
  const lastDelta = batch.lastDelta ?? deltas.at(-1) ?? 0;
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(batch.leaderEpoch ?? 0, 12);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(attributes, 21);
  bytes.writeInt32BE(lastDelta, 23);
  bytes.writeBigInt64BE(BigInt(timeMs), 27);
  bytes.writeBigInt64BE(BigInt(batch.appendTimeMs ?? timeMs + lastDelta), 35);
  bytes.writeBigInt64BE(producerId, 43);
  bytes.writeInt16BE(0, 51);
  bytes.writeInt32BE(0, 53);
  bytes.writeInt32BE(deltas.length, 57);
  return seal(bytes);
}

/** Writes the checksum that fits the bytes. */
export function seal(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}
