// The fetch request of this reader: Kafka's Fetch v13 (by topic id) with the records left as raw bytes (the library would
// make an object of each). Response layout: https://kafka.apache.org/protocol#The_Messages_Fetch
import { createAPI, fetchV13, Reader } from '@platformatic/kafka';
import type { FetchedPartition } from './record-set.ts';
import { toSafeNumber } from './safe-integer.ts';

export interface FetchedPartitionOrError extends FetchedPartition {
  /** 0 is none. */
  errorCode: number;
  /** Set where the log was cut below the wanted offset: the end of what it has in common with what was read before. */
  divergesAt: number | undefined;
}

export interface RawFetchResponse {
  errorCode: number;
  partitions: FetchedPartitionOrError[];
}

/** Error codes are handed over, not thrown: one partition's trouble must not hide another's records. */
export const fetchRaw = createAPI<fetchV13.FetchRequest, RawFetchResponse>(
  1,
  13,
  fetchV13.createRequest,
  (_correlationId, _apiKey, _apiVersion, reader) => parseRawFetchResponse(reader),
);

const NO_RECORDS = Buffer.alloc(0);

/** One topic is asked for, so the topic level is flattened. */
function parseRawFetchResponse(response: Reader): RawFetchResponse {
  // The socket's chunks become one buffer, so that records are views into it. Nothing else writes to it afterwards.
  const reader = Reader.from(response.buffer.slice(response.position));
  reader.readInt32(); // throttle time
  const errorCode = reader.readInt16();
  reader.readInt32(); // session id: sessions are not used
  const topics = reader.readArray((r) => {
    r.readUUID();
    return r.readArray(readPartition, true, false);
  });
  return { errorCode, partitions: topics.flat() };
}

function readPartition(reader: Reader): FetchedPartitionOrError {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  const highWatermark = toSafeNumber(reader.readInt64());
  reader.readInt64(); // last stable offset: the broker sends nothing beyond it
  const logStart = toSafeNumber(reader.readInt64());
  const aborted = reader.readNullableArray((r) => ({
    producerId: r.readInt64(),
    firstOffset: toSafeNumber(r.readInt64()),
  }));
  reader.readInt32(); // preferred read replica: only given to a client that names its rack
  const records = reader.readNullableBytes() ?? NO_RECORDS;
  const divergesAt = readDivergingEpoch(reader);
  return { partition, errorCode, highWatermark, logStart, aborted: aborted ?? [], records, divergesAt };
}

const DIVERGING_EPOCH_TAG = 0;

/** Tagged fields are said only where they apply: diverging epoch (its number and its end), current leader, snapshot. */
function readDivergingEpoch(reader: Reader): number | undefined {
  let divergesAt: number | undefined;
  for (let left = reader.readUnsignedVarInt(); left > 0; left--) {
    const tag = reader.readUnsignedVarInt();
    const end = reader.readUnsignedVarInt() + reader.position;
    if (tag === DIVERGING_EPOCH_TAG) {
      reader.readInt32();
      divergesAt = toSafeNumber(reader.readInt64());
    }
    reader.skip(end - reader.position);
  }
  return divergesAt;
}
