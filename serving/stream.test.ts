// GET /v1/stream over in-memory sources: what readers are told and when, across runs, restarts and faults. Real engines:
// serving.integration.test.ts.
import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { Problem } from '../runtime/problem.ts';
import type { LogEntry } from '../schemas/oracle.ts';
import { encodeToken } from '../schemas/token.ts';
import { createQueryParser } from './query-parse.ts';
import { createSseSink } from './sse-sink.ts';
import { createStreamChannel } from './stream-channel.ts';
import { createStreamHub } from './stream-hub.ts';
import { testEvent, testGeneration } from './test-live-world.ts';
import { openStreamReader, type StreamReader } from './test-stream-reader.ts';
import { createStreamingApp } from './test-streaming-app.ts';

const generation = testGeneration(2);
const start = Date.UTC(2024, 5, 1, 12);
const day = '&from=2024-06-01&to=2024-06-02';
const byStore = `/v1/stream?measures=orders,grossMinor&by=store&provenance=full&minIntervalMs=10${day}`;

/** Orders of three stores in two partitions, one a second. */
const log: LogEntry[] = Array.from({ length: 600 }, (_, i) => ({
  partition: i % 2,
  offset: Math.floor(i / 2),
  timestampMs: start + i * 1_000,
  event: testEvent({
    orderId: `o${i}`,
    storeId: ['west', 'east', 'north'][i % 3]!,
    customerId: i % 7 === 0 ? null : `c${(i * i) % 97}`,
    occurredAt: start + i * 1_000,
    amountMinor: 100 + i,
  }),
}));

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

async function scene(atLeastTimeoutMs = 0) {
  const streaming = createStreamingApp(generation, log, start + 3_600_000, atLeastTimeoutMs);
  open.push(streaming.app);
  streaming.publish();
  const address = await streaming.listen();
  const query = async (path: string) => {
    const response = await streaming.app.inject(
      path.replace('/v1/stream', '/v1/query').replace(/&minIntervalMs=\d+/, ''),
    );
    return response.json();
  };
  const read = async (path = byStore, lastId?: string, from?: StreamReader) => {
    const reader = await openStreamReader(`${address}${path}`, lastId, from);
    open.push(reader);
    return reader;
  };
  const metric = async (name: string) => {
    const { body } = await streaming.app.inject('/metrics');
    return Number(new RegExp(`^tidemark_serving_stream_${name} (.+)$`, 'm').exec(body)?.[1] ?? 0);
  };
  return { ...streaming, query, read, metric };
}

/** The reader has what a query of now answers. */
const isUpToDate = (reader: StreamReader, vector: readonly number[]) => () =>
  decodeURIComponent(reader.lastId()).startsWith(tokenPrefix(reader, vector));
function tokenPrefix(reader: StreamReader, vector: readonly number[]): string {
  const { run = '' } = reader.events.findLast(({ data }) => data.provenance ?? data.run)?.data.provenance ?? {};
  return encodeToken({ generation: generation.id, run, vector });
}

describe('a stream', () => {
  test('begins with the whole answer and goes on with the rows that changed', async () => {
    const { read, query, flush } = await scene();
    flush(0, 3);
    const reader = await read();
    expect(reader.status).toBe(200);
    expect(Object.fromEntries(reader.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
    await reader.until(() => reader.events.length === 1);
    expect(reader.other).toEqual(['retry: 1000']);
    const answer = await query(byStore);
    expect(reader.events[0]).toMatchObject({ name: 'state', data: answer });
    expect(reader.lastId().split('.')[0]).toBe(answer.provenance.token);
    flush(1, 1);
    await reader.until(() => reader.events.length === 2);
    const now = await query(byStore);
    const { name, data, id } = reader.events[1]!;
    expect([name, id.split('.')[0]]).toEqual(['change', now.provenance.token]);
    expect(data.upserts).toEqual(now.rows.filter((row: { store: string }) => row.store === 'east'));
    expect(data.removed).toEqual([]);
    expect(reader.rows()).toEqual(now.rows);
  });

  test('tells nothing where nothing changed, and only the provenance where no row did', async () => {
    const { read, flush, live, control, query } = await scene();
    flush(0, 3);
    const reader = await read(`${byStore}&where.store=west`);
    await reader.until(() => reader.events.length === 1);
    for (let i = 0; i < 3; i += 1) {
      live.notify();
      const reads = control.reads;
      // An address of its own each time: else it is told from memory.
      await query(`${byStore}&limit=${i + 1}`);
      expect(control.reads).toBeGreaterThan(reads);
    }
    // An order of another store: the token moves on, the rows do not.
    control.notes = ['live part stale'];
    flush(1, 1);
    await reader.until(() => reader.events.length === 2);
    expect(reader.events[1]).toMatchObject({
      name: 'provenance',
      data: { vector: [3, 1], notes: ['live part stale'] },
    });
    expect(reader.events[1]!.id).not.toBe(reader.events[0]!.id);
  });

  const everyMeasure = byStore.replace('orders,grossMinor', 'orders,grossMinor,customers');
  for (const [of, path] of [
    ['of one rollup', byStore],
    ['of several, customers among them', everyMeasure],
  ] as const)
    test(`across 20 batch runs with orders flowing no number dips, and it ends equal to the query (${of})`, async () => {
      const { read, query, flush, publish, world } = await scene();
      const reader = await read(path);
      for (let run = 0; run < 20; run += 1) {
        for (let i = 0; i < 6; i += 1) {
          flush(i % 2, 2 + ((run + i) % 3), i >= 4);
          const vector = world.states.map((state) => state!.next);
          if (i === 3) await reader.until(isUpToDate(reader, vector));
        }
        publish();
        await reader.until(() => reader.events.some(({ data }) => data.provenance?.run === world.runs.at(-1)!.run));
      }
      const answer = await query(path);
      await reader.until(() => reader.lastId().startsWith(answer.provenance.token));
      expect(reader.rows()).toEqual(answer.rows);
      expect(answer.rows.reduce((sum: number, { orders }: { orders: number }) => sum + orders, 0)).toBeGreaterThan(300);
      const seen = new Map<string, number>();
      let vector = [0, 0];
      for (const { data } of reader.events) {
        for (const { store, orders, grossMinor, customers = 0 } of data.rows ?? data.upserts ?? []) {
          for (const [measure, value] of Object.entries({ orders, grossMinor, customers })) {
            expect(value).toBeGreaterThanOrEqual(seen.get(store + measure) ?? 0);
            seen.set(store + measure, value as number);
          }
        }
        const next = data.provenance?.vector ?? data.vector ?? vector;
        expect(next.every((w: number, p: number) => w >= vector[p]!)).toBe(true);
        vector = next;
      }
      expect(reader.events.filter(({ name }) => name === 'state')).toHaveLength(1);
    });

  test('equal queries are computed and written down once, whatever their spelling and number', async () => {
    const { read, flush, control, metric, query } = await scene();
    const other = `/v1/stream?minIntervalMs=10&by=store&measures=orders,grossMinor&provenance=full&tz=UTC${day}`;
    const readers = [await read(), await read(other), await read()];
    for (const reader of readers) await reader.until(() => reader.events.length === 1);
    const before = control.reads;
    flush(0, 5);
    for (const reader of readers) await reader.until(() => reader.events.length === 2);
    expect(control.reads).toBe(before + 1);
    expect([await metric('readers'), await metric('queries')]).toEqual([3, 1]);
    expect(await metric('ticks_total')).toBe(control.reads);
    expect(await metric('events_total{event="change"}')).toBe(3);
    expect(readers.map((reader) => reader.rows())).toEqual([1, 2, 3].map(() => readers[0]!.rows()));
    expect(readers[0]!.rows()).toEqual((await query(byStore)).rows);
  });

  test('ranges that end now are told anew when the minute is over', async () => {
    const { read, flush, control } = await scene();
    flush(0, 1);
    const reader = await read('/v1/stream?measures=orders&minIntervalMs=10');
    await reader.until(() => reader.events.length === 1);
    expect(reader.rows()).toMatchObject([{ windowEnd: '2024-06-01T13:01:00+00:00' }]);
    control.nowMs += 60_000;
    await reader.until(() => reader.events.length === 2);
    expect(reader.events[1]).toMatchObject({
      name: 'change',
      data: { removed: [], query: { to: '2024-06-01T13:02:00+00:00' } },
    });
    expect(reader.rows()).toMatchObject([{ windowEnd: '2024-06-01T13:02:00+00:00' }]);
  });

  test('a fault is told once as a problem document; the stream stays and goes on', async () => {
    const { read, flush, control, query } = await scene();
    flush(0, 3);
    const reader = await read();
    await reader.until(() => reader.events.length === 1);
    control.away = new Problem({ code: 'batch-views-away', status: 503, title: 'Away' });
    flush(0, 3);
    await reader.until(() => reader.events.length === 2);
    expect(reader.events[1]).toMatchObject({ name: 'error', id: '', data: { code: 'batch-views-away', status: 503 } });
    const during = await read();
    await during.until(() => during.events.length === 1);
    expect(during.events[0]).toMatchObject({ name: 'error' });
    // It is tried again, and not told again.
    const tried = control.reads;
    while (control.reads === tried) await new Promise(setImmediate);
    control.away = undefined;
    await reader.until(() => reader.events.length === 3);
    expect(reader.events[2]).toMatchObject({ name: 'change' });
    await during.until(() => during.events.length === 2);
    expect(during.events[1]).toMatchObject({ name: 'state' });
    expect(reader.rows()).toEqual((await query(byStore)).rows);
    expect(during.rows()).toEqual(reader.rows());
  });
});

describe('a reader that comes back', () => {
  test('continues with what changed since its last event, or with the provenance alone', async () => {
    const { read, flush, query } = await scene();
    flush(0, 3);
    const first = await read();
    const other = await read();
    await first.until(() => first.events.length === 1);
    await other.until(() => other.events.length === 1);
    const lastId = first.lastId();
    first.close();
    for (const partition of [0, 1]) {
      flush(partition, 4);
      const seen = other.events.length;
      await other.until(() => other.events.length > seen);
    }
    const again = await read(byStore, lastId, first);
    await again.until(() => again.events.length === 1);
    expect(again.events[0]).toMatchObject({ name: 'change', data: { provenance: { vector: [7, 4] } } });
    expect(again.rows()).toEqual((await query(byStore)).rows);
    const same = await read(byStore, again.lastId(), again);
    await same.until(() => same.events.length === 1);
    expect(same.events[0]).toMatchObject({ name: 'provenance', id: again.lastId() });
  });

  test('after a restart of serving: the provenance where nothing changed, else the whole answer', async () => {
    const before = await scene();
    before.flush(0, 3);
    const reader = await before.read();
    await reader.until(() => reader.events.length === 1);
    await before.app.close();
    await reader.until(() => reader.ended());
    const after = await scene();
    after.flush(0, 3);
    after.world.runs.splice(0, 1, before.world.runs[0]!);
    const same = await after.read(byStore, reader.lastId(), reader);
    await same.until(() => same.events.length === 1);
    expect(same.events[0]).toMatchObject({ name: 'provenance', id: reader.lastId() });
    expect(same.rows()).toEqual((await after.query(byStore)).rows);
    // The minute is part of the id: time alone may have changed the answer of a token.
    const [token] = reader.lastId().split('.');
    const earlier = await after.read(byStore, `${token}.0`);
    await earlier.until(() => earlier.events.length === 1);
    expect(earlier.events[0]!.name).toBe('state');
  });

  test('with the event of a server that was ahead it is told nothing older, and does not wait for ever', async () => {
    const short = await scene();
    const idAt = (vector: number[], { world }: typeof short) =>
      `${encodeToken({ generation: generation.id, run: world.runs[0]!.run, vector })}.0`;
    short.flush(0, 3);
    const late = await short.read(byStore, idAt([9, 9], short));
    await late.until(() => late.ended());
    expect(late.events).toMatchObject([{ name: 'error', id: '', data: { code: 'not-covered', status: 504 } }]);

    const { read, flush, ...long } = await scene(60_000);
    const [other, patient] = [await read(), await read(byStore, idAt([9, 9], { ...long, read, flush }))];
    for (const [partition, records] of [
      [0, 5],
      [1, 9],
      [0, 4],
    ] as const) {
      const seen = other.events.length;
      flush(partition, records);
      await other.until(() => other.events.length > seen);
    }
    await patient.until(() => patient.events.length === 1);
    expect(patient.events[0]).toMatchObject({ name: 'state', data: { provenance: { vector: [9, 9] } } });
  });
});

describe('what is refused', () => {
  test.each([
    ['measures=orders&minIntervalMs=9', 400, 'bad-value', 'minIntervalMs'],
    ['measures=orders&minIntervalMs=60001', 400, 'bad-value', 'minIntervalMs'],
    ['measures=orders&minIntervalMs=1e3', 400, 'bad-value', 'minIntervalMs'],
    ['measures=orders&minIntervalMs=10&minIntervalMs=20', 400, 'duplicate-parameter', 'minIntervalMs'],
    ['minIntervalMs=100', 400, 'missing-parameter', 'measures'],
    ['measures=orders&colour=red', 400, 'unknown-parameter', 'colour'],
    ['measures=orders&from=2024-06-01T00:00:01Z', 400, 'off-grain', 'from'],
    ['measures=orders&atLeast=x', 400, 'bad-token', 'atLeast'],
  ])('%s is answered by a problem document before the stream begins', async (parameters, status, code, field) => {
    const { app, metric } = await scene();
    const response = await app.inject(`/v1/stream?${parameters}`);
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({ code, field });
    expect(await metric('readers')).toBe(0);
  });

  test('more readers than are allowed: 503 and when to come again; a place that is left is free', async () => {
    const { read, app, metric } = await scene();
    const readers = [await read(), await read(), await read()];
    const refused = await app.inject(byStore);
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('5');
    expect(refused.json()).toMatchObject({ code: 'too-many-streams' });
    readers[0]!.close();
    while ((await metric('readers')) > 2) await new Promise(setImmediate);
    expect((await read()).status).toBe(200);
  });

  test('more queries than are allowed, unless one of them is not read any more', () => {
    const closed: string[] = [];
    const hub = createStreamHub(({ tz }) => ({ join: () => expect.unreachable(), close: () => closed.push(tz) }), {
      readers: 10,
      queries: 2,
      keptMs: 60_000,
    });
    const enter = (tz: string, minIntervalMs = 100) =>
      hub.enter({ tz } as Parameters<typeof hub.enter>[0], minIntervalMs);
    const utc = enter('UTC');
    expect(enter('UTC').channel).toBe(utc.channel);
    const slower = enter('UTC', 200);
    expect(slower.channel).not.toBe(utc.channel);
    expect(() => enter('Asia/Tokyo')).toThrow('2 different queries are streamed');
    slower.leave();
    slower.leave();
    expect(hub.counts()).toEqual({ readers: 2, queries: 2 });
    enter('Asia/Tokyo');
    expect(closed).toEqual(['UTC']);
    hub.close();
    expect(() => enter('UTC')).toThrow('closing');
  });
});

describe('connections', () => {
  test('a slow reader is passed over, and then gets the newest in one event, whatever it missed', async () => {
    const streaming = createStreamingApp(generation, log, start + 3_600_000);
    open.push(streaming.app);
    streaming.publish();
    await streaming.listen();
    const query = createQueryParser(generation.definition, 2).ofParameters({ measures: 'orders', by: 'store' });
    let [ticks, drops] = [0, 0];
    const meter = { tick: () => void (ticks += 1), event: () => undefined, drop: () => void (drops += 1) };
    const channel = createStreamChannel({ ...streaming.dependencies, meter }, query, 10);
    open.push(channel);
    const sink = (ready: () => boolean) => {
      const written: string[] = [];
      return { written, ready, write: (bytes: Buffer) => void written.push(String(bytes)), end: () => undefined };
    };
    let drained = true;
    const slow = sink(() => drained);
    const quick = sink(() => true);
    const reader = channel.join(slow, {});
    channel.join(quick, {});
    await reader.first();
    const settled = async (count: number) => {
      while (quick.written.length < count) await new Promise(setImmediate);
    };
    await settled(1);
    drained = false;
    const orders = (text: string) => [...text.matchAll(/"orders":(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
    for (let i = 0; i < 20; i += 1) {
      streaming.flush(0, 3);
      await settled(2 + i);
    }
    expect(slow.written).toHaveLength(1);
    expect(drops).toBe(20);
    drained = true;
    reader.resume();
    expect(slow.written).toHaveLength(2);
    expect(slow.written[1]).toContain('event: change\n');
    expect(orders(slow.written[1]!)).toBe(60);
    reader.resume();
    expect(slow.written).toHaveLength(2);
  });

  test('a comment is sent while there is nothing to tell', async () => {
    const server = createServer((_request, response) =>
      createSseSink(response, { heartbeatMs: 1, retryMs: 7 }).begin(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => new Promise((resolve) => server.close(resolve)) });
    const { port } = server.address() as { port: number };
    const reader = await openStreamReader(`http://127.0.0.1:${port}/`);
    open.push(reader);
    await reader.until(() => reader.other.length >= 3);
    expect(reader.other.slice(0, 3)).toEqual(['retry: 7', ':', ':']);
  });
});
