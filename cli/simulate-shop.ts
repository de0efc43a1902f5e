// A believable shop, seeded: orders, then their fulfilments, cancellations and refunds; some events arrive twice, some
// late. Pure: the same options give the same events, endless and in the order of arrival.
import type { EventInput } from './event-input.ts';
import { createRandom, type Random } from './random.ts';
import { busyness, channels, countries, products, stores } from './shop-catalog.ts';

export interface ShopOptions {
  readonly seed: number;
  readonly startMs: number;
  /** Events a second, on average. */
  readonly rate: number;
  /** Busy evenings and quiet nights, and chance between arrivals; else they come evenly. */
  readonly rhythm?: boolean;
  /** Share of events that occurred one to six days before they arrive. */
  readonly daysLate?: number;
}

export interface Arrival {
  /** UTC milliseconds, never before the event's `occurredAt`. */
  readonly arrivalMs: number;
  readonly event: EventInput;
  /** The same event was sent before. */
  readonly copy: boolean;
}

const shares = {
  cancelled: 0.03,
  refunded: 0.05,
  partlyRefunded: 0.5,
  copies: 0.01,
  minutesLate: 0.03,
} as const;

interface FollowUp {
  readonly dueMs: number;
  readonly event: EventInput;
}

const hourMs = 3_600_000;
const remembered = 200;

export function* simulateShop({
  seed,
  startMs,
  rate,
  rhythm = false,
  daysLate = 0,
}: ShopOptions): Generator<Arrival, never> {
  const random = createRandom(seed);
  const gapMs = 1_000 / rate;
  // What follows an order follows within some hundred events, so that short simulations have all of it.
  const followMs = Math.min(6 * hourMs, 500 * gapMs);
  const recent: EventInput[] = [];
  const followUps: FollowUp[] = [];
  let orders = 0;

  for (let at = startMs; ; at += rhythm ? random.waiting(gapMs) / busyness[new Date(at).getUTCHours()]! : gapMs) {
    const arrivalMs = Math.floor(at);
    const again = random.chance(shares.copies) ? recent[random.integer(0, recent.length - 1)] : undefined;
    if (again) {
      yield { arrivalMs, event: again, copy: true };
      continue;
    }
    const event = nextEvent(arrivalMs);
    recent.push(event);
    if (recent.length > remembered) recent.shift();
    yield { arrivalMs, event, copy: false };
  }

  function nextEvent(arrivalMs: number): EventInput {
    const first = followUps[0];
    if (first && first.dueMs <= arrivalMs) return followUps.shift()!.event;
    const order = placeOrder(random, `${seed}-${startMs.toString(36)}-${(orders += 1)}`, arrivalMs - lateness());
    for (const followUp of whatFollows(random, order, arrivalMs, followMs)) insert(followUps, followUp);
    return order;
  }

  function lateness(): number {
    if (random.chance(daysLate)) return random.integer(24 * hourMs, 6 * 24 * hourMs);
    if (random.chance(shares.minutesLate)) return random.integer(60_000, 30 * 60_000);
    return random.integer(0, 1_500);
  }
}

function placeOrder(random: Random, orderId: string, occurredAt: number): EventInput {
  const { country, currency, perCent } = random.pick(countries);
  const items = Array.from({ length: 1 + Math.floor(random.waiting(1) % 4) }, () => {
    const { sku, name, category, cents } = random.pick(products);
    const quantity = 1 + Math.floor(random.waiting(0.5) % 5);
    return { sku, name, category, quantity, amountMinor: Math.floor((cents * quantity * perCent) / 100) };
  });
  const goods = items.reduce((sum, item) => sum + item.amountMinor, 0);
  const shipping = goods < 30 * perCent ? Math.floor((490 * perCent) / 100) : 0;
  return {
    type: 'OrderPlaced',
    orderId,
    sequence: 0,
    customerId: `C-${Math.floor(random.next() ** 2 * 20_000)}`,
    storeId: random.pick(stores).storeId,
    channel: random.pick(channels).channel,
    country,
    currency,
    occurredAt,
    amountMinor: goods + shipping,
    items,
  };
}

/** A cancellation, or a fulfilment and perhaps a refund. Each occurs when it is due, after `knownMs`. */
function whatFollows(random: Random, order: EventInput, knownMs: number, followMs: number): FollowUp[] {
  const { occurredAt: placedAt } = order;
  const follow = (type: EventInput['type'], sequence: number, dueMs: number, amountMinor: number): FollowUp => ({
    dueMs,
    event: { ...order, type, sequence, occurredAt: dueMs, placedAt, amountMinor, items: [] },
  });
  const soonMs = knownMs + 1 + Math.floor(random.waiting(followMs / 4));
  if (random.chance(shares.cancelled)) return [follow('OrderCancelled', 1, soonMs, order.amountMinor)];
  const laterMs = soonMs + 1 + Math.floor(random.waiting(followMs));
  const followUps = [follow('OrderFulfilled', 1, soonMs, 0)];
  if (random.chance(shares.refunded)) {
    const part = random.chance(shares.partlyRefunded) ? random.integer(10, 90) : 100;
    followUps.push(follow('OrderRefunded', 2, laterMs, Math.floor((order.amountMinor * part) / 100)));
  }
  return followUps;
}

/** Keeps the list in order of time; equal times in order of arrival. */
function insert(list: FollowUp[], followUp: FollowUp): void {
  const at = list.findLastIndex((each) => each.dueMs <= followUp.dueMs);
  list.splice(at + 1, 0, followUp);
}
