// How an answer is told: provenance, ETag and 304, CSV, long answers in pieces.
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { until } from '../test/until.ts';
import { appOf, day, order } from './test-march.ts';

describe('provenance', () => {
  test('short by default, all of it on request', async () => {
    const { get } = appOf([order(day('2024-03-01'), 'a', 5), order(day('2024-03-01'), 'a', 5)]);
    const { provenance } = (await get('measures=orders')).body;
    const short = {
      run: expect.any(String),
      token: expect.any(String),
      lagRecords: 0,
      lagMs: 0,
      newestEventAt: '2024-03-01T10:00:00.000Z',
      liveShare: 0.5,
      deferredRecords: 0,
      deadLetters: 0,
      notes: [],
    };
    expect(provenance).toEqual({ ...short, audit: { state: 'not-compared' } });
    expect((await get('measures=orders&provenance=full')).body['provenance']).toEqual({
      ...short,
      generation: expect.any(String),
      runPublishedAt: expect.any(String),
      tidemark: [0],
      vector: [1],
      audit: { state: 'not-compared', events: 0, note: '' },
      ledger: { counted: 1, duplicate: 0, deferred: 0, rejected: 0, gap: 0 },
    });
  });
});

describe('ETag', () => {
  const query = 'measures=orders&window=hour&from=2024-03-15&to=2024-03-16';

  test('an answer that the client has is 304, and no store is read', async () => {
    const app = appOf([order(day('2024-03-15'), 'a', 5)]);
    const first = await app.get(query);
    expect(first.headers).toMatchObject({
      'cache-control': 'private, no-cache',
      etag: expect.stringMatching(/^W\/"[\w-]{22}"$/),
    });
    const etag = String(first.headers['etag']);
    for (const held of [etag, `"x", ${etag}`, etag.replace('W/', ''), '*']) {
      const again = await app.get(query, { 'if-none-match': held });
      expect([again.status, again.text, again.headers['etag'], app.reads.length]).toEqual([304, '', etag, 1]);
    }
    const token = (first.body['provenance'] as { token: string }).token;
    expect((await app.get(`${query}&atLeast=${token}`, { 'if-none-match': etag })).status).toBe(304);
    expect((await app.get(query, { 'if-none-match': '"x", W/"y"' })).status).toBe(200);
    expect((await app.post({ measures: ['orders'] }, { 'if-none-match': '*' })).status).toBe(200);
    expect((await app.get('measures=none', { 'if-none-match': '*' })).status).toBe(400);
  });

  test('whatever an answer says changes its tag, but for the lag', async () => {
    let lagMs = 0;
    let notes: string[] = [];
    const app = appOf([order(day('2024-03-15'), 'a', 5)], {
      pipeline: { lagOf: () => ({ records: lagMs, ms: lagMs }), notes: () => notes },
    });
    const tagOf = async (parameters = query) => String((await app.get(parameters)).headers['etag']);
    const tag = await tagOf();
    lagMs = 30;
    expect(await tagOf()).toBe(tag);
    // 12:59:59: the same windows are open. 13:00: one of them is over.
    app.setNow(Date.UTC(2024, 2, 15, 12, 59, 59));
    expect(await tagOf()).toBe(tag);
    const relative = await tagOf('measures=orders&last=1h');
    app.setNow(Date.UTC(2024, 2, 15, 13));
    expect(await tagOf('measures=orders&last=1h')).not.toBe(relative);
    const over = await tagOf();
    notes = ['live part stale'];
    const stale = await tagOf();
    notes = [];
    app.arrive([order(day('2024-03-15'), 'a', 5)]);
    const more = await tagOf();
    const others = await Promise.all(
      [
        '&format=csv',
        '&order=windowStart',
        '&fill=true',
        '&provenance=full',
        '&tz=Europe/London',
        '&compare=day-ago',
      ].map((added) => tagOf(query + added)),
    );
    expect(new Set([tag, over, stale, more, ...others]).size).toBe(10);
  });
});

describe('CSV', () => {
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx'])('%j is no formula to a spreadsheet', async (storeId) => {
    const { get } = appOf([order(day('2024-03-01'), storeId, 1)]);
    const { text } = await get('measures=orders&by=store&format=csv');
    expect(text.split('\r\n')[1]).toMatch(new RegExp(`,'${RegExp.escape(storeId)},1$`));
  });

  test('a header row, quoting by RFC 4180, exact numbers, and the rest in headers', async () => {
    const { get } = appOf(
      [
        order(day('2024-03-01'), 'plain', 1_000_000_000_000),
        order(day('2024-03-01'), 'a "b", c', 5, 'JPY'),
        order(day('2024-03-15'), 'ü', 7),
      ],
      { pipeline: { notes: () => ['stale since … 12:00', 'x'] } },
    );
    const range = 'from=2024-03-01&to=2024-03-16';
    const answer = await get(`measures=averageOrderMinor,orders&by=store,currency&window=day&${range}&format=csv`);
    expect(answer.text).toBe(
      'windowStart,windowEnd,open,store,currency,averageOrderMinor,orders\r\n' +
        '2024-03-01T00:00:00+00:00,2024-03-02T00:00:00+00:00,,"a ""b"", c",JPY,5.0000,1\r\n' +
        '2024-03-01T00:00:00+00:00,2024-03-02T00:00:00+00:00,,plain,USD,1000000000000.0000,1\r\n' +
        '2024-03-15T00:00:00+00:00,2024-03-16T00:00:00+00:00,true,ü,USD,7.0000,1\r\n',
    );
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'tidemark-token': expect.stringMatching(/^[\w-]+$/),
      'tidemark-run': expect.stringMatching(/^[0-9a-f]{12}-/),
      'tidemark-vector': '1',
      'tidemark-lag-records': '0',
      'tidemark-currencies': '{"JPY":0,"USD":2}',
      'tidemark-notes': '["stale since \\u2026 12:00","x"]',
    });
    const compared = await get(
      `measures=orders&by=store&${range}&compare=previous&order=-orders,-store&limit=1&other=true&format=csv`,
    );
    const [window, past] = [
      '2024-03-01T00:00:00+00:00,2024-03-16T00:00:00+00:00',
      '2024-02-15T00:00:00+00:00,2024-02-29T12:01:00+00:00',
    ];
    expect(compared.text.split('\r\n')).toEqual([
      'windowStart,windowEnd,open,other,store,orders,compare.windowStart,compare.windowEnd,compare.orders,change.orders',
      `${window},true,,ü,1,${past},0,`,
      `${window},true,true,,2,${past},0,`,
      '',
    ]);
    expect((await get('measures=orders&by=store&where.store=none&format=csv')).text).toBe(
      'windowStart,windowEnd,open,store,orders\r\n',
    );
  });
});

describe('a long answer', () => {
  test('is written as fast as it is read, and is whole', async () => {
    const { app } = appOf([order(day('2024-03-01'), 'a', 5)]);
    // More than the buffers of both ends of a connection take.
    const search = 'measures=orders&window=minute&from=2024-01-28&to=2024-03-10&fill=true';
    await app.listen({ host: '127.0.0.1', port: 0 });
    try {
      const sockets: Socket[] = [];
      app.server.on('connection', (socket) => sockets.push(socket));
      const { port } = app.server.address() as AddressInfo;
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      request({ host: '127.0.0.1', port, path: `/v1/query?${search}` }, resolve)
        .on('error', reject)
        .end();
      const response = await promise;
      // Not read yet: what waits in memory is some pieces, never the whole.
      expect(response.headers['content-length']).toBeUndefined();
      let waiting = 0;
      const look = setInterval(() => (waiting = Math.max(waiting, sockets[0]!.writableLength)));
      await until('something waits', () => waiting > 0 || sockets[0]!.bytesWritten > 100_000);
      const body = await text(response);
      clearInterval(look);
      expect(waiting).toBeLessThan(300_000);
      const { rows, query } = JSON.parse(body) as { rows: { orders: number }[]; query: object };
      expect([rows.length, rows.filter((row) => row.orders === 1).length]).toEqual([42 * 1_440, 1]);
      expect(query).toMatchObject({ fill: true });
    } finally {
      await app.close();
    }
  });

  test('HEAD tells what GET would, without the body', async () => {
    const { app } = appOf([order(day('2024-03-01'), 'a', 5)]);
    const url = '/v1/query?measures=orders&from=2024-03-01&to=2024-03-02';
    const [head, get] = [await app.inject({ method: 'HEAD', url }), await app.inject(url)];
    expect([head.statusCode, head.body, head.headers['etag']]).toEqual([200, '', get.headers['etag']]);
  });
});
