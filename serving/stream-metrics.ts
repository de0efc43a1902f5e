// What serving exports of its streams.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { StreamEvent } from './stream-track.ts';

/** What streams report as it happens. */
export interface StreamMeter {
  /** A query was computed. */
  tick(): void;
  event(name: StreamEvent['name'], bytes: number): void;
  /** A reader was passed over because its connection was full. */
  drop(): void;
}

export interface StreamCounts {
  readonly readers: number;
  readonly queries: number;
}

export function createStreamMeter(registry: Registry, counts: () => StreamCounts): StreamMeter {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `tidemark_serving_stream_${name}_total`, help, labelNames, registers });
  const gauge = (name: keyof StreamCounts, help: string) =>
    new Gauge({
      name: `tidemark_serving_stream_${name}`,
      help,
      registers,
      collect() {
        this.set(counts()[name]);
      },
    });
  gauge('readers', 'Readers of streams');
  gauge('queries', 'Distinct streamed queries, those included that are kept for readers who may come back');
  const ticks = counter('ticks', 'Computations of streamed queries');
  const events = counter('events', 'Events written to readers', ['event']);
  const bytes = counter('bytes', 'Bytes of these events');
  const dropped = counter('dropped_ticks', 'Times that a reader was passed over because its connection was full');
  return {
    tick: () => ticks.inc(),
    event(name, length) {
      events.inc({ event: name });
      bytes.inc(length);
    },
    drop: () => dropped.inc(),
  };
}
