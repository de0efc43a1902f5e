import { describe, expect, test } from 'vitest';
import { parseEvent } from './event-json.ts';
import { type EventRules, problemMessage, shown } from './order-event.ts';

const rules: EventRules = { earliestMs: Date.UTC(2000, 0, 1), maxAheadMs: 300_000 };
const nowMs = Date.UTC(2026, 0, 5, 12);
const placed = {
  type: 'OrderPlaced',
  orderId: 'o-1',
  storeId: 'West',
  channel: 'web',
  country: 'US',
  currency: 'USD',
  occurredAt: '2026-01-05T11:59:00Z',
  amountMinor: 1_999,
  items: [{ sku: 'tea', category: 'Food', quantity: 2, amountMinor: 1_999 }],
};
const parse = (changes: object) => parseEvent({ ...placed, ...changes }, rules, nowMs);

describe('an event as a client sends it', () => {
  test('is accepted with the least that it must say', () => {
    const parsed = parse({});
    expect(parsed).toMatchObject({
      kind: 'valid',
      event: { occurredAt: nowMs - 60_000, placedAt: null, customerId: null, sequence: null },
    });
  });

  test('gets the same derived id at every retry, and another where it is another event', () => {
    const idOf = (changes: object) => {
      const parsed = parse(changes);
      return parsed.kind === 'valid' ? parsed.event.eventId : parsed.problem;
    };
    expect(idOf({})).toBe(idOf({ amountMinor: 5 }));
    expect(idOf({})).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
    const others = [
      { orderId: 'o-2' },
      { sequence: 1 },
      { occurredAt: nowMs },
      { type: 'OrderFulfilled', placedAt: nowMs - 90_000 },
    ].map(idOf);
    expect(new Set([idOf({}), ...others]).size).toBe(5);
  });

  test('may give times in any zone, or as milliseconds', () => {
    for (const occurredAt of ['2026-01-05T12:59:00+01:00', '2026-01-05T06:59:00.000-05:00', nowMs - 60_000]) {
      expect(parse({ occurredAt })).toMatchObject({ kind: 'valid', event: { occurredAt: nowMs - 60_000 } });
    }
  });

  test.each([
    ['negative amount', { amountMinor: -1 }, 'out-of-range', 'amountMinor', -1],
    ['fraction of a cent', { amountMinor: 19.99 }, 'wrong-type', 'amountMinor', 19.99],
    ['amount beyond the bound', { amountMinor: 1e12 + 1 }, 'out-of-range', 'amountMinor', 1e12 + 1],
    ['amount as text', { amountMinor: '1999' }, 'wrong-type', 'amountMinor', '1999'],
    ['unknown currency', { currency: 'XYZ' }, 'unknown-value', 'currency', 'XYZ'],
    ['a name of every object for a currency', { currency: 'constructor' }, 'unknown-value', 'currency', 'constructor'],
    ['currency in lower case', { currency: 'usd' }, 'unknown-value', 'currency', 'usd'],
    ['unknown type', { type: 'PlaceOrder' }, 'unknown-value', 'type', 'PlaceOrder'],
    ['missing occurredAt', { occurredAt: undefined }, 'missing-field', 'occurredAt', undefined],
    ['year 9999', { occurredAt: '9999-01-01T00:00:00Z' }, 'too-far-ahead', 'occurredAt', '9999-01-01T00:00:00Z'],
    ['six minutes ahead', { occurredAt: nowMs + 360_000 }, 'too-far-ahead', 'occurredAt', nowMs + 360_000],
    [
      'before the year 2000',
      { occurredAt: '1999-12-31T23:59:59Z' },
      'out-of-range',
      'occurredAt',
      '1999-12-31T23:59:59Z',
    ],
    ['a time without zone', { occurredAt: '2026-01-05T11:59:00' }, 'wrong-type', 'occurredAt', '2026-01-05T11:59:00'],
    [
      'a day that does not exist',
      { occurredAt: '2025-02-30T11:59:00Z' },
      'wrong-type',
      'occurredAt',
      '2025-02-30T11:59:00Z',
    ],
    ['unknown field', { colour: 'red' }, 'unknown-field', 'colour', 'red'],
    ['empty store', { storeId: '' }, 'bad-text', 'storeId', ''],
    ['store of 65 bytes', { storeId: 'x'.repeat(65) }, 'bad-text', 'storeId', 'x'.repeat(65)],
    ['store of 33 two-byte letters', { storeId: 'ü'.repeat(33) }, 'bad-text', 'storeId', 'ü'.repeat(33)],
    ['control character', { channel: 'we\u0000b' }, 'bad-text', 'channel', 'we\u0000b'],
    ['half of a surrogate pair', { orderId: 'o\ud800' }, 'bad-text', 'orderId', 'o\ud800'],
    ['country by name', { country: 'Germany' }, 'bad-text', 'country', 'Germany'],
    ['event id that is no UUID', { eventId: 'abc' }, 'bad-text', 'eventId', 'abc'],
    [
      'placedAt on OrderPlaced that differs',
      { placedAt: nowMs - 90_000 },
      'inconsistent-time',
      'placedAt',
      nowMs - 90_000,
    ],
    ['refund without placedAt', { type: 'OrderRefunded' }, 'missing-field', 'placedAt', undefined],
    [
      'placed after it was refunded',
      { type: 'OrderRefunded', placedAt: nowMs },
      'inconsistent-time',
      'placedAt',
      nowMs,
    ],
    ['items missing', { items: undefined }, 'missing-field', 'items', undefined],
    [
      'item without sku',
      { items: [{ category: 'Food', quantity: 1, amountMinor: 1 }] },
      'missing-field',
      'items[0].sku',
      undefined,
    ],
    ['item of quantity 0', { items: [{ ...placed.items[0], quantity: 0 }] }, 'out-of-range', 'items[0].quantity', 0],
    ['1,001 items', { items: Array.from({ length: 1_001 }, () => placed.items[0]) }, 'out-of-range', 'items', 1_001],
  ])('%s is refused by field, value and what was expected', (_, changes, code, field, value) => {
    const parsed = parse(changes);
    expect(parsed).toMatchObject({ kind: 'invalid', problem: { code, field } });
    if (parsed.kind !== 'invalid') return;
    expect(parsed.problem.value).toEqual(value);
    expect(parsed.problem.expected).not.toBe('');
  });

  test.each([[null], [[]], ['text'], [7]])('%j is not an event', (input) => {
    expect(parseEvent(input, rules, nowMs)).toMatchObject({
      kind: 'invalid',
      problem: { code: 'wrong-type', expected: 'an object' },
    });
  });
});

describe('what an error shows of a value', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);

  test.each([
    ['a short text', 'Lisbon', 'Lisbon', '"Lisbon"'],
    ['a long text', 'x'.repeat(300), `${'x'.repeat(200)}…`, `"${'x'.repeat(200)}…"`],
    ['a text cut before half a letter', `${'x'.repeat(199)}😀y`, `${'x'.repeat(199)}…`, `"${'x'.repeat(199)}…"`],
    ['a number', 1.5, 1.5, '1.5'],
    ['a number beyond all numbers', JSON.parse('1e999'), 'Infinity', '"Infinity"'],
    ['nothing', undefined, undefined, 'nothing'],
    ['null', null, null, 'null'],
    ['an object', { toJSON: () => 'x'.repeat(300) }, 'an object', 'an object'],
    ['a list', [1, 2], 'a list of 2', 'a list of 2'],
    ['a list that is too deep to be written', deep, 'a list of 1', 'a list of 1'],
  ])('of %s is short', (_name, value, wanted, words) => {
    expect(shown(value)).toEqual(wanted);
    expect(shown(shown(value))).toEqual(wanted);
    const message = problemMessage({ field: 'f'.repeat(300), value, expected: 'else' });
    expect(message).toBe(`${'f'.repeat(200)}… is ${words.replaceAll('"Infinity"', 'Infinity')}, expected else`);
  });

  test('a field that is nested too deep is refused like any other', () => {
    const parsed = parse({ eventId: deep });
    expect(parsed).toMatchObject({ kind: 'invalid', problem: { code: 'wrong-type', field: 'eventId' } });
    if (parsed.kind === 'invalid')
      expect(problemMessage(parsed.problem)).toBe('eventId is a list of 1, expected a text');
  });
});
