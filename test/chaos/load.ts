// Orders flow: a seeded generator posts events to ingest at a steady rate, sends again what was not accepted, and remembers
// what was; poison goes straight to Kafka.
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom } from '../../cli/random.ts';
import { createKafkaJs } from '../../runtime/kafka/kafkajs-client.ts';
import { encodeEvent } from '../../schemas/codec.ts';
import type { OrderEvent } from '../../schemas/order-event.ts';
import { createRandomOrders } from '../random-orders.ts';
import type { World } from './world.ts';

export interface Load {
  /** Every event of a request that got its 202. */
  readonly accepted: readonly OrderEvent[];
  readonly postsFailed: ReadonlyMap<string, number>;
  poison(): number;
  /** Ends the flow and resolves when all that was generated is accepted. */
  finish(): Promise<void>;
}

const everyMs = 100;
/** Requests that may be unanswered; above that the shop waits. */
const maxOpen = 40;
const timeoutMs = 20_000;

export function startLoad(world: World, seed: number, rate: number, signal: AbortSignal): Load {
  const orders = createRandomOrders(seed);
  const accepted: OrderEvent[] = [];
  const postsFailed = new Map<string, number>();
  const open = new Set<Promise<void>>();
  let poison = 0;
  const ending = new AbortController();
  const stop = AbortSignal.any([signal, ending.signal]);

  async function post(events: readonly OrderEvent[]): Promise<void> {
    const body = events.map((event) => JSON.stringify(event)).join('\n');
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const fault = await postOnce(world.ingestUrl, body, events.length);
      if (fault === undefined) {
        accepted.push(...events);
        return;
      }
      postsFailed.set(fault, (postsFailed.get(fault) ?? 0) + 1);
      await delay(Math.min(200 * 2 ** attempt, 2_000), undefined, { signal }).catch(() => {});
    }
  }

  async function flow(): Promise<void> {
    let due = Date.now();
    while (!stop.aborted) {
      while (open.size >= maxOpen) await Promise.race(open);
      const posting = post(orders.next(Math.round((rate * everyMs) / 1_000), Date.now())).finally(() =>
        open.delete(posting),
      );
      open.add(posting);
      due = Math.max(due + everyMs, Date.now() - 1_000);
      await delay(Math.max(0, due - Date.now()), undefined, { signal: stop }).catch(() => {});
    }
  }

  async function spoil(): Promise<void> {
    const random = createRandom(seed + 1);
    const events = createRandomOrders(seed + 2);
    const producer = createKafkaJs({ brokers: world.direct.kafkaBrokers, clientId: 'poison' }).producer();
    while (!stop.aborted) {
      const [event] = events.next(1, Date.now()) as [OrderEvent];
      const kind = random.integer(0, 3);
      const message = {
        key: kind === 0 ? 'another-key' : event.orderId,
        value: kind === 1 ? Buffer.from('no Avro') : kind === 2 ? null : encodeEvent(event),
        partition: random.integer(0, world.generation.partitions - 1),
      };
      try {
        await producer.connect();
        await producer.send({ topic: world.generation.topic, messages: [message] });
        poison += 1;
      } catch {
        // Kafka is away: there is no poison either.
      }
      await delay(500, undefined, { signal: stop }).catch(() => {});
    }
    await producer.disconnect().catch(() => {});
  }

  const flowing = flow();
  const spoiling = spoil();
  return {
    accepted,
    postsFailed,
    poison: () => poison,
    async finish() {
      ending.abort();
      await Promise.all([flowing, spoiling]);
      await Promise.all(open);
    },
  };
}

/** What went wrong, in short; undefined for a 202. */
async function postOnce(ingestUrl: string, body: string, count: number): Promise<string | undefined> {
  try {
    const headers = { 'content-type': 'application/x-ndjson' };
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${ingestUrl}/v1/events`, { method: 'POST', headers, body, signal });
    const answer = (await response.json()) as { readonly accepted?: number; readonly code?: string };
    if (response.status === 202 && answer.accepted === count) return undefined;
    return `${response.status} ${answer.code ?? `accepted ${answer.accepted} of ${count}`}`;
  } catch (error) {
    const { cause, message } = error as { readonly cause?: { readonly code?: string }; readonly message: string };
    return cause?.code ?? message;
  }
}
