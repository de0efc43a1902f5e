// The shop behind `npm start`: eight days of history, sent as fast as it goes, then a trickle in real time.
import type { OutgoingEvent } from './event-input.ts';
import { importEvents, type ImportResult } from './import-events.ts';
import { simulateShop } from './simulate-shop.ts';

const historyMs = 8 * 86_400_000;
export const historyEvents = 20_000;
const liveRate = 3;

/** About 20,000 events of the 8 days before `nowMs`, none after it. */
export function* shopHistory(nowMs: number): Generator<OutgoingEvent> {
  const startMs = nowMs - historyMs;
  const rate = historyEvents / (historyMs / 1_000);
  for (const { arrivalMs, event } of simulateShop({ seed: 8, startMs, rate, rhythm: true })) {
    if (arrivalMs >= nowMs) return;
    yield { json: JSON.stringify(event) };
  }
}

/** A few events a second until the signal aborts; outlives restarts of ingest. */
export async function trickle(
  ingestUrl: string,
  signal: AbortSignal,
  startMs: number,
  onRetry: (why: string) => void,
): Promise<ImportResult> {
  return importEvents({ ingestUrl, events: arrivals(startMs), signal, onRetry, giveUpAfterMs: Infinity });
}

function* arrivals(startMs: number): Generator<OutgoingEvent> {
  for (const { arrivalMs, event } of simulateShop({ seed: 9, startMs, rate: liveRate })) {
    yield { json: JSON.stringify(event), dueMs: arrivalMs };
  }
}
