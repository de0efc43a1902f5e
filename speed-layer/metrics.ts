// What the speed layer measures, in a registry of its own. Counters count the work done: what is counted again after a
// reset shows again. The ledger of what stands is in serving's metrics and status.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { emptyLedger, type Ledger } from '../schemas/layout-redis.ts';
import type { Flush } from './counter-store.ts';

export interface SpeedMetrics {
  readonly registry: Registry;
  readonly flushSeconds: Histogram;
  readonly startOvers: Counter<'reason'>;
  readonly resets: Counter<'reason'>;
  readonly floorSteps: Counter;
  /** Books what a written flush added, by fate. */
  flushed(partition: number, flush: Flush): void;
}

export interface MeasuredWriter {
  readonly partition: number;
  readonly flushedNext: number | undefined;
  readonly pendingRecords: number;
  readonly identities: number;
}

export function createSpeedMetrics(writers: () => Iterable<MeasuredWriter> = () => []): SpeedMetrics {
  const registry = new Registry();
  const registers = [registry];
  const records = new Counter({
    name: 'tidemark_speed_records_total',
    help: 'Offsets flushed, by fate: counted, duplicate, deferred, rejected, gap',
    labelNames: ['partition', 'fate'],
    registers,
  });
  /** By partition, the epoch of the last flush and its ledger: flushes hold absolute ledgers. */
  const known = new Map<number, { readonly epoch: number; readonly next: number; readonly ledger: Ledger }>();

  function gauge(name: string, help: string, valueOf: (writer: MeasuredWriter) => number | undefined): void {
    const made: Gauge<'partition'> = new Gauge({
      name,
      help,
      labelNames: ['partition'],
      registers,
      collect() {
        made.reset();
        for (const writer of writers()) {
          const value = valueOf(writer);
          if (value !== undefined) made.set({ partition: String(writer.partition) }, value);
        }
      },
    });
  }
  gauge('tidemark_speed_next_offset', 'Next offset of the partition that is not flushed yet', (w) => w.flushedNext);
  gauge('tidemark_speed_pending_records', 'Offsets counted in memory and not yet flushed', (w) => w.pendingRecords);
  gauge('tidemark_speed_identities', 'Events within the horizon that are remembered', (w) => w.identities);

  return {
    registry,
    flushSeconds: new Histogram({
      name: 'tidemark_speed_flush_seconds',
      help: 'Time of one flush, until it was written, refused or failed',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
      registers,
    }),
    startOvers: new Counter({
      name: 'tidemark_speed_start_overs_total',
      help: 'How often a writer discarded what it had in memory and took over anew, by reason',
      labelNames: ['reason'],
      registers,
    }),
    resets: new Counter({
      name: 'tidemark_speed_resets_total',
      help: 'How often a partition was reset to the tidemark, by reason',
      labelNames: ['reason'],
      registers,
    }),
    floorSteps: new Counter({
      name: 'tidemark_speed_floor_steps_total',
      help: 'How often records lifted the floor by more than the horizon, above the clock: then nothing is live',
      registers,
    }),
    flushed(partition, { epoch, from, next, ledger }) {
      if (next === from) return;
      const last = known.get(partition);
      const before = last?.epoch === epoch && last.next === from ? last.ledger : emptyLedger();
      for (const fate of Object.keys(before) as (keyof Ledger)[])
        records.inc({ partition: String(partition), fate }, ledger[fate] - before[fate]);
      const { counted, duplicate, deferred, rejected, gap } = ledger;
      known.set(partition, { epoch, next, ledger: { counted, duplicate, deferred, rejected, gap } });
    },
  };
}
