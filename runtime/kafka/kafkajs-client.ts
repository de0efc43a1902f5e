// One way to make a kafkajs client: bounded times, its log routed or silent, and its timer fault mended.
import { createRequire } from 'node:module';
import { Kafka, logLevel } from 'kafkajs';

export interface KafkaJsOptions {
  brokers: string[];
  clientId: string;
  /** Bound of one request, milliseconds. */
  requestTimeoutMs?: number;
  /** Gets kafkajs's warnings and errors; silent if absent. */
  log?: ((level: 'warn' | 'error', message: string, details: object) => void) | undefined;
}

export function createKafkaJs({ brokers, clientId, requestTimeoutMs = 10_000, log }: KafkaJsOptions): Kafka {
  mendTimers();
  return new Kafka({
    brokers,
    clientId,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    connectionTimeout: 5_000,
    retry: RETRY,
    logLevel: log ? logLevel.WARN : logLevel.NOTHING,
    logCreator: () => (entry) => {
      const { message, timestamp: _timestamp, ...details } = entry.log;
      log?.(entry.level === logLevel.ERROR ? 'error' : 'warn', `kafkajs: ${message}`, details);
    },
  });
}

/** Said in full, because kafkajs takes other defaults under NODE_ENV=test. About 7 s of waiting in all. */
export const RETRY = { retries: 8, initialRetryTime: 100, maxRetryTime: 2_000, factor: 0.2, multiplier: 2 } as const;

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

const MENDED = Symbol.for('tidemark.kafkajs.timers-mended');

/**
 * kafkajs 2.2.4 re-arms a timer with a negative delay for as long as a connection lives: Node 24 warns, and each idle
 * connection burns 4 % of a core. With nothing pending and no throttling there is nothing to check.
 */
function mendTimers(): void {
  const load = createRequire(import.meta.url);
  const queue = (load('kafkajs/src/network/requestQueue') as { prototype: RequestQueue & { [MENDED]?: true } })
    .prototype;
  if (queue[MENDED]) return;
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function scheduleIfNeeded() {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
  queue[MENDED] = true;
}
