// The events of one request on their way to Kafka: judged, encoded, produced in batches, a bounded number of them in
// flight. What it returns counts as accepted only what Kafka has confirmed with acks=all.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventProducer } from '../runtime/kafka/event-producer.ts';
import { encodeEvent } from '../schemas/codec.ts';
import { parseEvent } from '../schemas/event-json.ts';
import type { Generation } from '../schemas/generation.ts';
import { type EventProblem, problemMessage, shown } from '../schemas/order-event.ts';
import type { IngestMetrics } from './metrics.ts';
import { type RandomBytes, spanOf, type TraceContext } from './trace-context.ts';

type OutgoingMessage = Parameters<EventProducer['send']>[1][number];

interface Rejection {
  /** Place of the event in the request, from 0. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
  readonly field: string;
  readonly value: unknown;
  readonly expected: string;
}

type Refusal = Omit<Rejection, 'index' | 'message'> & { readonly message?: string };

export interface Receipt {
  readonly accepted: number;
  /** The first 1,000. */
  readonly rejected: readonly Rejection[];
  readonly rejectedCount: number;
  /** For each partition the next offset after what this request wrote there, 0 where it wrote nothing. */
  readonly vector: readonly number[];
  /** What the first failed send threw; then `accepted` is less than what was sent. */
  readonly fault: unknown;
}

export interface IntakeDeps {
  readonly producer: Pick<EventProducer, 'send'>;
  readonly generation: Generation;
  readonly metrics: IngestMetrics;
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
}

export interface Intake {
  /** Takes one event as the client sent it. Waits while the most batches are in flight. False once a send has failed. */
  add(index: number, input: unknown): Promise<boolean>;
  /** What never became an event. False once a send has failed. */
  reject(index: number, problem: Refusal): Promise<boolean>;
  /** How many events were judged valid, confirmed or not. */
  taken(): number;
  /** The problem of the last rejected event, if it was an event's. */
  lastProblem(): EventProblem | undefined;
  /** Sends the rest and waits for all. */
  finish(): Promise<Receipt>;
}

const batchEvents = 1_000;
/** Below the broker's message.max.bytes (1 MiB) even if all of them go to one partition. */
const batchBytes = 768 * 1024;
const batchesInFlight = 2;
const rejectionsShown = 1_000;
/** The layers judge by the broker's clock, which may be behind this one: what passes the door must pass there too. */
const clockMarginMs = 60_000;
/** After so many events other requests have their turn, whether or not anything is sent. */
const eventsPerTurn = 100;

export function openIntake(deps: IntakeDeps, trace: TraceContext): Intake {
  const { producer, generation, metrics, now, randomBytes } = deps;
  const rules = { ...generation.rules, maxAheadMs: generation.rules.maxAheadMs - clockMarginMs };
  const vector = Array.from({ length: generation.partitions }, () => 0);
  const rejected: Rejection[] = [];
  const inFlight = new Set<Promise<void>>();
  let seen = 0;
  let taken = 0;
  let rejectedCount = 0;
  let accepted = 0;
  let batch: OutgoingMessage[] = [];
  let bytes = 0;
  let fault: unknown;
  let lastProblem: EventProblem | undefined;

  function refuse(index: number, problem: Refusal): void {
    const { code, field, value, expected } = problem;
    rejectedCount += 1;
    metrics.rejected.inc({ code });
    if (rejected.length >= rejectionsShown) return;
    const message = problem.message ?? problemMessage(problem);
    rejected.push({ index, code, message, field: shown(field), value: shown(value) ?? null, expected });
  }

  async function giveWay(): Promise<void> {
    seen += 1;
    if (seen % eventsPerTurn === 0) await nextTurn();
  }

  async function send(messages: OutgoingMessage[]): Promise<void> {
    const stopTimer = metrics.produceSeconds.startTimer();
    try {
      const nexts = await producer.send(generation.topic, messages);
      for (const [partition, next] of nexts) vector[partition] = Math.max(vector[partition] ?? 0, next);
      accepted += messages.length;
      metrics.accepted.inc(messages.length);
    } catch (error) {
      fault ??= error;
    } finally {
      stopTimer();
    }
  }

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    const messages = batch;
    batch = [];
    bytes = 0;
    while (inFlight.size >= batchesInFlight) await Promise.race(inFlight);
    if (fault !== undefined) return;
    const sending = send(messages).finally(() => inFlight.delete(sending));
    inFlight.add(sending);
    await nextTurn(); // other requests have their turn between two batches
  }

  return {
    async add(index, input) {
      await giveWay();
      if (fault !== undefined) return false;
      const parsed = parseEvent(input, rules, now());
      if (parsed.kind === 'invalid') {
        lastProblem = parsed.problem;
        refuse(index, parsed.problem);
        return true;
      }
      taken += 1;
      const value = encodeEvent(parsed.event);
      if (batch.length > 0 && bytes + value.length > batchBytes) await flush();
      batch.push({ key: parsed.event.orderId, value, headers: { traceparent: spanOf(trace, randomBytes) } });
      bytes += value.length;
      if (batch.length >= batchEvents) await flush();
      return fault === undefined;
    },
    async reject(index, problem) {
      await giveWay();
      refuse(index, problem);
      return fault === undefined;
    },
    taken: () => taken,
    lastProblem: () => lastProblem,
    async finish() {
      await flush();
      await Promise.all(inFlight);
      return { accepted, rejected, rejectedCount, vector, fault };
    },
  };
}
