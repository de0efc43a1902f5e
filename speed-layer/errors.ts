// Faults of the speed layer. Refusals by the store are expected outcomes and are values, not errors.

export type SpeedErrorCode = 'no-run' | 'unsettled-state';

/** The writer says so and tries again by itself. */
export class SpeedError extends Error {
  readonly code: SpeedErrorCode;
  readonly partition: number;
  constructor(code: SpeedErrorCode, partition: number, message: string) {
    super(`partition ${partition}: ${message}`);
    this.code = code;
    this.partition = partition;
  }
}
