// Faults of the batch layer.

export type BatchErrorCode = 'archive-incomplete' | 'archive-moved';

/** A run was given up; the current one stays. `retryable`: the next attempt may succeed without anybody's help. */
export class BatchError extends Error {
  readonly code: BatchErrorCode;
  readonly retryable: boolean;
  constructor(code: BatchErrorCode, message: string, retryable: boolean) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}
