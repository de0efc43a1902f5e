// Reads what ClickHouse knows of dead letters and of the last runs, every five seconds. Away: the last reading stays, and
// the notes say from when it is.
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Generation } from '../schemas/generation.ts';
import { type BatchRun, tables } from '../schemas/layout-clickhouse.ts';
import { startPolling } from './polling.ts';

export interface DeadLetters {
  readonly total: number;
  readonly byReason: Readonly<Record<string, number>>;
  /** At most 20. */
  readonly newest: readonly { readonly partition: number; readonly offset: number; readonly reason: string }[];
}

export type RunSummary = Pick<BatchRun, 'run' | 'parent' | 'publishedAt' | 'audit' | 'auditedEvents' | 'auditNote'>;

export interface ArchiveFollower extends AsyncDisposable {
  /** undefined before the first reading. */
  deadLetters(): DeadLetters | undefined;
  /** The last 20, newest first. */
  runs(): readonly RunSummary[];
  /** A run may have been published. */
  look(): void;
  notes(): string[];
}

export interface ArchiveFollowerDependencies {
  readonly clickhouse: ClickHouse;
  readonly generation: Generation;
  readonly log: Logger;
  readonly clock: () => number;
}

/** One row for each dead letter, however often its range was archived. */
const distinctRejected = `SELECT partition, letter.1 AS origin, any(letter.2) AS reason, max(insertedAt) AS at
  FROM ${tables.archiveLog} ARRAY JOIN rejected AS letter WHERE archive = {archive:String} GROUP BY partition, origin`;

export function startArchiveFollower(dependencies: ArchiveFollowerDependencies): ArchiveFollower {
  const { clickhouse, generation, log, clock } = dependencies;
  const archive = { archive: generation.archiveId };
  let deadLetters: DeadLetters | undefined;
  let runs: RunSummary[] = [];
  let awaySince: number | undefined = clock();

  async function readDeadLetters(): Promise<DeadLetters> {
    const counts = await clickhouse.query<{ reason: string; letters: string }>(
      `SELECT reason, count() AS letters FROM (${distinctRejected}) GROUP BY reason ORDER BY letters DESC, reason`,
      archive,
    );
    const newest = await clickhouse.query<{ partition: number; origin: string; reason: string }>(
      `SELECT partition, origin, reason FROM (${distinctRejected}) ORDER BY at DESC, partition, origin DESC LIMIT 20`,
      archive,
    );
    return {
      total: counts.reduce((sum, { letters }) => sum + Number(letters), 0),
      byReason: Object.fromEntries(counts.map(({ reason, letters }) => [reason, Number(letters)])),
      newest: newest.map(({ partition, origin, reason }) => ({ partition, offset: Number(origin), reason })),
    };
  }

  async function readRuns(): Promise<RunSummary[]> {
    type Row = Omit<RunSummary, 'publishedAt' | 'auditedEvents'> & { publishedAt: string; auditedEvents: string };
    const rows = await clickhouse.query<Row>(
      `SELECT run, parent, publishedAt, audit, auditedEvents, auditNote FROM ${tables.batchRuns}
       WHERE generation = {generation:String} ORDER BY run DESC LIMIT 20`,
      { generation: generation.id },
    );
    return rows.map((row) => ({
      ...row,
      publishedAt: Number(row.publishedAt),
      auditedEvents: Number(row.auditedEvents),
    }));
  }

  const polling = startPolling({
    everyMs: 5_000,
    async look() {
      [deadLetters, runs] = await Promise.all([readDeadLetters(), readRuns()]);
      awaySince = undefined;
    },
    onFault(err) {
      if (awaySince === undefined) log.warn({ err }, 'dead letters and runs cannot be read');
      awaySince ??= clock();
    },
  });

  return {
    deadLetters: () => deadLetters,
    runs: () => runs,
    look: () => polling.soon(),
    notes: () =>
      awaySince === undefined
        ? []
        : [`dead letters and runs unread since ${new Date(awaySince).toISOString()}: ClickHouse cannot be read`],
    [Symbol.asyncDispose]: () => polling[Symbol.asyncDispose](),
  };
}
