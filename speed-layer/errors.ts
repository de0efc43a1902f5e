// Faults of the speed layer. Refusals by the store are expected outcomes and are values, not errors.

export type SpeedErrorCode = 'no-run' | 'offset-lost' | 'unsettled-state';

/** `retryable`: the writer tries again by itself; else its partition stops and says so. */
export class SpeedError extends Error {
  readonly code: SpeedErrorCode;
  readonly partition: number;
  readonly retryable: boolean;
  constructor(code: SpeedErrorCode, partition: number, message: string, retryable: boolean) {
    super(`partition ${partition}: ${message}`);
    this.code = code;
    this.partition = partition;
    this.retryable = retryable;
  }
}
