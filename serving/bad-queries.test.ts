// Bad input: a problem document that names parameter, value and what was expected; no store is asked, nothing is a 500.
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { compareNames, rangeNames, weekDays, windowNames } from '../api/query-names.ts';
import { streamSchema } from '../api/query-schema.ts';
import { definition } from '../schemas/definition.ts';
import { createTestApp } from './test-app.ts';

const minute = Date.UTC(2024, 2, 15, 12);
const app = createTestApp({
  nowMs: minute + 30_000,
  batch: [{ occurredAt: minute, currency: 'EUR' }],
  live: [{ occurredAt: minute, storeId: 'east' }],
});
afterEach(() => app.reads.splice(0));

const long = 'x'.repeat(65);
const o = 'measures=orders';

describe('GET', () => {
  test.each<[string, string, string, unknown, string]>([
    ['', 'missing-parameter', 'measures', undefined, 'one or more of orders'],
    ['measures=', 'missing-parameter', 'measures', 'a list of 0', 'one or more of orders'],
    ['measures=profit', 'unknown-measure', 'measures', 'profit', 'one of orders'],
    ['measures=orders,,units', 'unknown-measure', 'measures', '', 'one of orders'],
    ['measures=orders&measures=units', 'duplicate-parameter', 'measures', 'a list of 2', 'to be given once'],
    ['measures=orders,orders', 'duplicate-value', 'measures', 'orders', 'each name once'],
    ['measures=__proto__', 'unknown-measure', 'measures', '__proto__', 'one of orders'],
    [`${o}&__proto__=x`, 'unknown-parameter', '__proto__', 'x', 'one of measures'],
    [`${o}&constructor=x`, 'unknown-parameter', 'constructor', 'x', 'one of measures'],
    [`${o}&where=store`, 'unknown-parameter', 'where', 'store', 'where.store'],
    [`${o}&Measures=orders`, 'unknown-parameter', 'Measures', 'orders', 'one of measures'],
    [`${o}&by=shop`, 'unknown-dimension', 'by', 'shop', 'one of store'],
    // Hidden: there to be counted, never named.
    [`${o}&by=customer`, 'unknown-dimension', 'by', 'customer', 'one of store'],
    [`${o}&where.customer=x`, 'unknown-dimension', 'where.customer', 'x', 'where. and one of store'],
    [`${o}&not.customer=x`, 'unknown-dimension', 'not.customer', 'x', 'not. and one of store'],
    [`${o}&order=customer`, 'unknown-value', 'order', 'customer', 'one of orders, windowStart'],
    [`${o}&by=store,store`, 'duplicate-value', 'by', 'store', 'each name once'],
    [`${o}&by=windowStart`, 'unknown-dimension', 'by', 'windowStart', 'one of store'],
    [`${o}&where.shop=x`, 'unknown-dimension', 'where.shop', 'x', 'where. and one of store'],
    [`${o}&not.=x`, 'unknown-dimension', 'not.', 'x', 'not. and one of store'],
    [`${o}&where.store=`, 'bad-value', 'where.store', '', '1 to 64 bytes'],
    [`${o}&where.store=${long}`, 'bad-value', 'where.store', long, '1 to 64 bytes'],
    [`${o}&where.store=a%00b`, 'bad-value', 'where.store', 'a\u0000b', 'without control characters'],
    [`${o}&window=fortnight`, 'unknown-window', 'window', 'fortnight', 'one of minute'],
    [`${o}&window=Day`, 'unknown-window', 'window', 'Day', 'one of minute'],
    [`${o}&weekStart=1`, 'unknown-value', 'weekStart', '1', 'one of sunday'],
    [`${o}&tz=Mars/Olympus`, 'unknown-time-zone', 'tz', 'Mars/Olympus', 'an IANA time zone'],
    [`${o}&tz=%2B02:00`, 'unknown-time-zone', 'tz', '+02:00', 'an IANA time zone'],
    [`${o}&from=yesterday`, 'bad-instant', 'from', 'yesterday', 'an ISO 8601 instant'],
    [`${o}&from=1710504000000`, 'bad-instant', 'from', '1710504000000', 'an ISO 8601 instant'],
    [`${o}&to=2024-02-30`, 'bad-instant', 'to', '2024-02-30', 'an ISO 8601 instant'],
    [`${o}&from=2024-03-02&to=2024-03-02`, 'reversed-range', 'to', '2024-03-02', 'an instant after from (2024-03-02)'],
    [`${o}&from=2025-01-01`, 'reversed-range', 'from', '2025-01-01T00:00:00+00:00', 'not in the future'],
    [`${o}&from=2024-03-01T00:00:01Z`, 'off-grain', 'from', '2024-03-01T00:00:01+00:00', 'a multiple of 1 minutes'],
    [`${o}&last=0h`, 'bad-value', 'last', '0h', '90m, 24h'],
    [`${o}&last=24`, 'bad-value', 'last', '24', '90m, 24h'],
    [`${o}&last=31y`, 'bad-value', 'last', '31y', 'at most 30 years'],
    [`${o}&last=99999999m`, 'bad-value', 'last', '99999999m', 'at most 30 years'],
    [`${o}&last=24h&from=2024-03-01`, 'bad-combination', 'last', '24h', 'from is given too'],
    [`${o}&last=24h&range=today`, 'bad-combination', 'last', '24h', 'range is given too'],
    [`${o}&range=today&to=2024-03-01`, 'bad-combination', 'range', 'today', 'to is given too'],
    [`${o}&range=tomorrow`, 'unknown-value', 'range', 'tomorrow', 'one of today'],
    [`${o}&attribution=payment`, 'unknown-attribution', 'attribution', 'payment', 'one of event, order'],
    [`${o}&order=units`, 'unknown-value', 'order', 'units', 'one of orders, windowStart'],
    [`${o}&order=--orders`, 'unknown-value', 'order', '--orders', 'one of orders, windowStart'],
    [`${o}&order=orders,-orders`, 'duplicate-value', 'order', 'orders', 'each name once'],
    [
      `${o}&by=store&order=orders,windowStart,store`,
      'bad-combination',
      'order',
      'orders,windowStart,store',
      'windowStart as the first or the last',
    ],
    [`${o}&limit=0`, 'bad-value', 'limit', 0, 'a whole number from 1 to 10000'],
    [`${o}&limit=10001`, 'bad-value', 'limit', 10_001, 'a whole number from 1 to 10000'],
    [`${o}&limit=ten`, 'bad-value', 'limit', 'ten', 'a whole number from 1 to 10000'],
    [`${o}&limit=1e3`, 'bad-value', 'limit', '1e3', 'a whole number from 1 to 10000'],
    [`${o}&other=true`, 'bad-combination', 'other', true, 'limit as well'],
    [`${o}&limit=1&other=yes`, 'bad-value', 'other', 'yes', 'true or false'],
    [`${o}&fill=true`, 'bad-combination', 'fill', true, 'window as well'],
    [`${o}&fill=1&window=day`, 'bad-value', 'fill', '1', 'true or false'],
    [`${o}&compare=month-ago&from=2024-03-01`, 'unknown-value', 'compare', 'month-ago', 'one of previous'],
    [`${o}&compare=previous`, 'bad-combination', 'compare', 'previous', 'from, last or range as well'],
    [`${o}&compare=previous&to=2024-03-01`, 'bad-combination', 'compare', 'previous', 'from, last or range as well'],
    [`${o}&window=minute&last=1y&compare=year-ago`, 'too-many-rows', 'by', undefined, 'a shorter range'],
    [`${o}&provenance=long`, 'unknown-value', 'provenance', 'long', 'one of short, full'],
    [`${o}&format=xml`, 'unknown-value', 'format', 'xml', 'one of json, csv'],
    [`${o}&atLeast=x`, 'bad-token', 'atLeast', 'x', 'a token from an answer'],
    [`${o}&by=sku`, 'unanswerable', 'measures', 'orders', 'a rollup by occurredAt of [sku] with orders'],
    ['measures=units&by=sku&window=minute', 'unanswerable', 'window', 'minute', 'windows of at least 15 minutes'],
    ['measures=units,refunds&by=sku', 'unanswerable', 'measures', 'units,refunds', 'of [sku] with refunds'],
  ])('?%s is %s of %s', async (parameters, code, field, value, expected) => {
    const { status, body, headers } = await app.get(parameters);
    expect(status).toBe(400);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(body).toMatchObject({
      code,
      field,
      type: `urn:tidemark:error:${code}`,
      expected: expect.stringContaining(expected),
    });
    expect(body['value']).toEqual(value);
    expect(String(body['detail'])).not.toBe('');
    expect(app.reads).toEqual([]);
  });
});

describe('POST', () => {
  const m = { measures: ['orders'] };
  const body = '(body)';
  test.each<[unknown, string, string, unknown, string]>([
    [[], 'bad-body', body, 'a list of 0', 'an object such as'],
    ['"text"', 'bad-body', body, 'text', 'an object such as'],
    ['null', 'bad-body', body, null, 'an object such as'],
    [{}, 'missing-parameter', 'measures', undefined, 'one or more of orders'],
    [{ measures: [] }, 'missing-parameter', 'measures', 'a list of 0', 'one or more of orders'],
    [{ measures: 'orders' }, 'wrong-type', 'measures', 'orders', 'a list of texts'],
    [{ measures: ['orders', 1] }, 'wrong-type', 'measures', 'a list of 2', 'a list of texts'],
    [{ measures: ['profit'] }, 'unknown-measure', 'measures', 'profit', 'one of orders'],
    [{ measures: null }, 'wrong-type', 'measures', null, 'a list of texts'],
    [{ ...m, colour: 'red' }, 'unknown-parameter', 'colour', 'red', 'one of measures'],
    [{ ...m, 'where.store': ['a'] }, 'unknown-parameter', 'where.store', 'a list of 1', 'one of measures'],
    [{ ...m, constructor: 1 }, 'unknown-parameter', 'constructor', 1, 'one of measures'],
    [{ ...m, by: 'store' }, 'wrong-type', 'by', 'store', 'a list of texts'],
    [{ ...m, by: ['shop'] }, 'unknown-dimension', 'by', 'shop', 'one of store'],
    [{ ...m, by: ['customer'] }, 'unknown-dimension', 'by', 'customer', 'one of store'],
    [
      { ...m, where: { customer: ['x'] } },
      'unknown-dimension',
      'where.customer',
      'a list of 1',
      'where. and one of store',
    ],
    [{ ...m, window: 5 }, 'wrong-type', 'window', 5, 'a text'],
    [{ ...m, window: null }, 'wrong-type', 'window', null, 'a text'],
    [{ ...m, tz: ['UTC'] }, 'wrong-type', 'tz', 'a list of 1', 'a text'],
    [{ ...m, tz: '\ud800' }, 'unknown-time-zone', 'tz', '\ud800', 'an IANA time zone'],
    [{ ...m, from: 1_710_504_000_000 }, 'wrong-type', 'from', 1_710_504_000_000, 'a text'],
    [{ ...m, from: '2024-13-01' }, 'bad-instant', 'from', '2024-13-01', 'an ISO 8601 instant'],
    [{ ...m, where: ['store'] }, 'wrong-type', 'where', 'a list of 1', 'an object of lists'],
    [{ ...m, where: null }, 'wrong-type', 'where', null, 'an object of lists'],
    [{ ...m, where: { shop: ['a'] } }, 'unknown-dimension', 'where.shop', 'a list of 1', 'where. and one of store'],
    [{ ...m, where: { store: 'a' } }, 'wrong-type', 'where.store', 'a', 'a list of texts'],
    [{ ...m, where: { store: [] } }, 'bad-value', 'where.store', 'a list of 0', 'one or more values'],
    [{ ...m, not: { store: ['a', null] } }, 'wrong-type', 'not.store', 'a list of 2', 'a list of texts'],
    [{ ...m, not: { store: ['\udfff'] } }, 'bad-value', 'not.store', '\udfff', '1 to 64 bytes'],
    [{ ...m, not: { store: ['x'.repeat(60_000)] } }, 'bad-value', 'not.store', `${'x'.repeat(200)}…`, '1 to 64 bytes'],
    [
      { ...m, not: { store: Array.from({ length: 101 }, (_, i) => String(i)) } },
      'too-many-values',
      'where',
      '101 values, 193 bytes',
      'at most 100',
    ],
    [{ ...m, order: '-orders' }, 'wrong-type', 'order', '-orders', 'a list of texts'],
    [{ ...m, limit: '10' }, 'bad-value', 'limit', '10', 'a whole number from 1'],
    [{ ...m, limit: 1.5 }, 'bad-value', 'limit', 1.5, 'a whole number from 1'],
    [{ ...m, limit: [1] }, 'wrong-type', 'limit', 'a list of 1', 'a whole number from 1'],
    [{ ...m, limit: 1, other: 'true' }, 'bad-value', 'other', 'true', 'true or false'],
    [{ ...m, limit: 1, other: 1 }, 'wrong-type', 'other', 1, 'true or false'],
    [{ ...m, last: '1h', to: '2024-01-01' }, 'bad-combination', 'last', '1h', 'to is given too'],
    [{ ...m, atLeast: {} }, 'wrong-type', 'atLeast', 'an object', 'a text'],
  ])('%j is %s of %s', async (sent, code, field, value, expected) => {
    const answer = await app.post(sent);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code, field, expected: expect.stringContaining(expected) });
    expect(answer.body['value']).toEqual(value);
    expect(app.reads).toEqual([]);
  });

  test.each<[string, string, string | undefined, number, string]>([
    ['no JSON', '{"measures": ["orders"', 'application/json', 400, 'malformed-json'],
    ['nothing', '', 'application/json', 400, 'malformed-json'],
    ['a poisoned prototype', '{"__proto__": {"measures": ["orders"]}}', 'application/json', 400, 'malformed-json'],
    ['text', '{"measures": ["orders"]}', 'text/plain', 415, 'unsupported-media-type'],
    ['a form', 'measures=orders', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['too much', JSON.stringify({ measures: ['x'.repeat(65_536)] }), 'application/json', 413, 'body-too-large'],
    [
      'too deep',
      `{"measures":["orders"],"where":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      'application/json',
      400,
      'wrong-type',
    ],
  ])('a body that is %s', async (_name, body, contentType, status, code) => {
    const answer = await app.post(body, { 'content-type': contentType ?? '' });
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(app.reads).toEqual([]);
  });
});

describe('fuzz', () => {
  const names = [
    ...Object.keys(streamSchema(definition).properties),
    ...Object.keys(definition.dimensions).map((name) => `where.${name}`),
  ];
  const known = [
    Object.keys(definition.measures),
    Object.keys(definition.dimensions),
    windowNames,
    weekDays,
    rangeNames,
    compareNames,
    'true false 1 10000 24h 30y 1mo 1m csv full order USD windowStart'.split(' '),
    '1970-01-01 1999-12-31 2024-02-29 2024-03-15 9999-12-31 2024-03-15T12:00:00Z'.split(' '),
    'America/New_York Australia/Lord_Howe Asia/Kathmandu Pacific/Apia Africa/Monrovia'.split(' '),
  ].flat();
  const word = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: fc.string() });
  const list = fc
    .array(fc.tuple(fc.constantFrom('', '', '-'), word), { maxLength: 3 })
    .map((words) => words.map((w) => w.join('')));
  const text = fc.oneof(
    word,
    list.map((words) => words.join(',')),
  );
  const json = fc.oneof(
    word,
    list,
    fc.integer(),
    fc.boolean(),
    fc.jsonValue({ maxDepth: 2 }),
    fc.dictionary(word, list, { maxKeys: 2 }),
  );
  const answered: number[] = [];

  async function expectNoFault(ask: () => Promise<{ status: number }>): Promise<void> {
    const { status } = await ask();
    answered.push(status);
    expect([200, 400]).toContain(status);
    // What work grows with: the segments of a grid, the values of a filter.
    for (const { starts, where, not } of app.reads.splice(0)) {
      expect(starts.length).toBeLessThan(2_000);
      expect(Object.values({ ...where, ...not }).flat().length).toBeLessThanOrEqual(100);
    }
  }

  test('no query string is a fault or unbounded work', async () => {
    const parameters = fc.dictionary(
      fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...names) }, fc.string()),
      text,
      { maxKeys: 6 },
    );
    await fc.assert(
      fc.asyncProperty(parameters, fc.boolean(), async (given, sane) => {
        const search = new URLSearchParams(sane ? { measures: 'orders', ...given } : given);
        await expectNoFault(() => app.get(search.toString()));
      }),
      { numRuns: 600 },
    );
    expect(answered.filter((status) => status === 200).length).toBeGreaterThan(20);
  });

  test('no body is a fault or unbounded work', async () => {
    const body = fc.dictionary(fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...names) }, fc.string()), json, {
      maxKeys: 6,
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(body, body, fc.jsonValue()), fc.boolean(), async (given, sane) => {
        const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
        const sent = sane && isObject ? { measures: ['units'], ...given } : given;
        await expectNoFault(() => app.post(JSON.stringify(sent)));
      }),
      { numRuns: 600 },
    );
  });
});
