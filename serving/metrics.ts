// What serving exports to Prometheus: where V and W stand, the ledger (conservation), lag, how long queries take.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { sum } from '../schemas/offset-vector.ts';
import type { LiveSource } from './live-source.ts';
import type { Pipeline } from './pipeline.ts';
import { conservation, partitionLedger, summarizeCut } from './provenance.ts';
import { briefRuns } from './run-history.ts';

export interface ServingMetrics {
  readonly registry: Registry;
  /** Starts the clock of one query that is computed; call what it returns when the answer is made. */
  startQuery(): () => void;
  /** One answer more was told from memory. */
  countRemembered(): void;
}

export interface ServingMetricsDependencies {
  readonly live: LiveSource;
  readonly pipeline: Pipeline;
  readonly clock: () => number;
}

export function createServingMetrics({ live, pipeline, clock }: ServingMetricsDependencies): ServingMetrics {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        collect(this);
      },
    });

  gauge('tidemark_serving_offset', 'V (tidemark) and W (vector) of answers', ['partition', 'of'], (metric) => {
    const cut = live.capture();
    for (const [p, w] of (cut?.vector ?? []).entries()) {
      metric.set({ partition: String(p), of: 'vector' }, w);
      metric.set({ partition: String(p), of: 'tidemark' }, cut?.pinned.run.tidemark[p] ?? 0);
    }
  });
  gauge('tidemark_serving_records', 'How the offsets below W were spent', ['partition', 'as'], (metric) => {
    const cut = live.capture();
    if (!cut) return;
    const { pinned, ledgers } = summarizeCut(cut);
    for (const [p, ledger] of ledgers.entries()) {
      for (const [as, records] of Object.entries(partitionLedger({ run: pinned.run, live: ledger }, p))) {
        metric.set({ partition: String(p), as }, records);
      }
    }
  });
  gauge(
    'tidemark_serving_unaccounted_records',
    'Offsets below W that no ledger accounts for: 0, or an alarm',
    [],
    (metric) => {
      const cut = live.capture();
      if (cut) metric.set(sum(conservation(summarizeCut(cut)).map(({ sum, offsets }) => Math.abs(offsets - sum))));
    },
  );
  gauge('tidemark_serving_lag_records', 'Records of the log that answers do not count yet', [], (metric) => {
    const cut = live.capture();
    const lag = cut && pipeline.lagOf(cut.vector);
    if (lag) metric.set(lag.records);
  });
  gauge('tidemark_serving_lag_seconds', 'For how long the oldest of them has been waiting', [], (metric) => {
    const cut = live.capture();
    const lag = cut && pipeline.lagOf(cut.vector);
    if (lag) metric.set(lag.ms / 1_000);
  });
  gauge('tidemark_serving_run_age_seconds', 'Since the run that answers stand on was published', [], (metric) => {
    const cut = live.capture();
    if (cut) metric.set((clock() - cut.pinned.run.publishedAt) / 1_000);
  });
  gauge('tidemark_serving_runs', 'The last runs (20 at most), by the result of their audit', ['audit'], (metric) => {
    for (const audit of ['equal', 'different', 'not-compared']) metric.set({ audit }, 0);
    for (const { audit } of pipeline.runs().slice(0, briefRuns)) metric.inc({ audit });
  });
  gauge('tidemark_serving_dead_letters', 'Records that could not be counted', ['reason'], (metric) => {
    for (const [reason, n] of Object.entries(pipeline.deadLetters()?.byReason ?? {})) metric.set({ reason }, n);
  });
  gauge(
    'tidemark_serving_notes',
    'What answers say is stale, incomplete or unproven: 0 where all is well',
    [],
    (metric) => {
      metric.set(pipeline.notes().length);
    },
  );
  const duration = new Histogram({
    name: 'tidemark_serving_query_seconds',
    help: 'Time to answer a query that is not told from memory',
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 20],
    registers: [registry],
  });
  let remembered = 0;
  const memory = new Counter({
    name: 'tidemark_serving_remembered_answers_total',
    help: 'Answers that were told from memory, as nothing had changed',
    registers: [],
    collect() {
      this.reset();
      this.inc(remembered);
    },
  });
  registry.registerMetric(memory);
  return { registry, startQuery: () => duration.startTimer(), countRemembered: () => void (remembered += 1) };
}
