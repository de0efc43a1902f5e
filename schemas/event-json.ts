// From untrusted JSON to an event: names and types of fields. What the values may be is judged by order-event.ts.
import { v5 as uuidV5 } from 'uuid';
import {
  type EventProblem,
  type EventRules,
  findEventProblem,
  type OrderEvent,
  type OrderItem,
} from './order-event.ts';

export type ParsedEvent =
  | { readonly kind: 'valid'; readonly event: OrderEvent }
  | { readonly kind: 'invalid'; readonly problem: EventProblem };

type Kind = 'string' | 'integer' | 'time' | 'items';
interface Field {
  readonly kind: Kind;
  readonly optional?: true;
}

const eventFields: Readonly<Record<keyof OrderEvent, Field>> = {
  eventId: { kind: 'string', optional: true },
  type: { kind: 'string' },
  orderId: { kind: 'string' },
  sequence: { kind: 'integer', optional: true },
  customerId: { kind: 'string', optional: true },
  storeId: { kind: 'string' },
  channel: { kind: 'string' },
  country: { kind: 'string' },
  currency: { kind: 'string' },
  occurredAt: { kind: 'time' },
  placedAt: { kind: 'time', optional: true },
  amountMinor: { kind: 'integer' },
  items: { kind: 'items' },
};
const itemFields: Readonly<Record<keyof OrderItem, Field>> = {
  sku: { kind: 'string' },
  name: { kind: 'string', optional: true },
  category: { kind: 'string' },
  quantity: { kind: 'integer' },
  amountMinor: { kind: 'integer' },
};

/** Namespace of derived event ids (UUIDv5, RFC 9562): fixed for ever, a retry must give the same id. */
const eventIdNamespace = '6f0d8f4e-9c4b-5a57-8d1e-2f9a54c0b7d3';

/**
 * Parses one event as a client sends it. Times are ISO 8601 with a zone, or UTC milliseconds. An absent `eventId` is
 * derived from orderId, type, sequence and occurredAt, so that a retry is the same event.
 */
export function parseEvent(input: unknown, rules: EventRules, nowMs: number): ParsedEvent {
  const read = readFields(input, eventFields, '');
  if (read.kind === 'invalid') return read;
  const fields = read.fields as unknown as OrderEvent;
  const eventId = fields.eventId === null ? deriveEventId(fields) : fields.eventId.toLowerCase();
  const placedAt = fields.type === 'OrderPlaced' && fields.placedAt === fields.occurredAt ? null : fields.placedAt;
  const event: OrderEvent = { ...fields, eventId, placedAt };
  const problem = findEventProblem(event, rules, nowMs);
  if (!problem) return { kind: 'valid', event };
  // The value as it was sent: a time is judged as milliseconds, but its sender wrote ISO 8601.
  const isOurs = Object.hasOwn(eventFields, problem.field) && problem.field !== 'items';
  return {
    kind: 'invalid',
    problem: isOurs ? { ...problem, value: Reflect.get(input as object, problem.field) } : problem,
  };
}

function deriveEventId(event: OrderEvent): string {
  return uuidV5(JSON.stringify([event.orderId, event.type, event.sequence, event.occurredAt]), eventIdNamespace);
}

type ReadFields =
  | { readonly kind: 'read'; readonly fields: Record<string, unknown> }
  | { readonly kind: 'invalid'; readonly problem: EventProblem };

function readFields(input: unknown, known: Readonly<Record<string, Field>>, at: string): ReadFields {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return invalid('wrong-type', at === '' ? '(event)' : at.slice(0, -1), input, 'an object');
  }
  for (const name of Object.keys(input)) {
    if (!Object.hasOwn(known, name)) {
      return invalid(
        'unknown-field',
        `${at}${name}`,
        Reflect.get(input, name),
        `one of ${Object.keys(known).join(', ')}`,
      );
    }
  }
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(known)) {
    const value: unknown = Object.hasOwn(input, name) ? Reflect.get(input, name) : undefined;
    if (value === undefined || value === null) {
      if (!field.optional)
        return invalid('missing-field', `${at}${name}`, value ?? undefined, `${wanted[field.kind]}, required`);
      fields[name] = null;
      continue;
    }
    const read = readValue(value, field.kind, `${at}${name}`);
    if (read.kind === 'invalid') return read;
    fields[name] = read.value;
  }
  return { kind: 'read', fields };
}

const wanted: Readonly<Record<Kind, string>> = {
  string: 'a text',
  integer: 'a whole number',
  time: 'a time: ISO 8601 with a zone, or UTC milliseconds',
  items: 'a list of items',
};

type ReadValue =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'invalid'; readonly problem: EventProblem };

function readValue(value: unknown, kind: Kind, at: string): ReadValue {
  switch (kind) {
    case 'string':
      return typeof value === 'string' ? { kind: 'value', value } : invalid('wrong-type', at, value, wanted.string);
    case 'integer':
      return Number.isInteger(value) ? { kind: 'value', value } : invalid('wrong-type', at, value, wanted.integer);
    case 'time':
      return readTime(value, at);
    case 'items': {
      if (!Array.isArray(value)) return invalid('wrong-type', at, value, wanted.items);
      const items: unknown[] = [];
      for (const [index, item] of value.entries()) {
        const read = readFields(item, itemFields, `${at}[${index}].`);
        if (read.kind === 'invalid') return read;
        items.push(read.fields);
      }
      return { kind: 'value', value: items };
    }
    default:
      return kind satisfies never;
  }
}

const isoPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

function readTime(value: unknown, at: string): ReadValue {
  if (Number.isSafeInteger(value)) return { kind: 'value', value };
  if (typeof value === 'string' && isoPattern.test(value)) {
    const ms = Date.parse(value);
    // Date.parse rolls 2026-02-30 over in some engines; a date that does not exist is not a time.
    if (Number.isFinite(ms) && existsInCalendar(value)) return { kind: 'value', value: ms };
  }
  return invalid('wrong-type', at, value, wanted.time);
}

function existsInCalendar(iso: string): boolean {
  const day = Number(iso.slice(8, 10));
  const date = new Date(`${iso.slice(0, 10)}T00:00:00Z`);
  return date.getUTCDate() === day;
}

function invalid(code: EventProblem['code'], field: string, value: unknown, expected: string) {
  return { kind: 'invalid', problem: { code, field, value, expected } } as const;
}
