// The pipeline's state as GET /v1/status and GET /v1/batch-runs tell it.
export const fates = ['counted', 'duplicate', 'deferred', 'rejected', 'gap'] as const;
export type Fate = (typeof fates)[number];
export type Ledger = Readonly<Record<Fate, number>>;

export interface PartitionStatus {
  readonly partition: number;
  readonly start: number;
  /** V. */
  readonly tidemark: number;
  /** W. */
  readonly vector: number;
  /** null: the log's ends are unknown. */
  readonly end: number | null;
  readonly lagRecords: number | null;
  readonly ledger: Ledger;
  readonly conserved: boolean;
}

export interface PipelineStatus {
  readonly run: {
    readonly id: string;
    readonly publishedAt: string;
    readonly audit: string;
    readonly auditedEvents: number;
    readonly auditNote: string;
  };
  readonly lag: { readonly records: number | null; readonly ms: number | null };
  readonly partitions: readonly PartitionStatus[];
  readonly totals: Ledger & { readonly records: number };
  readonly deadLetters: {
    readonly total: number;
    readonly byReason: Readonly<Record<string, number>>;
    readonly newest: readonly { readonly partition: number; readonly offset: number; readonly reason: string }[];
  } | null;
  readonly notes: readonly string[];
}

export interface ToldRun {
  readonly id: string;
  readonly startedAt: string;
  readonly publishedAt: string;
  readonly ms: number;
  /** null: its parent is not there any more. */
  readonly records: number | null;
  readonly counted: number | null;
  readonly duplicate: number | null;
  readonly rejected: number | null;
  readonly audit: string;
  readonly auditedEvents: number;
  readonly auditNote: string;
}

export interface ToldRuns {
  readonly runs: readonly ToldRun[];
}
