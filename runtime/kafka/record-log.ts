// The port through which both layers read the topic: record sets of known range, never single promises.
// Only the contract; `kafka-record-log.ts` is the implementation. Offsets are numbers below 2^53.

/** From this offset on, records were appended under this leader epoch (it grows with each election of a leader). */
export interface LeaderEpoch {
  readonly from: number;
  readonly epoch: number;
}

/**
 * A place in a log, and proof of which log it was: where a log was cut and filled again, the record before `next` is another
 * one, of a later leader epoch.
 */
export interface LogPosition {
  readonly next: number;
  /** Of the record before `next`; undefined where it is not known, and then it is not checked. */
  readonly leaderEpoch: number | undefined;
}

export interface LogRange {
  readonly start: number;
  /** Up to which committed records can be read (last stable offset). */
  readonly end: number;
  /** End of the replicated log; above `end`, records wait behind a transaction that is still open. */
  readonly highWatermark: number;
}

/**
 * One record, lent for the call only: one cursor object is reused for all records of a walk, and its buffers are views
 * into the fetched bytes. Copy what must outlive the call. Fields are decoded when they are read.
 */
export interface LogRecord {
  readonly offset: number;
  /** UTC milliseconds: the broker's append time on a LogAppendTime topic, else what the producer said. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: [string, Buffer | null][];
  /**
   * Why nothing of the record can be read, where its batch passed its checksum but cannot be unpacked (too large, unknown
   * codec, malformed): its offset must be passed all the same. Key and value are then null.
   */
  readonly unreadable?: string;
}

/** Called in offset order. The two verbs together visit each offset of a set exactly once. Must not be async. */
export interface RecordVisitor {
  record(record: LogRecord): void;
  /**
   * Offsets `[from, to)` hold no record of ours: control markers, records of aborted transactions, offsets that
   * compaction removed. Known from batch headers only. Neighbouring gaps arrive as one.
   */
  gap(from: number, to: number): void;
}

/** What one fetch brought for one partition. Covers exactly `[from, next)`, `from < next`. Valid as long as it is held. */
export interface RecordSet {
  readonly partition: number;
  readonly from: number;
  readonly next: number;
  /** End of the replicated log as of this fetch; `next` may be behind it. */
  readonly highWatermark: number;
  readonly logStart: number;
  /** In order, where they change; absent or empty where they are not known. */
  readonly leaderEpochs?: readonly LeaderEpoch[];
  /**
   * Visits every offset of `[from, next)`. Can be repeated. What the visitor throws passes through. Checksums were
   * verified before; a batch that cannot be unpacked all the same comes as unreadable records.
   */
  walk(visitor: RecordVisitor): void;
}

/** The wanted offset is not in the log any more (retention), or not yet (the log was cut), or it is another place now. */
export interface OffsetLost {
  readonly partition: number;
  readonly wanted: number;
  readonly logStart: number;
  /** The end up to which committed records can be read. */
  readonly end: number;
  /** By the leader epochs: the log was cut here; what lies between here and `wanted` now are other records. */
  readonly cutAt?: number;
}

export interface FollowHandler {
  /**
   * The partitions wanted now and the next offset of each. Asked before each fetch, and again before a set is handed
   * over: a set that no longer starts at the wanted offset, or whose partition was left out meanwhile, is dropped.
   * A partition left out is not fetched (back-pressure). Must be cheap and must not throw.
   */
  positions(): ReadonlyMap<number, number>;
  /** Leader epoch of the record before the wanted offset, so that a cut below it is found; undefined: not checked. */
  leaderEpoch?(partition: number): number | undefined;
  /**
   * One record set. The next fetch of the same leader waits for it; sets of other leaders may arrive meanwhile, those of
   * one partition never overlap. A rejection ends `follow` with it.
   */
  onRecordSet(set: RecordSet): void | Promise<void>;
  /** Called once for each lost position; the partition rests until `positions` gives another offset for it. */
  onOffsetLost(lost: OffsetLost): void | Promise<void>;
}

export interface RecordLog {
  /** Kafka's id of the topic: another one under the same name has another. */
  topicId(): string;
  /**
   * By partition. Two round trips to each leader; rejects with a retryable `KafkaError` while a leader is away, and with
   * `topic-replaced` for good.
   */
  ranges(): Promise<LogRange[]>;
  /**
   * Where the log is not the one any more in which these positions were taken: by partition, where it was cut. Rejects as
   * `ranges` does.
   */
  findCuts(positions: ReadonlyMap<number, LogPosition>): Promise<Map<number, number>>;
  /**
   * Reads until the signal aborts, then resolves; after that the handler is not called again. Survives broker restarts
   * and leader changes by itself (bounded backoff with jitter). Rejects only with what the handler threw.
   */
  follow(handler: FollowHandler, signal: AbortSignal): Promise<void>;
  /** Why `follow` does not get on, wholly or in one partition (a broker is away, bytes cannot be trusted); undefined where it does. */
  trouble(): string | undefined;
  /** Makes `follow` ask for positions at once (a partition was added or resumed). Never blocks. */
  wake(): void;
  /** Ends `follow` and closes all connections. */
  close(): Promise<void>;
}
