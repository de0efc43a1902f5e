// Port: what the batch side has kept of dead letters and of the last runs.
import type { BatchRun } from '../schemas/layout-clickhouse.ts';

export interface DeadLetters {
  readonly total: number;
  readonly byReason: Readonly<Record<string, number>>;
  /** At most 20. */
  readonly newest: readonly { readonly partition: number; readonly offset: number; readonly reason: string }[];
}

export type RunSummary = Pick<BatchRun, 'run' | 'parent' | 'publishedAt' | 'audit' | 'auditedEvents' | 'auditNote'>;

export interface ArchiveReader {
  deadLetters(): Promise<DeadLetters>;
  /** The last 20, newest first. */
  runs(): Promise<RunSummary[]>;
}
