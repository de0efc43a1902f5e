// The shop behind `npm start`: eight days of history, sent as fast as it goes, then a trickle in real time.
import { setTimeout as delay } from 'node:timers/promises';
import type { OutgoingEvent } from './event-input.ts';
import { importEvents } from './import-events.ts';
import { simulateShop } from './simulate-shop.ts';

const historyMs = 8 * 86_400_000;
export const historyEvents = 60_000;
const liveRate = 0.7;
const longestWaitMs = 30_000;

/** About 60,000 events of the 8 days before `nowMs`, none after it. */
export function* shopHistory(nowMs: number): Generator<OutgoingEvent> {
  const startMs = nowMs - historyMs;
  const rate = historyEvents / (historyMs / 1_000);
  for (const { arrivalMs, event } of simulateShop({ seed: 8, startMs, rate, rhythm: true })) {
    if (arrivalMs >= nowMs) return;
    yield { json: JSON.stringify(event) };
  }
}

export interface TrickleOptions {
  readonly ingestUrl: string;
  readonly signal: AbortSignal;
  readonly startMs: number;
  /** Told once each time that sending begins to fail. */
  readonly onTrouble: (why: string) => void;
  readonly now?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * An event every one or two seconds until the signal aborts, with which it rejects. It outlives restarts of ingest, and refusals: the
 * events of a refused request are lost, and it goes on with the next ones after a wait of 1 s doubling to 30 s.
 */
export async function trickle({ startMs, onTrouble, ...options }: TrickleOptions): Promise<never> {
  const { signal, wait = sleep } = options;
  const arriving = arrivals(startMs);
  const events = { [Symbol.iterator]: () => ({ next: () => arriving.next() }) }; // not closed by a failure
  let waitMs = 1_000;
  let inTrouble = false;
  const tellOnce = (why: string): void => {
    if (!inTrouble) onTrouble(why);
    inTrouble = true;
  };
  const onProgress = (): void => {
    inTrouble = false;
    waitMs = 1_000;
  };
  for (;;) {
    try {
      const onRetry = ({ why }: { why: string }): void => tellOnce(why);
      await importEvents({ ...options, events, onRetry, onProgress, giveUpAfterMs: Infinity });
    } catch (error) {
      signal.throwIfAborted();
      tellOnce((error as Error).message);
    }
    await wait(waitMs, signal);
    waitMs = Math.min(waitMs * 2, longestWaitMs);
  }
}

function* arrivals(startMs: number): Generator<OutgoingEvent> {
  for (const { arrivalMs, event } of simulateShop({ seed: 9, startMs, rate: liveRate })) {
    yield { json: JSON.stringify(event), dueMs: arrivalMs };
  }
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {});
}
