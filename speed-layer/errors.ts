// Faults of the speed layer. Refusals by the store are expected outcomes and are values, not errors.

export type SpeedErrorCode =
  | 'no-run'
  | 'unsettled-state'
  | 'archive-incomplete'
  | 'store-full'
  | 'store-read-only'
  | 'store-loading'
  | 'store-not-saving'
  | 'store-away';

/** The writer says so and tries again by itself. */
export class SpeedError extends Error {
  readonly code: SpeedErrorCode;
  readonly partition: number;
  constructor(code: SpeedErrorCode, partition: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.partition = partition;
  }
}

/** What Redis's own error says by its first word. */
const storeFaults: readonly (readonly [word: string, code: SpeedErrorCode, message: string])[] = [
  ['OOM', 'store-full', 'Redis is full (maxmemory) and refused the write whole'],
  ['READONLY', 'store-read-only', 'Redis is a read-only replica'],
  ['LOADING', 'store-loading', 'Redis is loading its data'],
  ['MISCONF', 'store-not-saving', 'Redis refuses writes because it cannot save its data'],
];

/** A command failed: refused by Redis as a whole, or its outcome is unknown. */
export function storeFault(partition: number, cause: unknown): SpeedError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const known = storeFaults.find(([word]) => text.startsWith(`${word} `));
  if (known) return new SpeedError(known[1], partition, known[2], { cause });
  return new SpeedError('store-away', partition, `Redis did not answer: ${text.slice(0, 300)}`, { cause });
}
