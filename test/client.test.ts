// The typed client against a real serving app on a port: answers, refusals, and streams across restarts and faults.
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { type ClientOptions, createClient, createStreamedAnswer, TidemarkError } from 'tidemark/client';
import { afterEach, describe, expect, test } from 'vitest';
import { createSseParser } from '../api/sse-parser.ts';
import type { LogEntry } from '../schemas/oracle.ts';
import { testEvent, testGeneration } from '../serving/test-live-world.ts';
import { createStreamingApp } from '../serving/test-streaming-app.ts';
import { runExample } from './readme-client.ts';

const generation = testGeneration(2);
const start = Date.UTC(2024, 5, 1, 12);
const log: LogEntry[] = Array.from({ length: 100 }, (_, i) => ({
  partition: i % 2,
  offset: Math.floor(i / 2),
  timestampMs: start + i * 1_000,
  event: testEvent({
    orderId: `o${i}`,
    storeId: ['west', 'east'][i % 3 === 0 ? 0 : 1]!,
    occurredAt: start + i * 1_000,
  }),
}));
const byStore = {
  measures: ['orders', 'grossMinor'],
  by: ['store'],
  from: '2024-06-01',
  to: '2024-06-02',
  provenance: 'full',
  minIntervalMs: 10,
} as const;
const { minIntervalMs: _, ...asked } = byStore;

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

async function scene({ port = 0, ...options }: { port?: number } & Partial<ClientOptions> = {}) {
  const streaming = createStreamingApp(generation, log, start + 3_600_000);
  open.push(streaming.app);
  streaming.publish();
  const baseUrl = await streaming.listen(port);
  const leaving = new AbortController();
  open.push({ close: () => leaving.abort() });
  const client = createClient({ baseUrl, signal: leaving.signal, wait: turn, ...options });
  return { ...streaming, baseUrl, client };
}

/** A server that does as it is told. */
async function fake(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const turn = async () => new Promise<void>((resolve) => void setImmediate(resolve));

async function faultOf(call: Promise<unknown>): Promise<TidemarkError> {
  const fault: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(TidemarkError);
  return fault as TidemarkError;
}

describe('answers', () => {
  test('a query is answered as by the API, its rows typed by what was asked for', async () => {
    const { client, flush, app } = await scene();
    flush(0, 5);
    const answer = await client.query(asked);
    expect(answer.rows.map(({ store, orders, grossMinor }) => [store, orders, grossMinor])).toHaveLength(2);
    // @ts-expect-error: units were not asked for.
    expect(answer.rows[0]!.units).toBeUndefined();
    expect(answer.provenance.vector).toEqual([5, 0]);
    const url = '/v1/query?measures=orders,grossMinor&by=store&from=2024-06-01&to=2024-06-02&provenance=full';
    expect(answer).toEqual((await app.inject(url)).json());
    expect((await client.query({ measures: ['orders'] })).provenance.audit).toEqual({ state: 'not-compared' });
  });

  test('a query too long for an address is sent as a document, and means the same', async () => {
    const requests: string[] = [];
    const { client, flush } = await scene({
      fetch: (input, init) => {
        requests.push(init?.method ?? 'GET');
        return fetch(input, init);
      },
    });
    flush(0, 5);
    const stores = Array.from({ length: 97 }, (_unused, i) => `${'s'.repeat(35)}${i}`);
    const few = await client.query({ ...asked, where: { store: ['west'] }, not: { channel: ['shop, and more'] } });
    const many = await client.query({
      ...asked,
      where: { store: ['west', ...stores] },
      not: { channel: ['shop, and more'] },
    });
    expect(requests).toEqual(['GET', 'POST']);
    expect(many.rows).toEqual(few.rows);
    expect(many.rows).toMatchObject([{ store: 'west' }]);
    expect(many.query.not).toEqual({ channel: ['shop, and more'] });
  });

  test('status, definitions and CSV', async () => {
    const { client, flush } = await scene();
    flush(0, 3);
    expect((await client.status()).totals.counted).toBe(3);
    expect(await client.batchRuns()).toEqual({ runs: [], notes: [] });
    expect((await client.definitions()).dimensions.map(({ name }) => name)).toContain('store');
    const csv = await client.queryCsv({ ...asked, measures: ['orders'] });
    expect(csv.split('\r\n')[0]).toBe('windowStart,windowEnd,open,store,orders');
  });

  test('integers beyond 2^53 are what the given parser makes of them', async () => {
    const baseUrl = await fake((_request, response) => response.end('{"rows":[{"grossMinor":9007199254740993}]}'));
    const parseJson = (text: string) => JSON.parse(text.replace(/\d{16,}/, '"$&"')) as unknown;
    const { rows } = await createClient({ baseUrl, parseJson }).query({ measures: ['grossMinor'] });
    expect(rows[0]!.grossMinor).toBe('9007199254740993');
  });
});

describe('failures', () => {
  test('a problem document is an error with its code, field, value and what was expected', async () => {
    const { client } = await scene();
    expect(await faultOf(client.query({ measures: ['profit'] }))).toMatchObject({
      code: 'unknown-measure',
      status: 400,
      field: 'measures',
      value: 'profit',
      expected: expect.stringContaining('one of orders'),
      message: expect.stringMatching(/^measures is "profit", expected one of orders.* \(unknown-measure\)$/),
    });
    expect(await faultOf(client.query({ measures: ['orders'], where: { store: [] } }))).toMatchObject({
      code: 'bad-value',
      field: 'where.store',
    });
    expect(await faultOf(client.runBatch({}))).toMatchObject({ code: 'operator-token-required', status: 401 });
  });

  test('the operator token is sent, and what is not the API is said to be so', async () => {
    const seen: (string | undefined)[] = [];
    const baseUrl = await fake((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(502, { 'retry-after': '7' }).end('<html>');
    });
    const client = createClient({ baseUrl, token: () => 'secret' });
    expect(await faultOf(client.runBatch())).toMatchObject({
      code: 'unreadable-answer',
      status: 502,
      retryAfterSeconds: 7,
    });
    expect(seen).toEqual(['Bearer secret']);
    const page = await fake((_request, response) => response.end('<html>'));
    expect(await faultOf(createClient({ baseUrl: page }).status())).toMatchObject({ code: 'unreadable-answer' });
  });

  test('a body that does not end is given up in time, and nobody there is said at once', async () => {
    const baseUrl = await fake((_request, response) => void response.write('{"rows":['));
    const { code, cause } = await faultOf(createClient({ baseUrl, timeoutMs: 50 }).status());
    expect([code, (cause as Error).name]).toEqual(['timed-out', 'TimeoutError']);
    const gone = await scene();
    await gone.app.close();
    expect(await faultOf(gone.client.status())).toMatchObject({ code: 'unreachable', status: 0 });
  });

  test('the signal of a call and that of the client end it with their reason', async () => {
    const asking = Promise.withResolvers<void>();
    const baseUrl = await fake(() => asking.resolve());
    for (const which of ['call', 'client']) {
      const ending = new AbortController();
      const client = createClient({ baseUrl, ...(which === 'client' ? { signal: ending.signal } : {}) });
      const call = client.status(which === 'call' ? { signal: ending.signal } : {});
      await asking.promise;
      ending.abort(new Error('enough'));
      await expect(call).rejects.toThrow('enough');
    }
  });
});

describe('streams', () => {
  test('across a restart it goes on where it was, and its rows are those of a query', async () => {
    const before = await scene();
    before.flush(0, 5);
    const errors: string[] = [];
    const waits: number[] = [];
    const stream = before.client.stream(byStore, {
      onRetry({ error, waitMs }) {
        errors.push(error.code);
        waits.push(waitMs);
      },
    });
    const answer = createStreamedAnswer<typeof byStore>();
    const next = async () => {
      const { value } = await stream.next();
      answer.take(value!);
      return value!;
    };
    const first = await next();
    expect(first.name).toBe('state');
    expect(answer.rows()).toEqual((await before.client.query(asked)).rows);
    await before.app.close();
    const resumed = next();
    const after = await scene({ port: Number(new URL(before.baseUrl).port) });
    after.flush(0, 5);
    after.world.runs.splice(0, 1, before.world.runs[0]!);
    // The same id: nothing is told anew to whoever sent it.
    expect(await resumed).toMatchObject({ name: 'provenance', id: first.id });
    expect(errors.length).toBeGreaterThan(0);
    expect(new Set(errors)).toEqual(new Set(['unreachable']));
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
    after.flush(1, 4);
    expect(await next()).toMatchObject({ name: 'change' });
    expect(answer.rows()).toEqual((await after.client.query(asked)).rows);
    expect(answer.head()?.provenance.vector).toEqual([5, 4]);
    await stream.return();
  });

  test('a place is waited for as long as the server says; a place that is left is free', async () => {
    const { client, baseUrl } = await scene();
    const readers = await Promise.all(
      [1, 2, 3].map(async () => {
        const reader = client.stream(byStore);
        await reader.next();
        return reader;
      }),
    );
    const told: [string, number][] = [];
    const wait = async () => void (await readers[0]!.return());
    const patient = createClient({ baseUrl, wait, random: () => 0 }).stream(byStore, {
      onRetry: ({ error, waitMs }) => told.push([error.code, waitMs]),
    });
    expect((await patient.next()).value).toMatchObject({ name: 'state' });
    expect(told[0]).toEqual(['too-many-streams', 5_000]);
    for (const reader of [...readers, patient]) await reader.return();
  });

  test('what the server refuses for good ends it; so does the signal', async () => {
    const { client } = await scene();
    expect(await faultOf(client.stream({ measures: ['profit'] }).next())).toMatchObject({ code: 'unknown-measure' });
    const leaving = new AbortController();
    const stream = client.stream(byStore, { signal: leaving.signal });
    await stream.next();
    const next = stream.next();
    leaving.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('a fault is an event, and the answer is whole again after it', async () => {
    const answer = createStreamedAnswer<typeof byStore>();
    const { client, control, flush } = await scene();
    const { Problem } = await import('../runtime/problem.ts');
    control.away = new Problem({ code: 'batch-views-away', status: 503, title: 'Away' });
    for await (const event of client.stream(byStore)) {
      answer.take(event);
      if (event.name === 'error') {
        expect(answer.problem()).toMatchObject({ code: 'batch-views-away' });
        control.away = undefined;
        flush(0, 1);
      } else break;
    }
    expect(answer.problem()).toBeUndefined();
    expect(answer.rows()).toHaveLength(1);
  });

  test('waiting grows from what the server asks for to half a minute, with jitter', async () => {
    const waits = async (random: number) => {
      const ending = new AbortController();
      const waited: number[] = [];
      const client = createClient({
        baseUrl: 'http://127.0.0.1:9',
        fetch: () => Promise.reject(new TypeError('away')),
        random: () => random,
        wait: async (ms) => {
          if (waited.push(ms) === 7) ending.abort(new Error('enough'));
        },
      });
      await expect(client.stream(byStore, { signal: ending.signal }).next()).rejects.toThrow('enough');
      return waited;
    };
    expect(await waits(1)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(await waits(0)).toEqual([1_000, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  test('a connection that is silent counts as dead, and is made anew with the last id', async () => {
    const ids: (string | undefined)[] = [];
    const timers = new Map<object, () => void>();
    const startTimer = (onTime: () => void, ms: number) => {
      expect(ms).toBe(30);
      const timer = {};
      timers.set(timer, onTime);
      return () => void timers.delete(timer);
    };
    const silence = () => {
      for (const onTime of timers.values()) onTime();
    };
    const baseUrl = await fake((request, response) => {
      ids.push(request.headers['last-event-id'] as string | undefined);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (ids.length === 1) response.write('retry: 7\n\nevent: provenance\nid: a.1\ndata: {}\n\n');
      else if (ids.length === 2) response.write(':\n\n', silence);
      else response.end('event: provenance\nid: a.2\ndata: {}\n\n');
    });
    const told: [string, number][] = [];
    const stream = createClient({ baseUrl, wait: turn, random: () => 0, startTimer }).stream(byStore, {
      lastEventId: 'a.0',
      idleMs: 30,
      onRetry: ({ error, waitMs }) => told.push([error.code, waitMs]),
    });
    expect((await stream.next()).value?.id).toBe('a.1');
    expect(timers.size, 'no silence while the caller works').toBe(0);
    const next = stream.next();
    silence();
    expect((await next).value?.id).toBe('a.2');
    expect(ids).toEqual(['a.0', 'a.1', 'a.1']);
    expect(told).toEqual([
      ['timed-out', 7],
      ['timed-out', 7],
    ]);
    await stream.return();
  });

  test('an event that cannot be read is asked for again, after a longer wait each time', async () => {
    const ids: (string | undefined)[] = [];
    const baseUrl = await fake((request, response) => {
      ids.push(request.headers['last-event-id'] as string | undefined);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const first = 'event: provenance\nid: a.1\ndata: {}\n\n';
      response.end(`${ids.length === 1 ? first : ''}event: change\nid: a.2\ndata: ${ids.length < 4 ? '{' : '{}'}\n\n`);
    });
    const waits: number[] = [];
    const stream = createClient({ baseUrl, wait: turn, random: () => 1 }).stream(byStore, {
      onRetry: ({ waitMs }) => waits.push(waitMs),
    });
    expect([(await stream.next()).value?.id, (await stream.next()).value?.id]).toEqual(['a.1', 'a.2']);
    expect([ids, waits]).toEqual([
      [undefined, 'a.1', 'a.1', 'a.1'],
      [1_000, 2_000, 4_000],
    ]);
    await stream.return();
  });

  test('events are the same however their text is cut, and none is longer than the bound', () => {
    const text =
      'retry: 5\n\nevent: state\nid: a\ndata: {"a":1}\n\n:\n\nevent: error\ndata: {}\n\ndata: x\ndata: y\n\n';
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length }), { maxLength: 20 }), (cuts) => {
        const parser = createSseParser(100);
        const ends = [...cuts.toSorted((a, b) => a - b), text.length];
        const events = ends.flatMap((end, i) => parser.push(text.slice(ends[i - 1] ?? 0, end)));
        expect(events).toEqual([
          { name: 'state', id: 'a', data: '{"a":1}' },
          { name: 'error', id: undefined, data: '{}' },
          { name: 'message', id: undefined, data: 'x\ny' },
        ]);
        expect(parser.retryMs()).toBe(5);
      }),
    );
    expect(() => createSseParser(100).push('x'.repeat(101))).toThrow(RangeError);
  });
});

test('a page that takes the client takes its own files alone: no schema code, nothing of Node', () => {
  const files = new Set(['client.ts']);
  for (const file of files) {
    const source = readFileSync(new URL(`../api/${file}`, import.meta.url), 'utf8');
    for (const [, names, from] of source.matchAll(/^(?:import|export) (?!type )(.+?) from '([^']+)'/gms)) {
      expect(from, `${file} takes ${names}`).toMatch(/^\.\/[a-z-]+\.ts$/);
      files.add(from!.slice(2));
    }
  }
  expect([...files].filter((file) => file.includes('schema'))).toEqual([]);
  expect(files.size).toBeGreaterThan(4);
});

test("README's example of the client is what is type-checked here, and it runs", async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const block = /```ts\n(import .+? from 'tidemark\/client';\n.+?)```/s.exec(readme)?.[1] ?? '';
  const linesOf = (text: string) => text.split('\n').map((line) => line.trim());
  const source = linesOf(readFileSync(new URL('readme-client.ts', import.meta.url), 'utf8'));
  const shown = linesOf(block).filter((line) => line !== '' && !line.startsWith('const baseUrl'));
  expect(shown.length).toBeGreaterThan(8);
  expect(shown).toEqual(source.filter((line) => shown.includes(line)).slice(0, shown.length));
  const { baseUrl, flush } = await scene();
  flush(0, 5);
  const printed: unknown[][] = [];
  const enough = new Error('enough');
  const log = (...values: unknown[]) => {
    if (printed.push(values) === 3) throw enough;
  };
  await expect(runExample(baseUrl, { log })).rejects.toBe(enough);
  const stores = [expect.objectContaining({ store: 'east' }), expect.objectContaining({ store: 'west' })];
  expect(printed).toEqual([
    ['east', expect.any(Number), expect.any(Number), null],
    ['west', expect.any(Number), expect.any(Number), null],
    [stores],
  ]);
});
