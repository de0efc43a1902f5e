// Reads one RecordBatch v2 in place: its header, and its records through one reused cursor, no object for each record.
// Layout from the Kafka protocol guide: https://kafka.apache.org/documentation/#recordbatch
import { crc32c, Reader } from '@platformatic/kafka';
import { inflateRecords } from './batch-compression.ts';
import { KafkaError } from './errors.ts';
import type { LogRecord } from './record-log.ts';
import { readSafeInt64 } from './safe-integer.ts';

/** Bytes of a batch before the part that its length field counts (base offset, length). */
export const LENGTH_FIELD_END = 12;
/** Also where formats 0 and 1 keep it, which makes them recognisable. */
export const MAGIC_AT = 16;
export const HEADER_BYTES = 61;

const CODEC_MASK = 0b111;
const LOG_APPEND_TIME = 0b1000;
const TRANSACTIONAL = 0b1_0000;
const CONTROL = 0b10_0000;
const ABORT_MARKER = 0;

export interface BatchHeader {
  /** Byte range in the fetched buffer. */
  start: number;
  end: number;
  baseOffset: number;
  /** Kept by compaction also where the last records are gone. */
  lastOffset: number;
  /** Not under the checksum: the leader writes it. */
  leaderEpoch: number;
  codec: number;
  control: boolean;
  transactional: boolean;
  /** With LogAppendTime all records have the batch's time, else null: each has its own. */
  appendTimeMs: number | null;
  baseTimestampMs: number;
  records: number;
}

/** The caller has made sure that `[start, end)` lies in the buffer, is at least `HEADER_BYTES` and has magic 2. */
export function readBatchHeader(bytes: Buffer, start: number, end: number): BatchHeader {
  const attributes = bytes.readInt16BE(start + 21);
  const baseOffset = readSafeInt64(bytes, start);
  return {
    start,
    end,
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(start + 23),
    leaderEpoch: bytes.readInt32BE(start + 12),
    codec: attributes & CODEC_MASK,
    control: (attributes & CONTROL) !== 0,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    appendTimeMs: (attributes & LOG_APPEND_TIME) === 0 ? null : Number(bytes.readBigInt64BE(start + 35)),
    baseTimestampMs: Number(bytes.readBigInt64BE(start + 27)),
    records: bytes.readInt32BE(start + 57),
  };
}

/** The checksum covers everything after itself. */
export function checksumHolds(bytes: Buffer, start: number, end: number): boolean {
  // A plain Buffer would be copied by the native binding's wrapper; the reader's buffer is passed through as it is.
  return crc32c(Reader.from(bytes.subarray(start + 21, end)).buffer) === bytes.readUInt32BE(start + 17);
}

export function producerIdOf(bytes: Buffer, batch: BatchHeader): bigint {
  return bytes.readBigInt64BE(batch.start + 43);
}

export interface BatchPlace {
  partition: number;
  /** Bound of the inflated records of one batch. */
  maxInflatedBytes: number;
}

/** Reads the records of one batch after another. */
export class RecordCursor implements LogRecord {
  offset = 0;
  timestampMs = 0;
  #place: BatchPlace;
  #batch!: BatchHeader;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #keyAt = 0;
  #keyBytes = 0;
  #valueAt = 0;
  #valueBytes = 0;
  #headersAt = 0;

  constructor(place: BatchPlace) {
    this.#place = place;
  }

  get key(): Buffer | null {
    return this.#keyBytes < 0 ? null : this.#bytes.subarray(this.#keyAt, this.#keyAt + this.#keyBytes);
  }

  get value(): Buffer | null {
    return this.#valueBytes < 0 ? null : this.#bytes.subarray(this.#valueAt, this.#valueAt + this.#valueBytes);
  }

  get headers(): [string, Buffer | null][] {
    const resumeAt = this.#at;
    this.#at = this.#headersAt;
    const headers: [string, Buffer | null][] = [];
    for (let left = this.#varint(); left > 0; left--) {
      const nameBytes = this.#varint();
      const name = this.#bytes.toString('utf8', this.#at, this.#skip(nameBytes));
      const valueBytes = this.#varint();
      const valueAt = this.#at;
      headers.push([name, valueBytes < 0 ? null : this.#bytes.subarray(valueAt, this.#skip(valueBytes))]);
    }
    this.#at = resumeAt;
    return headers;
  }

  /** Throws `corrupt-batch`, `batch-too-large` or `unknown-codec`. */
  open(bytes: Buffer, batch: BatchHeader): void {
    this.#batch = batch;
    this.#bytes = bytes;
    this.#at = batch.start + HEADER_BYTES;
    this.#end = batch.end;
    if (batch.codec === 0) return;
    this.#bytes = this.#inflate(bytes.subarray(this.#at, this.#end));
    this.#at = 0;
    this.#end = this.#bytes.length;
  }

  /** Moves to the batch's next record; the caller counts them. Throws `corrupt-batch`. */
  advance(): void {
    const batch = this.#batch;
    const length = this.#varint();
    const end = this.#skip(length);
    this.#at = end - length + 1; // the first byte, attributes, is unused
    const timestampDelta = this.#varlong();
    this.timestampMs = batch.appendTimeMs ?? batch.baseTimestampMs + timestampDelta;
    this.offset = batch.baseOffset + this.#varint();
    this.#keyBytes = this.#varint();
    this.#keyAt = this.#at;
    if (this.#keyBytes > 0) this.#skip(this.#keyBytes);
    this.#valueBytes = this.#varint();
    this.#valueAt = this.#at;
    if (this.#valueBytes > 0) this.#skip(this.#valueBytes);
    this.#headersAt = this.#at;
    if (this.#at > end || this.offset > batch.lastOffset || this.offset < batch.baseOffset)
      throw this.corrupt('record');
    this.#at = end;
  }

  /** Of a control batch: true if its marker aborts the producer's transaction (key: int16 version, int16 type). */
  abortsTransaction(): boolean {
    return this.#keyBytes >= 4 && this.#bytes.readInt16BE(this.#keyAt + 2) === ABORT_MARKER;
  }

  corrupt(what: string, cause?: unknown): KafkaError {
    const { partition } = this.#place;
    const offset = this.#batch.baseOffset;
    return new KafkaError(
      'corrupt-batch',
      `batch at offset ${offset} of partition ${partition} passed its checksum but holds a malformed ${what}`,
      { partition, offset },
      { retryable: false, cause },
    );
  }

  #inflate(compressed: Buffer): Buffer {
    const { partition, maxInflatedBytes: limitBytes } = this.#place;
    const { baseOffset: offset, codec } = this.#batch;
    let inflated: ReturnType<typeof inflateRecords>;
    try {
      inflated = inflateRecords(codec, compressed, limitBytes);
    } catch (error) {
      throw this.corrupt('compressed block', error);
    }
    const where = `batch at offset ${offset} of partition ${partition}`;
    if (inflated.kind === 'records') return inflated.bytes;
    if (inflated.kind === 'too-large') {
      const message = `${where} inflates beyond ${limitBytes} bytes`;
      throw new KafkaError('batch-too-large', message, { partition, offset, limitBytes }, { retryable: false });
    }
    const message = `${where} is compressed with codec ${codec}; known are gzip, snappy, lz4 and zstd (1 to 4)`;
    throw new KafkaError('unknown-codec', message, { partition, offset, codec }, { retryable: false });
  }

  /** Steps over so many bytes and returns where that is. */
  #skip(bytes: number): number {
    const to = this.#at + bytes;
    if (bytes < 0 || to > this.#end) throw this.corrupt('length');
    this.#at = to;
    return to;
  }

  /** Zigzag varint of 32 bits. */
  #varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++] as number;
    let raw = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 35; shift += 7) {
      byte = bytes[this.#at++] as number;
      raw |= (byte & 0x7f) << shift;
    }
    if (this.#at > this.#end) throw this.corrupt('varint');
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Zigzag varint of 64 bits, exact below 2^53: a timestamp difference in milliseconds. */
  #varlong(): number {
    let byte = this.#bytes[this.#at++] as number;
    let raw = byte & 0x7f;
    for (let scale = 128; byte >= 0x80 && scale < 2 ** 64; scale *= 128) {
      byte = this.#bytes[this.#at++] as number;
      raw += (byte & 0x7f) * scale;
    }
    if (this.#at > this.#end) throw this.corrupt('varint');
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }
}
