// The HTTP surface of ingest through inject, with a producer in memory behind the port.
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { KafkaError } from '../runtime/kafka/errors.ts';
import type { EventProducer } from '../runtime/kafka/event-producer.ts';
import { createLogger } from '../runtime/logger.ts';
import { decodeEvent } from '../schemas/codec.ts';
import { createGeneration } from '../schemas/generation.ts';
import { judgeRecord } from '../schemas/judge-record.ts';
import { partitionOf } from '../schemas/murmur2.ts';
import { decodeToken } from '../schemas/token.ts';
import { createIngestApp, type IngestAppOptions, jsonLimitBytes, lineLimitBytes } from './app.ts';

const generation = createGeneration({ topic: 'orders', partitions: 4, horizonMs: 3_600_000, hashKey: '0f'.repeat(16) });
const nowMs = Date.UTC(2026, 5, 1, 12);
type Sent = Parameters<EventProducer['send']>[1][number];

const apps: { close(): PromiseLike<unknown> }[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

/** Keeps what was sent. `sends` holds the batch sizes; `before` runs in each send and may reject it. */
function open(options: Partial<IngestAppOptions> & { before?: (call: number) => Promise<void> | void } = {}) {
  const log: Sent[][] = Array.from({ length: generation.partitions }, () => []);
  const sends: number[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const producer: Pick<EventProducer, 'send'> = {
    async send(_topic, messages) {
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      try {
        const call = sends.push(messages.length);
        await options.before?.(call);
        const nexts = new Map<number, number>();
        for (const message of messages) {
          const partition = partitionOf(Buffer.from(message.key), generation.partitions);
          nexts.set(partition, log[partition]!.push(message));
        }
        return nexts;
      } finally {
        inFlight -= 1;
      }
    },
  };
  const app = createIngestApp(
    {
      producer,
      generation,
      randomBytes,
      now: () => nowMs,
      log: createLogger('test', 'silent'),
      waitingFor: () => undefined,
    },
    { maxRequests: 8, idleMs: 5_000, ...options },
  );
  apps.push(app);
  const post = async (body: string | Buffer | Readable, contentType = 'application/json', headers = {}) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/events',
      payload: body,
      headers: { 'content-type': contentType, ...headers },
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json<Answer>() };
  };
  return { app, post, log, sends, records: () => log.flat(), mostInFlight: () => mostInFlight };
}

interface Answer {
  code: string;
  accepted: number;
  rejectedCount: number;
  rejected: { index: number; code: string; field: string; value: unknown; expected: string; message: string }[];
  vector: number[];
  token: string;
  [more: string]: unknown;
}

const placed = {
  type: 'OrderPlaced',
  orderId: 'o-1',
  storeId: 'Lisbon',
  channel: 'web',
  country: 'PT',
  currency: 'EUR',
  occurredAt: '2026-06-01T11:59:00Z',
  amountMinor: 1_999,
  items: [{ sku: 'mug', category: 'Kitchen', quantity: 2, amountMinor: 1_999 }],
};
const order = (orderId: string) => ({ ...placed, orderId });
const orders = (count: number) => Array.from({ length: count }, (_, n) => order(`o-${n}`));
const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const without = (name: keyof typeof placed) =>
  Object.fromEntries(Object.entries(placed).filter(([field]) => field !== name));

const traceOf = (message: Sent | undefined) => String(message?.headers?.['traceparent']).split('-');
const away = (): never => {
  throw new KafkaError('send-unconfirmed', 'away', { topic: 'orders' }, { retryable: true });
};
const slowly = async () => {
  for (let turn = 0; turn < 50; turn++) await setImmediate();
};
const refuse = (): never => {
  throw new KafkaError('send-refused', 'no', { topic: 'orders' }, { retryable: false });
};

describe('accepting', () => {
  test('one event is answered with its place in the log and a token for it', async () => {
    const { post, log } = open();
    const { status, body } = await post(JSON.stringify(placed));
    const partition = partitionOf(Buffer.from('o-1'), 4);
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 1, rejected: [], rejectedCount: 0 });
    expect(body.vector).toEqual([0, 1, 2, 3].map((p) => (p === partition ? 1 : 0)));
    expect(decodeToken(body.token)).toEqual({ generation: generation.id, run: '', vector: body.vector });
    const decoded = decodeEvent(log[partition]![0]!.value, generation.rules.schemaIds);
    expect(decoded).toMatchObject({ event: { orderId: 'o-1', occurredAt: Date.parse(placed.occurredAt) } });
  });

  test('an array keeps its order and tells which of its events were refused', async () => {
    const { post, records } = open();
    const { status, body } = await post(JSON.stringify([order('a'), { ...placed, amountMinor: -5 }, order('b')]));
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 2, rejectedCount: 1 });
    expect(body.rejected).toEqual([
      {
        index: 1,
        code: 'out-of-range',
        field: 'amountMinor',
        value: -5,
        expected: 'a whole number from 0 to 1000000000000',
        message: 'amountMinor is -5, expected a whole number from 0 to 1000000000000',
      },
    ]);
    expect(records().map((message) => message.key)).toHaveLength(2);
  });

  test('a stream goes to Kafka in batches of 1,000, at most two in flight', async () => {
    const { post, sends, mostInFlight } = open({ before: slowly });
    const { status, body } = await post(lines(orders(5_500)), 'application/x-ndjson');
    expect(status).toBe(202);
    expect(body.accepted).toBe(5_500);
    expect(body.vector.reduce((a, b) => a + b)).toBe(5_500);
    expect(sends).toEqual([1_000, 1_000, 1_000, 1_000, 1_000, 500]);
    expect(mostInFlight()).toBe(2);
  });

  test('a slow Kafka holds the stream back', async () => {
    const gate = Promise.withResolvers<void>();
    let made = 0;
    function* body() {
      for (; made < 20_000; made += 100) yield lines(orders(100));
    }
    const { post, sends } = open({ before: () => gate.promise });
    const answer = post(Readable.from(body(), { objectMode: false, highWaterMark: 1_000 }), 'application/x-ndjson');
    await expect.poll(() => sends.length, { timeout: 30_000 }).toBe(2);
    for (let turn = 0; turn < 200; turn++) await setImmediate();
    expect(made).toBeLessThan(5_000);
    gate.resolve();
    expect((await answer).body.accepted).toBe(20_000);
  });

  test('large events make smaller batches than the broker refuses', async () => {
    const items = Array.from({ length: 400 }, (_, n) => ({
      ...placed.items[0],
      sku: `sku-${n}`,
      name: 'n'.repeat(200),
    }));
    const { post, sends } = open();
    const { body } = await post(
      lines(Array.from({ length: 30 }, (_, n) => ({ ...order(`o-${n}`), items }))),
      'application/x-ndjson',
    );
    expect(body.accepted).toBe(30);
    expect(sends.length).toBeGreaterThan(3);
    expect(Math.max(...sends)).toBeLessThan(10);
  });

  test('a retry is the same event: the derived id does not change', async () => {
    const { post, records } = open();
    await post(JSON.stringify(placed));
    await post(JSON.stringify(placed));
    const [first, second] = records();
    expect(first!.value.equals(second!.value)).toBe(true);
  });
});

describe('tracing', () => {
  test("the caller's trace is carried in each record with a span of its own", async () => {
    const { post, records } = open();
    const traceId = 'ab'.repeat(16);
    await post(JSON.stringify(orders(2)), 'application/json', { traceparent: `00-${traceId}-${'cd'.repeat(8)}-01` });
    const [first, second] = records().map(traceOf);
    expect(first).toEqual(['00', traceId, expect.stringMatching(/^[0-9a-f]{16}$/), '01']);
    expect(second![1]).toBe(traceId);
    expect(second![2]).not.toBe(first![2]);
  });

  test.each([
    ['absent', undefined],
    ['no header of this kind', 'nonsense'],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${'cd'.repeat(8)}-01`],
    ['a span of zeros', `00-${'ab'.repeat(16)}-${'0'.repeat(16)}-01`],
    ['version ff', `ff-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`],
    ['upper case', `00-${'AB'.repeat(16)}-${'cd'.repeat(8)}-01`],
  ])('a trace is made where the header is %s', async (_name, traceparent) => {
    const { post, records } = open();
    const { headers } = await post(JSON.stringify(orders(2)), 'application/json', traceparent ? { traceparent } : {});
    const [first, second] = records().map(traceOf);
    expect(first![1]).toMatch(/^[0-9a-f]{32}$/);
    expect(first![1]).not.toBe('ab'.repeat(16));
    expect(second![1]).toBe(first![1]);
    expect(String(headers['traceparent']).split('-')[1]).toBe(first![1]);
  });
});

describe('refusing', () => {
  const year9999 = '9999-01-01T00:00:00Z';
  test.each([
    ['a negative amount', { ...placed, amountMinor: -1 }, 'out-of-range', 'amountMinor', -1, /from 0 to/],
    ['an unknown currency', { ...placed, currency: 'XYZ' }, 'unknown-value', 'currency', 'XYZ', /ISO 4217/],
    [
      'year 9999',
      { ...placed, occurredAt: '9999-01-01T00:00:00Z' },
      'too-far-ahead',
      'occurredAt',
      year9999,
      /4 minutes/,
    ],
    ['no occurredAt', without('occurredAt'), 'missing-field', 'occurredAt', undefined, /ISO 8601/],
    ['a fraction of a cent', { ...placed, amountMinor: 1.5 }, 'wrong-type', 'amountMinor', 1.5, /whole number/],
    ['a field of another name', { ...placed, amount: 5 }, 'unknown-field', 'amount', 5, /amountMinor/],
    [
      'a line of no quantity',
      { ...placed, items: [{ sku: 'a', category: 'b', quantity: 0, amountMinor: 1 }] },
      'out-of-range',
      'items[0].quantity',
      0,
      /from 1/,
    ],
    ['a number', 5, 'wrong-type', '(event)', 5, /object/],
  ])(
    'one event with %s is a problem that names field, value and what was expected',
    async (_n, event, code, field, value, expected) => {
      const { post, sends } = open();
      const { status, headers, body } = await post(JSON.stringify(event));
      expect(status).toBe(400);
      expect(headers['content-type']).toContain('application/problem+json');
      expect(body).toMatchObject({ code, field, expected: expect.stringMatching(expected), rejectedCount: 1 });
      expect(body['value']).toEqual(value);
      expect(body.rejected[0]).toMatchObject({ index: 0, code, field });
      expect(sends).toEqual([]);
    },
  );

  test.each([
    ['malformed JSON', '{"type": "OrderPlaced",', 'application/json', 400, 'malformed-json', '(body)'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'application/json', 400, 'malformed-json', '(body)'],
    ['a body above 5 MiB', `"${'x'.repeat(jsonLimitBytes)}"`, 'application/json', 413, 'body-too-large', '(body)'],
    ['an empty body', '', 'application/json', 400, 'empty-body', '(body)'],
    ['an empty array', '[]', 'application/json', 400, 'empty-body', '(body)'],
    ['an empty stream', '\n \n', 'application/x-ndjson', 400, 'empty-body', '(body)'],
  ])('%s is a problem', async (_name, body, contentType, status, code, field) => {
    const { post } = open();
    const answer = await post(body, contentType);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code, field, expected: expect.any(String) });
  });

  test.each([
    ['another content type', 'text/csv', {}],
    ['a compressed body', 'application/json', { 'content-encoding': 'gzip' }],
  ])('%s is 415', async (_name, contentType, headers) => {
    const { post } = open();
    expect(await post('a,b', contentType, headers)).toMatchObject({
      status: 415,
      body: { code: 'unsupported-media-type' },
    });
  });

  test('where all are refused it is a 400 with the list', async () => {
    const { post } = open();
    const { status, body } = await post(
      JSON.stringify([
        { ...placed, country: 'pt' },
        { ...placed, orderId: '' },
      ]),
    );
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'all-rejected', field: 'country', value: 'pt', rejectedCount: 2 });
    expect(body.rejected.map(({ index, field }) => [index, field])).toEqual([
      [0, 'country'],
      [1, 'orderId'],
    ]);
  });

  test('a bad line is one rejection and the rest goes on; blank lines do not count', async () => {
    const { post } = open();
    const long = JSON.stringify({ ...placed, customerId: 'x'.repeat(lineLimitBytes) });
    const text = [JSON.stringify(order('a')), '{"type":', '', long, JSON.stringify(order('b'))].join('\r\n');
    const { status, body } = await post(text, 'application/x-ndjson');
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 2, rejectedCount: 2 });
    expect(body.rejected).toMatchObject([
      { index: 1, code: 'malformed-json', field: '(line)', value: '{"type":\r' },
      {
        index: 2,
        code: 'line-too-long',
        field: '(line)',
        value: long.length + 1,
        expected: `at most ${lineLimitBytes} bytes`,
      },
    ]);
  });

  test('the list of refused events ends at 1,000, their number does not', async () => {
    const { post } = open();
    const { body } = await post(lines([placed, ...Array.from({ length: 1_500 }, () => ({}))]), 'application/x-ndjson');
    expect(body.rejected).toHaveLength(1_000);
    expect(body.rejectedCount).toBe(1_500);
  });

  test('a body that stands still ends with 408', async () => {
    const { post } = open({ idleMs: 20 });
    const body = new Readable({ read() {} });
    body.push(lines([placed]));
    const answer = await post(body, 'application/x-ndjson');
    expect(answer).toMatchObject({ status: 408, body: { code: 'body-timeout' } });
  });

  test('a body that comes byte by byte ends with 408 all the same', async () => {
    const { post } = open({ idleMs: 50 });
    async function* trickle() {
      for (let n = 0; n < 60; n++) yield await setTimeout(5, ' ');
    }
    const answer = await post(Readable.from(trickle(), { objectMode: false }), 'application/x-ndjson');
    expect(answer).toMatchObject({ status: 408, body: { code: 'body-timeout' }, headers: { connection: 'close' } });
  });

  test('a slow feed of valid events is no trickle', async () => {
    const { post } = open({ idleMs: 450 });
    async function* feed() {
      for (let n = 0; n < 4; n++) yield await setTimeout(150, lines([order(`o-${n}`)]));
    }
    expect(lines(orders(3)).length).toBeLessThan(1024);
    const answer = await post(Readable.from(feed(), { objectMode: false }), 'application/x-ndjson');
    expect(answer).toMatchObject({ status: 202, body: { accepted: 4 } });
  });

  test('a stream that stops half-way says in its 408 what Kafka has of it', async () => {
    const { post, records } = open({ idleMs: 50 });
    const body = new Readable({ read() {} });
    body.push(`${lines(orders(1_500))}{"type":`);
    const answer = await post(body, 'application/x-ndjson');
    expect(answer).toMatchObject({ status: 408, body: { code: 'body-timeout', accepted: 1_500, rejectedCount: 0 } });
    expect(answer.body.vector.reduce((a, b) => a + b)).toBe(1_500);
    expect(decodeToken(answer.body.token)?.vector).toEqual(answer.body.vector);
    expect(records()).toHaveLength(1_500);
  });

  test('what the door takes is still good where the broker is a minute behind', async () => {
    const { post, log } = open();
    const ahead = (ms: number) => JSON.stringify({ ...placed, occurredAt: nowMs + ms });
    expect((await post(ahead(240_001))).body).toMatchObject({ code: 'too-far-ahead', value: nowMs + 240_001 });
    expect((await post(ahead(240_000))).status).toBe(202);
    const partition = partitionOf(Buffer.from('o-1'), 4);
    const [{ key, value }] = log[partition] as [Sent];
    const record = { partition, key: Buffer.from(key), value: Buffer.from(value), timestampMs: nowMs - 60_000 };
    expect(judgeRecord(record, generation.rules).kind).toBe('valid');
  });

  test('what is refused is shown, not echoed', async () => {
    const { app, post } = open();
    const huge = 'x'.repeat(200_000);
    const refused = [
      { ...placed, orderId: huge },
      { ...placed, [huge]: 1 },
      { ...placed, items: [{ [huge]: huge }] },
    ];
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/events',
      payload: lines(refused),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(answer.body.length).toBeLessThan(8_000);
    expect(answer.json<Answer>().rejected[0]).toMatchObject({ field: 'orderId', value: `${huge.slice(0, 200)}…` });
    const one = await post(JSON.stringify(refused[1]));
    expect(one.body).toMatchObject({ code: 'unknown-field', field: `${huge.slice(0, 200)}…` });
    expect(JSON.stringify(one.body).length).toBeLessThan(4_000);
  });

  test('an event that is nested too deep is one rejection', async () => {
    const { post } = open();
    const deep = `{"eventId":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const one = await post(deep);
    expect(one).toMatchObject({ status: 400, body: { code: 'wrong-type', field: 'eventId', value: 'a list of 1' } });
    const many = await post(`${lines([order('a')])}${deep}\n${lines([order('b')])}`, 'application/x-ndjson');
    expect(many).toMatchObject({ status: 202, body: { accepted: 2, rejectedCount: 1 } });
  });
});

describe('when Kafka is away', () => {
  test('it is a 503 with Retry-After', async () => {
    const { post } = open({ before: away });
    const { status, headers, body } = await post(JSON.stringify(placed));
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('1');
    expect(body).toMatchObject({ code: 'kafka-unavailable', accepted: 0, vector: [0, 0, 0, 0] });
  });

  test('a stream of which a part was confirmed says how much, and where', async () => {
    const { post, sends } = open({ before: (call) => (call >= 3 ? away() : undefined) });
    const { status, body } = await post(lines(orders(20_000)), 'application/x-ndjson');
    expect(status).toBe(503);
    expect(body.accepted).toBe(2_000);
    expect(body.vector.reduce((a, b) => a + b)).toBe(2_000);
    expect(decodeToken(body.token)?.vector).toEqual(body.vector);
    expect(sends.length).toBeLessThan(6);
  });

  test('what Kafka refuses for good is a fault, not an invitation to try again', async () => {
    const { post } = open({ before: refuse });
    const { status, headers, body } = await post(JSON.stringify(placed));
    expect(status).toBe(500);
    expect(headers['retry-after']).toBeUndefined();
    expect(body.code).toBe('kafka-refused');
  });
});

test('requests above the bound are answered 503 with Retry-After and the others go on', async () => {
  const gate = Promise.withResolvers<void>();
  const { post, sends } = open({ maxRequests: 2, before: () => gate.promise });
  const held = [post(JSON.stringify(order('a'))), post(JSON.stringify(order('b')))];
  await expect.poll(() => sends.length, { timeout: 30_000 }).toBe(2);
  const { status, headers, body } = await post(JSON.stringify(order('c')));
  expect({ status, code: body.code, retry: headers['retry-after'] }).toEqual({
    status: 503,
    code: 'overloaded',
    retry: '1',
  });
  gate.resolve();
  for (const answer of held) expect((await answer).status).toBe(202);
  expect((await post(JSON.stringify(order('d')))).status).toBe(202);
});

describe('when the process closes', () => {
  async function listening(options: Parameters<typeof open>[0] = {}) {
    const { app, sends, records } = open(options);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const post = (body: string | ReadableStream, contentType: string) =>
      fetch(`${url}/v1/events`, { method: 'POST', body, headers: { 'content-type': contentType }, duplex: 'half' });
    return { app, sends, records, post };
  }

  test('a request whose events are on their way to Kafka gets its 202', async () => {
    const gate = Promise.withResolvers<void>();
    const { app, sends, post } = await listening({ before: () => gate.promise });
    const answer = post(JSON.stringify(placed), 'application/json');
    await expect.poll(() => sends.length).toBe(1);
    const closed = app.close();
    await expect.poll(() => app.server.listening).toBe(false);
    gate.resolve();
    expect((await answer).status).toBe(202);
    await closed;
  });

  test('a stream that still comes in ends with 503, and the answer says what Kafka has of it', async () => {
    const { app, sends, records, post } = await listening({ graceMs: 0 });
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from(`${lines(orders(1_500))}{"type":`)),
    });
    const answer = post(body, 'application/x-ndjson');
    await expect.poll(() => sends.length).toBe(1);
    await app.close();
    const { status, headers } = await answer;
    expect({ status, retry: headers.get('retry-after') }).toEqual({ status: 503, retry: '1' });
    expect(records().length).toBeGreaterThanOrEqual(1_000);
    expect(await (await answer).json()).toMatchObject({ code: 'closing', accepted: records().length });
  });
});

test.each([
  ['a document', JSON.stringify(Array.from({ length: 20_000 }, () => ({}))), 'application/json', 'missing-field'],
  ['lines', 'x\n'.repeat(20_000), 'application/x-ndjson', 'malformed-json'],
])('other requests have their turn while %s of bad events is judged', async (_name, body, contentType, code) => {
  const { post } = open();
  let turns = 0;
  const done = new AbortController();
  const others = (async () => {
    for (; !done.signal.aborted; turns++) await setImmediate();
  })();
  const answer = await post(body, contentType);
  done.abort();
  await others;
  expect(answer.body).toMatchObject({ code: 'all-rejected', rejectedCount: 20_000, rejected: { 999: { code } } });
  expect(turns).toBeGreaterThanOrEqual(200);
});

test('metrics count accepted and refused events by code', async () => {
  const { app, post } = open();
  await post(JSON.stringify([placed, { ...placed, currency: 'XYZ' }]));
  const text = (await app.inject('/metrics')).body;
  expect(text).toContain('tidemark_ingest_events_accepted_total 1');
  expect(text).toContain('tidemark_ingest_events_rejected_total{code="unknown-value"} 1');
  expect(text).toContain('tidemark_ingest_produce_seconds_count 1');
});
