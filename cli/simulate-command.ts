// `tidemark simulate`: sends a seeded simulation at a pace and prints its own totals to hold the API against.
import type { Api } from './api.ts';
import { usageError } from './errors.ts';
import type { OutgoingEvent } from './event-input.ts';
import type { CliIo } from './io.ts';
import { requireNoneRejected, sendWithProgress } from './import-command.ts';
import { type OutputOptions, print } from './output.ts';
import { grouped, records } from './render.ts';
import { createShopCounter, type ShopCounter, type ShopTotals } from './shop-totals.ts';
import { type ShopOptions, simulateShop } from './simulate-shop.ts';

export interface SimulateOptions extends OutputOptions {
  readonly seed: number;
  readonly rate: number;
  readonly count: number;
  /** ISO 8601; absent: now. */
  readonly start?: string;
  readonly daysLate: number;
}

export async function runSimulate(io: CliIo, api: Api, options: SimulateOptions): Promise<void> {
  const { seed, rate, count, daysLate } = options;
  const nowMs = io.now();
  const startMs = options.start === undefined ? nowMs : Date.parse(options.start);
  if (!Number.isFinite(startMs)) throw usageError('--start', options.start, 'an instant such as 2026-01-31T12:00:00Z');
  const counter = createShopCounter();
  const events = dueEvents({ seed, rate, startMs, daysLate }, count, nowMs - startMs, counter);
  const { accepted, rejectedCount, vector, token, retries } = await sendWithProgress(
    io,
    api.ingestUrl,
    'simulate',
    events,
    count,
  );
  const totals = counter.totals();
  const result = {
    seed,
    start: new Date(startMs).toISOString(),
    accepted,
    rejectedCount,
    retries,
    ...totals,
    vector,
    token,
  };
  print(io, options, result, () => simulateText(totals, accepted, rejectedCount));
  requireNoneRejected({ rejectedCount });
}

/** Due when they arrive in the simulation, moved by `shiftMs`: a simulation of the past runs at its pace too. */
function* dueEvents(
  shop: ShopOptions,
  count: number,
  shiftMs: number,
  counter: Pick<ShopCounter, 'add'>,
): Generator<OutgoingEvent> {
  for (const { arrivalMs, event } of simulateShop(shop).take(count)) {
    counter.add(event);
    yield { json: JSON.stringify(event), dueMs: arrivalMs + shiftMs };
  }
}

function simulateText({ sent, distinct, copies, byCurrency }: ShopTotals, accepted: number, rejected: number): string {
  const rows = Object.entries(byCurrency)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, totals]) => ({ currency, ...totals }));
  const head = `sent ${grouped(sent)} events: ${grouped(distinct)} distinct, ${grouped(copies)} copies; accepted ${grouped(accepted)}, rejected ${grouped(rejected)}`;
  return `${head}\nby the simulation's own counting:\n${records(rows)}`;
}
