// Port: what the batch side has kept of the log, of dead letters and of the last runs.
import type { LogPosition } from '../runtime/kafka/record-log.ts';
import type { RunSummary } from './run-history.ts';

export interface DeadLetters {
  readonly total: number;
  readonly byReason: Readonly<Record<string, number>>;
  /** At most 20. */
  readonly newest: readonly { readonly partition: number; readonly offset: number; readonly reason: string }[];
}

/** Which log the archive was read from, and how far. */
export interface ArchivedLog {
  /** Kafka's id of the topic; undefined before the first claim. */
  readonly topicId: string | undefined;
  /** By partition; next is 0 where nothing is archived. */
  readonly positions: readonly LogPosition[];
}

export interface ArchiveReader {
  log(): Promise<ArchivedLog>;
  deadLetters(): Promise<DeadLetters>;
  /** The last 50, newest first. */
  runs(): Promise<RunSummary[]>;
}
