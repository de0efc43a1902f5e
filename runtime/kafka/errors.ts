// The closed list of faults that the Kafka adapters raise or report. Vendor errors are wrapped here once, as `cause`.

/** What each code carries. Offsets are Kafka offsets, sizes are bytes. */
export interface KafkaErrorData {
  /** A batch whose bytes cannot be trusted: wrong CRC32C, impossible length, offset or record. */
  'corrupt-batch': { partition: number; offset: number };
  /** A batch that inflates to more than the bound. */
  'batch-too-large': { partition: number; offset: number; limitBytes: number };
  /** Message format 0 or 1, which this reader does not read (Kafka 4 no longer stores it). */
  'old-message-format': { partition: number; offset: number; magic: number };
  /** An unknown compression codec. */
  'unknown-codec': { partition: number; offset: number; codec: number };
  /** An integer of the wire that is negative or at or above 2^53. */
  'unsafe-integer': { value: string };
  /** No broker of the list, or no leader, could be reached. */
  'broker-unreachable': { address: string };
  /** The broker answered with an error code of the protocol, or the request failed on its way. */
  'request-failed': { request: string; partition?: number; protocolCode?: string };
  'unknown-topic': { topic: string };
  /** The log was cut below what was read of it (unclean leader, lost disk); it may have been filled again. */
  'log-cut': { partition: number; offset: number };
  /** The log ends below what was read of it. */
  'log-short': { partition: number; offset: number };
  /** Retention took what was not read yet. */
  'log-expired': { partition: number; offset: number };
  /** The topic was deleted and made again: offsets of the old one mean nothing in the new one. */
  'topic-replaced': { topic: string };
  /** An existing topic differs from what is configured. */
  'topic-mismatch': { topic: string; setting: string; expected: string; found: string };
  /** The record may or may not be in the log; sending it again is safe because events have identities. */
  'send-unconfirmed': { topic: string };
  /** The broker refused the records for good. */
  'send-refused': { topic: string };
  /** Group membership failed; the member tries again by itself unless it was the first join. */
  'group-failed': { groupId: string; operation: 'join' | 'heartbeat' | 'commit' | 'leave' | 'assignment' };
  closed: { what: string };
}

export type KafkaErrorCode = keyof KafkaErrorData;

export class KafkaError<Code extends KafkaErrorCode = KafkaErrorCode> extends Error {
  readonly code: Code;
  readonly data: KafkaErrorData[Code];
  /** True if the same call can succeed later without anyone's help. */
  readonly retryable: boolean;

  constructor(
    code: Code,
    message: string,
    data: KafkaErrorData[Code],
    options: { retryable: boolean; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KafkaError';
    this.code = code;
    this.data = data;
    this.retryable = options.retryable;
  }
}

/** Narrows by code, so that `data` is typed. */
export function isKafkaError<Code extends KafkaErrorCode>(error: unknown, code: Code): error is KafkaError<Code> {
  return error instanceof KafkaError && error.code === code;
}
