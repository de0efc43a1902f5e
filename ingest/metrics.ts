// What ingest measures, in a registry of the app's own.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface IngestMetrics {
  readonly registry: Registry;
  readonly accepted: Counter;
  readonly rejected: Counter<'code'>;
  readonly produceSeconds: Histogram;
}

export function createIngestMetrics(requestsInFlight: () => number): IngestMetrics {
  const registry = new Registry();
  const registers = [registry];
  const inFlight: Gauge = new Gauge({
    name: 'tidemark_ingest_requests_in_flight',
    help: 'requests that are being worked on',
    registers,
    collect: () => {
      inFlight.set(requestsInFlight());
    },
  });
  return {
    registry,
    accepted: new Counter({
      name: 'tidemark_ingest_events_accepted_total',
      help: 'events that Kafka has confirmed',
      registers,
    }),
    rejected: new Counter({
      name: 'tidemark_ingest_events_rejected_total',
      help: 'events that were refused, by code',
      labelNames: ['code'],
      registers,
    }),
    produceSeconds: new Histogram({
      name: 'tidemark_ingest_produce_seconds',
      help: 'time of a produce call until acks=all, or its failure',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
      registers,
    }),
  };
}
