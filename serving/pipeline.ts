// Port: what serving knows of the pipeline besides the cut. Everything here is remembered; asking never waits for a store.
import type { OffsetVector } from '../schemas/offset-vector.ts';
import type { DeadLetters } from './archive-reader.ts';
import type { Lag } from './log-lag.ts';
import type { RunSummary } from './run-history.ts';

export interface Pipeline {
  /** What serving still waits for before it can answer; undefined when ready. */
  waitingFor(): string | undefined;
  /** The log's ends; undefined while unknown. */
  ends(): OffsetVector | undefined;
  lagOf(vector: OffsetVector): Lag | undefined;
  /** undefined before the first reading. */
  deadLetters(): DeadLetters | undefined;
  /** The last 50, newest first. */
  runs(): readonly RunSummary[];
  /** What is stale, incomplete or unproven, in words; empty where all is well. */
  notes(): string[];
}
