// The metrics of the batch layer.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { sum } from '../schemas/offset-vector.ts';
import type { DeadLetter } from './archive-block.ts';
import type { RunOutcome } from './batch-runner.ts';
import type { Collected } from './collector.ts';

/** Asked at each scrape; where one fails it is unknown (NaN). */
export interface BatchLags {
  /** Records of the log that the archive does not hold yet. */
  archive(): Promise<number>;
  /** Archived records above the tidemark. */
  tidemark(): Promise<number>;
}

export interface BatchMetrics {
  run(outcome: RunOutcome): void;
  runFailed(): void;
  deadLetters(letters: readonly DeadLetter[]): void;
  /** undefined: it failed. */
  collected(collected: Collected | undefined): void;
}

export function createBatchMetrics(registry: Registry, lags: BatchLags): BatchMetrics {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });

  const runs = counter('tidemark_batch_runs_total', 'Batch runs by outcome', ['outcome']);
  const audits = counter('tidemark_batch_audits_total', 'Audits by result', ['audit']);
  const seconds = new Histogram({
    name: 'tidemark_batch_run_seconds',
    help: 'How long published runs took',
    buckets: [0.1, 0.3, 1, 3, 10, 30, 60, 120, 300],
    registers,
  });
  const records = counter('tidemark_batch_records_total', 'Records that runs counted');
  const chunks = counter('tidemark_batch_chunks_total', 'Chunks that runs made');
  const publishedAt = gauge('tidemark_batch_published_timestamp_seconds', 'When the current run was published');
  const spent = gauge('tidemark_batch_ledger_offsets', 'Offsets below the tidemark, by fate', ['fate']);
  const letters = counter('tidemark_batch_dead_letters_total', 'Dead letters written, by reason', ['reason']);
  const collects = counter('tidemark_batch_collects_total', 'Collections by outcome', ['outcome']);
  const collected = counter('tidemark_batch_collected_total', 'What was collected, by kind', ['kind']);
  asked('tidemark_archive_lag_records', 'Records of the log that the archive does not hold yet', lags.archive);
  asked('tidemark_batch_tidemark_lag_records', 'Archived records above the tidemark', lags.tidemark);

  function asked(name: string, help: string, ask: () => Promise<number>): Gauge {
    const collect = async function (this: Gauge): Promise<void> {
      this.set(await ask().catch(() => Number.NaN));
    };
    return new Gauge({ name, help, registers, collect });
  }

  return {
    run(outcome) {
      runs.inc({ outcome: outcome.kind });
      if (outcome.kind === 'published') {
        audits.inc({ audit: outcome.run.audit });
        seconds.observe(outcome.work.ms / 1_000);
        records.inc(outcome.work.records);
        chunks.inc(outcome.work.chunks);
      }
      publishedAt.set(outcome.run.publishedAt / 1_000);
      const { counted, duplicate, rejected, gap } = outcome.run;
      for (const [fate, counts] of Object.entries({ counted, duplicate, rejected, gap }))
        spent.set({ fate }, sum(counts));
    },
    runFailed: () => runs.inc({ outcome: 'failed' }),
    deadLetters(written) {
      for (const { code } of written) letters.inc({ reason: code });
    },
    collected(of) {
      collects.inc({ outcome: of ? 'done' : 'failed' });
      for (const [kind, count] of Object.entries(of ?? {})) collected.inc({ kind }, count);
    },
  };
}
