// The event: its type and its one validity function, called by ingest at the door and by both layers on each record.
import currencies from './iso-4217.json' with { type: 'json' };

export const eventTypes = ['OrderPlaced', 'OrderCancelled', 'OrderRefunded', 'OrderFulfilled'] as const;
export type EventType = (typeof eventTypes)[number];

export interface OrderItem {
  readonly sku: string;
  readonly name: string | null;
  readonly category: string;
  readonly quantity: number;
  /** The line's total, in the currency's minor unit. */
  readonly amountMinor: number;
}

/** A fact about an order. Times are UTC milliseconds, money is in the currency's minor unit. */
export interface OrderEvent {
  readonly eventId: string;
  readonly type: EventType;
  readonly orderId: string;
  readonly sequence: number | null;
  readonly customerId: string | null;
  readonly storeId: string;
  readonly channel: string;
  readonly country: string;
  readonly currency: string;
  readonly occurredAt: number;
  readonly placedAt: number | null;
  readonly amountMinor: number;
  readonly items: readonly OrderItem[];
}

/** What decides whether an event is accepted. Part of the generation: both layers judge by the same rules. */
export interface EventRules {
  readonly earliestMs: number;
  readonly maxAheadMs: number;
}

export type EventProblemCode =
  | 'missing-field'
  | 'unknown-field'
  | 'wrong-type'
  | 'bad-text'
  | 'unknown-value'
  | 'out-of-range'
  | 'too-far-ahead'
  | 'inconsistent-time';

/** Why an event is refused: which field, what it holds and what was expected. */
export interface EventProblem {
  readonly code: EventProblemCode;
  readonly field: string;
  readonly value: unknown;
  readonly expected: string;
}

/** Minor digits of each accepted currency (ISO 4217, pinned). */
export const currencyDigits: Readonly<Record<string, number>> = currencies;

export const limits = {
  dimensionBytes: 64,
  idBytes: 128,
  nameBytes: 512,
  items: 1_000,
  quantity: 1_000_000,
  amountMinor: 1_000_000_000_000,
  sequence: 2_147_483_647,
  /** Chunks are counted in 32 bits; a broken clock must not stop the archive. */
  latestMs: Date.UTC(2200, 0, 1),
} as const;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const countryPattern = /^[A-Z]{2}$/;
const controlPattern = /\p{Cc}/u;

const shownCharacters = 200;

/**
 * What errors show of a value or a name that a client sent: short, and cheap for any value. Lists and objects are
 * named, never echoed: they can be as large as the request, or nested too deep for JSON.stringify.
 */
export function shown(value: string): string;
export function shown(value: unknown): string | number | boolean | null | undefined;
export function shown(value: unknown): string | number | boolean | null | undefined {
  if (typeof value === 'string') return shownText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean' || value === null || value === undefined) return value;
  return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
}

function shownText(text: string): string {
  if (text.length <= shownCharacters) return text;
  const splitsPair = /[\ud800-\udbff]/.test(text.charAt(shownCharacters - 1));
  const cut = text.slice(0, splitsPair ? shownCharacters - 1 : shownCharacters);
  // Through bytes, because a slice of a string keeps the whole of it in memory.
  return `${Buffer.from(cut, 'utf16le').toString('utf16le')}…`;
}

/** The same in a sentence, texts in quotation marks. */
export function shownInWords(value: unknown, absent: string): string {
  if (value === undefined) return absent;
  return typeof value === 'string' ? JSON.stringify(shown(value)) : String(shown(value));
}

export function problemMessage({ field, value, expected }: Omit<EventProblem, 'code'>): string {
  return `${shown(field)} is ${shownInWords(value, 'nothing')}, expected ${expected}`;
}

/**
 * Judges an event whose fields have the right names; returns the first problem found, or undefined.
 * `nowMs` is the record's timestamp in the layers and the clock at ingest.
 */
export function findEventProblem(event: OrderEvent, rules: EventRules, nowMs: number): EventProblem | undefined {
  return (
    matches('eventId', event.eventId, uuidPattern, 'a UUID in lower case') ??
    oneOf('type', event.type, eventTypes) ??
    text('orderId', event.orderId, limits.idBytes) ??
    (event.sequence === null ? undefined : integer('sequence', event.sequence, 0, limits.sequence)) ??
    (event.customerId === null ? undefined : text('customerId', event.customerId, limits.idBytes)) ??
    text('storeId', event.storeId, limits.dimensionBytes) ??
    text('channel', event.channel, limits.dimensionBytes) ??
    matches('country', event.country, countryPattern, 'two capital letters (ISO 3166-1 alpha-2)') ??
    currency(event.currency) ??
    times(event, rules, nowMs) ??
    integer('amountMinor', event.amountMinor, 0, limits.amountMinor) ??
    items(event.items)
  );
}

function times(event: OrderEvent, rules: EventRules, nowMs: number): EventProblem | undefined {
  const { occurredAt, placedAt } = event;
  const bad = integer('occurredAt', occurredAt, rules.earliestMs, Number.MAX_SAFE_INTEGER);
  if (bad) return { ...bad, expected: `a time from ${new Date(rules.earliestMs).toISOString()} on` };
  if (occurredAt > nowMs + rules.maxAheadMs) {
    const expected = `at most ${rules.maxAheadMs / 60_000} minutes ahead of its arrival`;
    return { code: 'too-far-ahead', field: 'occurredAt', value: occurredAt, expected };
  }
  if (occurredAt > limits.latestMs) {
    const expected = `a time before ${new Date(limits.latestMs).toISOString()}`;
    return { code: 'out-of-range', field: 'occurredAt', value: occurredAt, expected };
  }
  if (event.type === 'OrderPlaced') {
    if (placedAt === null || placedAt === occurredAt) return undefined;
    return {
      code: 'inconsistent-time',
      field: 'placedAt',
      value: placedAt,
      expected: 'nothing, or the same as occurredAt, on OrderPlaced',
    };
  }
  if (placedAt === null) {
    const expected = `the time at which the order was placed, required on ${event.type}`;
    return { code: 'missing-field', field: 'placedAt', value: undefined, expected };
  }
  const badPlaced = integer('placedAt', placedAt, rules.earliestMs, Number.MAX_SAFE_INTEGER);
  if (badPlaced) return badPlaced;
  if (placedAt <= occurredAt) return undefined;
  return { code: 'inconsistent-time', field: 'placedAt', value: placedAt, expected: 'not after occurredAt' };
}

function items(list: readonly OrderItem[]): EventProblem | undefined {
  if (list.length > limits.items) {
    return { code: 'out-of-range', field: 'items', value: list.length, expected: `at most ${limits.items} lines` };
  }
  for (const [index, item] of list.entries()) {
    const at = `items[${index}]`;
    const problem =
      text(`${at}.sku`, item.sku, limits.dimensionBytes) ??
      (item.name === null ? undefined : text(`${at}.name`, item.name, limits.nameBytes)) ??
      text(`${at}.category`, item.category, limits.dimensionBytes) ??
      integer(`${at}.quantity`, item.quantity, 1, limits.quantity) ??
      integer(`${at}.amountMinor`, item.amountMinor, 0, limits.amountMinor);
    if (problem) return problem;
  }
  return undefined;
}

function currency(value: string): EventProblem | undefined {
  if (Object.hasOwn(currencyDigits, value)) return undefined;
  return { code: 'unknown-value', field: 'currency', value, expected: 'an ISO 4217 currency code such as "USD"' };
}

function matches(field: string, value: string, pattern: RegExp, expected: string): EventProblem | undefined {
  return pattern.test(value) ? undefined : { code: 'bad-text', field, value, expected };
}

function oneOf(field: string, value: string, known: readonly string[]): EventProblem | undefined {
  return known.includes(value) ? undefined : { code: 'unknown-value', field, value, expected: known.join(', ') };
}

/** Unpaired surrogates are refused: written as UTF-8 they would become another text, and so another identity. */
function text(field: string, value: string, maxBytes: number): EventProblem | undefined {
  const fits = value.length > 0 && value.length <= maxBytes && Buffer.byteLength(value) <= maxBytes;
  if (fits && !controlPattern.test(value) && value.isWellFormed()) return undefined;
  const expected = `1 to ${maxBytes} bytes of text without control characters`;
  return { code: 'bad-text', field, value, expected };
}

function integer(field: string, value: number, least: number, most: number): EventProblem | undefined {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return undefined;
  return { code: 'out-of-range', field, value, expected: `a whole number from ${least} to ${most}` };
}
