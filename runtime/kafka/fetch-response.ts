// The fetch request of this reader: Kafka's Fetch v12 with the records left as raw bytes (the library would make an
// object of each). Response layout: https://kafka.apache.org/protocol#The_Messages_Fetch
import { createAPI, fetchV12, Reader } from '@platformatic/kafka';
import type { FetchedPartition } from './record-set.ts';
import { toSafeNumber } from './safe-integer.ts';

export interface FetchedPartitionOrError extends FetchedPartition {
  /** 0 is none. */
  errorCode: number;
}

export interface RawFetchResponse {
  errorCode: number;
  partitions: FetchedPartitionOrError[];
}

/** Error codes are handed over, not thrown: one partition's trouble must not hide another's records. */
export const fetchRaw = createAPI<fetchV12.FetchRequest, RawFetchResponse>(
  1,
  12,
  fetchV12.createRequest,
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
    r.readString();
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
  reader.readTaggedFields();
  return { partition, errorCode, highWatermark, logStart, aborted: aborted ?? [], records };
}
