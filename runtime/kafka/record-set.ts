// Makes a record set of the raw bytes that a fetch brought for one partition: whole batches only, checksums verified,
// aborted transactions (read_committed) and control markers turned into gaps. Fetches nothing itself.
import { KafkaError } from './errors.ts';
import {
  type BatchHeader,
  checksumHolds,
  HEADER_BYTES,
  LENGTH_FIELD_END,
  MAGIC_AT,
  producerIdOf,
  RecordCursor,
  readBatchHeader,
} from './record-batch.ts';
import type { LeaderEpoch, LogRecord, RecordSet, RecordVisitor } from './record-log.ts';

/** From the fetch response: this producer's records from here on, up to its next abort marker, were never committed. */
export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: number;
}

export interface FetchedPartition {
  partition: number;
  highWatermark: number;
  logStart: number;
  aborted: readonly AbortedTransaction[];
  records: Buffer;
}

export const DEFAULT_MAX_INFLATED_BYTES = 64 * 1024 * 1024;

/**
 * The record set from offset `from` on, or null if the fetch brought nothing. Ends before the first batch that cannot be
 * trusted; if that is where it would begin, throws `corrupt-batch` or `old-message-format`.
 */
export function createRecordSet(
  fetched: FetchedPartition,
  from: number,
  maxInflatedBytes = DEFAULT_MAX_INFLATED_BYTES,
): RecordSet | null {
  const { partition, records: bytes, highWatermark, logStart } = fetched;
  if (bytes.length === 0) return null;
  const batches = scanBatches(bytes, partition, from);
  const next = (batches.at(-1)?.lastOffset ?? from - 1) + 1;
  const aborted = fetched.aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);

  function walk(visitor: RecordVisitor): void {
    const cursor = new RecordCursor({ partition, maxInflatedBytes });
    const isAborted = aborted.length === 0 ? () => false : trackAborted(bytes, aborted, cursor);
    let at = from;
    for (const batch of batches) {
      if (isAborted(batch) || batch.control) continue;
      for (const record of readRecords(cursor, bytes, batch)) {
        if (record.offset < at) continue; // below the wanted offset: a fetch always begins with a whole batch
        if (record.offset > at) visitor.gap(at, record.offset);
        at = record.offset + 1;
        visitor.record(record);
      }
    }
    if (at < next) visitor.gap(at, next);
  }

  return { partition, from, next, highWatermark, logStart, leaderEpochs: leaderEpochsOf(batches, from), walk };
}

/** Where they change; none where a batch does not know its own. */
function leaderEpochsOf(batches: readonly BatchHeader[], from: number): LeaderEpoch[] {
  const epochs: LeaderEpoch[] = [];
  for (const { baseOffset, leaderEpoch: epoch } of batches) {
    if (epochs.at(-1)?.epoch !== epoch) epochs.push({ from: Math.max(baseOffset, from), epoch });
  }
  return epochs.some(({ epoch }) => epoch < 0) ? [] : epochs;
}

/**
 * The records of a batch in order of their offsets. Its checksum holds, so what cannot be unpacked was written so: the rest
 * of its offsets are unreadable records, the same for every reader. Poison must not stop a partition.
 */
function* readRecords(cursor: RecordCursor, bytes: Buffer, batch: BatchHeader): Generator<LogRecord> {
  let next = batch.baseOffset;
  try {
    cursor.open(bytes, batch);
    for (let left = batch.records; left > 0; left--) {
      cursor.advance();
      if (cursor.offset < next) throw cursor.corrupt('order of offsets');
      next = cursor.offset + 1;
      yield cursor;
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    const timestampMs = batch.appendTimeMs ?? batch.baseTimestampMs;
    for (let offset = next; offset <= batch.lastOffset; offset++) {
      yield { offset, timestampMs, key: null, value: null, headers: [], unreadable: error.message };
    }
  }
}

/** The whole, trustworthy batches that reach `from`; at least one. */
function scanBatches(bytes: Buffer, partition: number, from: number): BatchHeader[] {
  const batches: BatchHeader[] = [];
  let expected = from;
  for (let start = 0; ; ) {
    const found = scanBatch(bytes, start, partition, expected, batches.length > 0);
    if (found instanceof KafkaError || found === 'truncated') {
      if (batches.length > 0) return batches;
      throw found === 'truncated' ? corrupt(partition, from, 'is cut off: a fetch begins with a whole batch') : found;
    }
    start = found.end;
    if (found.lastOffset < from) continue; // an index looks up batches, not offsets
    batches.push(found);
    expected = found.lastOffset + 1;
  }
}

function scanBatch(
  bytes: Buffer,
  start: number,
  partition: number,
  expected: number,
  strict: boolean,
): BatchHeader | KafkaError | 'truncated' {
  if (bytes.length - start <= MAGIC_AT) return 'truncated';
  const magic = bytes.readInt8(start + MAGIC_AT);
  if (magic === 0 || magic === 1) {
    const message = `message format ${magic} at offset ${expected} of partition ${partition}; expected format 2 (Kafka 0.11)`;
    return new KafkaError('old-message-format', message, { partition, offset: expected, magic }, { retryable: false });
  }
  const length = bytes.readInt32BE(start + 8);
  if (magic !== 2) return corrupt(partition, expected, `has magic ${magic}`);
  if (length < HEADER_BYTES - LENGTH_FIELD_END) return corrupt(partition, expected, `has the length ${length}`);
  const end = start + LENGTH_FIELD_END + length;
  if (end > bytes.length) return 'truncated';
  if (!checksumHolds(bytes, start, end)) return corrupt(partition, expected, 'fails its checksum');
  const batch = readBatchHeader(bytes, start, end);
  // The checksum does not cover the base offset.
  if (batch.lastOffset < batch.baseOffset || (strict && batch.baseOffset < expected)) {
    return corrupt(partition, expected, `claims the offsets ${batch.baseOffset} to ${batch.lastOffset}`);
  }
  return batch;
}

/**
 * Tells of each batch, asked in order, whether it belongs to an aborted transaction. A transaction listed with a first
 * offset at or below a batch is open from then on; the producer's abort marker ends it. (As the Java client's fetcher.)
 */
function trackAborted(
  bytes: Buffer,
  aborted: AbortedTransaction[],
  cursor: RecordCursor,
): (batch: BatchHeader) => boolean {
  const open = new Set<bigint>();
  let seen = 0;
  return (batch) => {
    for (let next = aborted[seen]; next && next.firstOffset <= batch.lastOffset; next = aborted[++seen]) {
      open.add(next.producerId);
    }
    const producerId = producerIdOf(bytes, batch);
    if (!batch.control) return batch.transactional && open.has(producerId);
    if (batch.records > 0) {
      cursor.open(bytes, batch);
      cursor.advance();
      if (cursor.abortsTransaction()) open.delete(producerId);
    }
    return false;
  };
}

function corrupt(partition: number, offset: number, what: string): KafkaError {
  const message = `batch at offset ${offset} of partition ${partition} ${what}`;
  // Retryable: the bytes on the broker's disk or another replica's may be sound.
  return new KafkaError('corrupt-batch', message, { partition, offset }, { retryable: true });
}
