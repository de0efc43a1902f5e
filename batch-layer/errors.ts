// Faults of the batch layer.

export type BatchErrorCode = 'archive-incomplete' | 'archive-moved' | 'views-lost';

/** A run was given up; the current one stays, and the next attempt begins anew. */
export class BatchError extends Error {
  readonly code: BatchErrorCode;
  constructor(code: BatchErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
