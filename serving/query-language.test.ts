// What a query can say, by example: POST, ranges, ranking, currencies, empty windows.
import { describe, expect, test } from 'vitest';
import { createTestApp } from './test-app.ts';
import { appOf, day, nowMs, order } from './test-march.ts';

/** Rows as short lists: window start (date and hour), then the named columns. */
function shortRows(rows: readonly Record<string, unknown>[], ...columns: string[]) {
  return rows.map((row) => [String(row['windowStart']).slice(5, 13), ...columns.map((name) => row[name])]);
}

describe('POST /v1/query', () => {
  test('a body answers what the same parameters answer', async () => {
    const { get, post } = appOf([order(day('2024-03-01'), 'a', 5), order(day('2024-03-02'), 'b', 7)]);
    const asked = await get(
      'measures=orders,grossMinor&by=store&window=day&from=2024-03-01&to=2024-03-10&where.store=a&where.store=b&not.channel=shop&order=-orders,store&limit=5&other=true&fill=true&compare=week-ago&weekStart=sunday&attribution=event&tz=Asia/Kathmandu&provenance=full',
    );
    const sent = await post({
      measures: ['orders', 'grossMinor'],
      by: ['store'],
      window: 'day',
      from: '2024-03-01',
      to: '2024-03-10',
      where: { store: ['a', 'b'] },
      not: { channel: ['shop'] },
      order: ['-orders', 'store'],
      limit: 5,
      other: true,
      fill: true,
      compare: 'week-ago',
      weekStart: 'sunday',
      attribution: 'event',
      tz: 'Asia/Kathmandu',
      provenance: 'full',
    });
    expect(asked.status).toBe(200);
    expect(asked.body.rows).toHaveLength(18);
    expect(sent.body).toEqual(asked.body);
    expect(sent.headers).toMatchObject({ 'cache-control': 'private, no-cache' });
  });
});

describe('ranges told from now', () => {
  // Friday 15 March 2024, 12:00:30 UTC: 17:45:30 in Kathmandu, 08:00:30 in New York.
  test.each([
    ['last=90m', '2024-03-15T10:30:00+00:00', '2024-03-15T12:01:00+00:00'],
    ['last=24h&tz=America/New_York', '2024-03-14T08:00:00-04:00', '2024-03-15T08:01:00-04:00'],
    ['last=7d&tz=America/New_York', '2024-03-08T08:00:00-05:00', '2024-03-15T08:01:00-04:00'],
    ['last=168h&tz=America/New_York', '2024-03-08T07:00:00-05:00', '2024-03-15T08:01:00-04:00'],
    ['last=4w', '2024-02-16T12:00:00+00:00', '2024-03-15T12:01:00+00:00'],
    ['last=12mo', '2023-03-15T12:00:00+00:00', '2024-03-15T12:01:00+00:00'],
    ['last=2y', '2022-03-15T12:00:00+00:00', '2024-03-15T12:01:00+00:00'],
    ['range=today&tz=Asia/Kathmandu', '2024-03-15T00:00:00+05:45', '2024-03-15T17:46:00+05:45'],
    ['range=yesterday&tz=Asia/Kathmandu', '2024-03-14T00:00:00+05:45', '2024-03-15T00:00:00+05:45'],
    ['range=week-to-date', '2024-03-11T00:00:00+00:00', '2024-03-15T12:01:00+00:00'],
    ['range=week-to-date&weekStart=friday', '2024-03-15T00:00:00+00:00', '2024-03-15T12:01:00+00:00'],
    ['range=month-to-date&tz=America/New_York', '2024-03-01T00:00:00-05:00', '2024-03-15T08:01:00-04:00'],
    ['range=quarter-to-date', '2024-01-01T00:00:00+00:00', '2024-03-15T12:01:00+00:00'],
    ['range=year-to-date', '2024-01-01T00:00:00+00:00', '2024-03-15T12:01:00+00:00'],
  ])('%s is from %s to %s', async (parameters, from, to) => {
    const { get } = createTestApp({ nowMs });
    const { body } = await get(`measures=orders&${parameters}`);
    expect(body['query']).toMatchObject({ from, to });
    expect(body.rows).toMatchObject([{ windowStart: from, windowEnd: to, orders: 0 }]);
    expect(body.rows[0]!['open']).toBe(parameters.includes('yesterday') ? undefined : true);
  });

  test('the last hours of a rollup by the quarter hour begin on its grain', async () => {
    const { get } = createTestApp({ nowMs: nowMs + 7 * 60_000 });
    const { body } = await get('measures=units&by=sku&last=1h');
    expect(body['query']).toMatchObject({ from: '2024-03-15T11:00:00+00:00', to: '2024-03-15T12:15:00+00:00' });
  });

  test('today ends at midnight also where an event is ahead of the clock', async () => {
    const late = Date.UTC(2024, 2, 15, 23, 58);
    const { get } = createTestApp({ nowMs: late, live: [order(late + 180_000, 'a', 5)] });
    const today = await get('measures=orders&range=today');
    expect(today.body.rows).toMatchObject([{ windowEnd: '2024-03-16T00:00:00+00:00', orders: 0 }]);
    expect((await get('measures=orders&from=2024-03-15')).body.rows).toMatchObject([{ orders: 1 }]);
  });

  test('31 March less a month is the last of February', async () => {
    const { get } = createTestApp({ nowMs: Date.UTC(2024, 2, 31, 9) });
    expect((await get('measures=orders&last=1mo')).body['query']).toMatchObject({ from: '2024-02-29T09:00:00+00:00' });
  });
});

describe('order, limit and other', () => {
  const events = [
    order(day('2024-03-01'), 'a', 10),
    order(day('2024-03-02'), 'a', 10),
    order(day('2024-03-01'), 'b', 30),
    order(day('2024-03-01'), 'c', 15),
    order(day('2024-03-02'), 'd', 20),
    order(day('2024-03-03'), 'e', 1),
  ];
  const range = 'from=2024-03-01&to=2024-03-04';

  test('groups are ranked, ties in the order of their values, the rest is one more', async () => {
    const { get } = appOf(events);
    const { body } = await get(
      `measures=grossMinor,averageOrderMinor&by=store&${range}&order=-grossMinor&limit=3&other=true`,
    );
    expect(body.rows.map(({ store, other, grossMinor }) => [store, other, grossMinor])).toEqual([
      ['b', undefined, 30],
      ['a', undefined, 20],
      ['d', undefined, 20],
      [null, true, 16],
    ]);
    expect(body.rows[3]).toMatchObject({ averageOrderMinor: 8 });
    const least = await get(`measures=averageOrderMinor&by=store&${range}&order=averageOrderMinor,-store&limit=3`);
    expect(least.body.rows.map(({ store }) => store)).toEqual(['e', 'a', 'c']);
    const all = await get(`measures=grossMinor&by=store&${range}&order=-grossMinor&limit=5&other=true`);
    expect(all.body.rows.map(({ store }) => store)).toEqual(['b', 'a', 'd', 'c', 'e']);
  });

  test('with windows, groups are ranked over the range and their series returned, by rank and then window', async () => {
    const { get } = appOf(events);
    const query = `measures=grossMinor&by=store&window=day&${range}&limit=2&other=true`;
    expect(shortRows((await get(`${query}&order=-grossMinor`)).body.rows, 'store', 'grossMinor')).toEqual([
      ['03-01T00', 'b', 30],
      ['03-01T00', 'a', 10],
      ['03-02T00', 'a', 10],
      ['03-01T00', null, 15],
      ['03-02T00', null, 20],
      ['03-03T00', null, 1],
    ]);
    expect(shortRows((await get(`${query}&order=-windowStart,-grossMinor`)).body.rows, 'store', 'grossMinor')).toEqual([
      ['03-03T00', null, 1],
      ['03-02T00', 'a', 10],
      ['03-02T00', null, 20],
      ['03-01T00', 'b', 30],
      ['03-01T00', 'a', 10],
      ['03-01T00', null, 15],
    ]);
    expect(
      shortRows((await get(`${query}&order=-store,-windowStart`)).body.rows, 'store', 'grossMinor').slice(0, 3),
    ).toEqual([
      ['03-03T00', 'e', 1],
      ['03-02T00', 'd', 20],
      ['03-02T00', null, 10],
    ]);
  });

  test('a limit without an order takes the first by their values', async () => {
    const { get } = appOf(events);
    const { body } = await get(`measures=orders&by=store&window=day&${range}&limit=2`);
    expect(shortRows(body.rows, 'store', 'orders')).toEqual([
      ['03-01T00', 'a', 1],
      ['03-01T00', 'b', 1],
      ['03-02T00', 'a', 1],
    ]);
  });

  test('what has no value comes last either way', async () => {
    const refund = { ...order(day('2024-03-01'), 'z', 5), type: 'OrderRefunded', placedAt: 1e12 };
    const { get } = appOf([...events, refund]);
    for (const sign of ['', '-']) {
      const { body } = await get(`measures=averageOrderMinor&by=store&${range}&order=${sign}averageOrderMinor`);
      expect(body.rows.at(-1)).toMatchObject({ store: 'z', averageOrderMinor: null });
    }
  });
});

describe('currencies', () => {
  const events = [
    order(day('2024-03-01'), 'a', 100, 'EUR'),
    order(day('2024-03-01'), 'a', 100, 'JPY'),
    order(day('2024-03-01'), 'b', 100, 'KWD'),
    order(day('2024-03-01'), 'c', 7, 'EUR'),
  ];

  test("each currency's minor digits are told, and which one was implied", async () => {
    const { get } = appOf(events);
    const each = (await get('measures=grossMinor&by=currency')).body;
    expect(each['currencies']).toEqual({ EUR: 2, JPY: 0, KWD: 3 });
    expect(each).not.toHaveProperty('currency');
    const one = (await get('measures=grossMinor&where.store=b')).body;
    expect([one['currency'], one['currencies']]).toEqual(['KWD', { KWD: 3 }]);
    const nothing = (await get('measures=grossMinor&where.currency=USD')).body;
    expect([nothing['currency'], nothing['currencies'], nothing.rows]).toMatchObject([
      'USD',
      { USD: 2 },
      [{ grossMinor: 0 }],
    ]);
    expect((await get('measures=orders')).body['currencies']).toEqual({});
    expect((await get('measures=orders&where.currency=XXY')).body['currencies']).toEqual({});
  });

  test('amounts are neither added nor compared across currencies, also not in the rest or in the past', async () => {
    const { get } = appOf([...events, order(day('2024-02-01'), 'b', 3, 'USD')]);
    const mixed = { status: 400, body: { code: 'mixed-currencies' } };
    expect(await get('measures=grossMinor')).toMatchObject(mixed);
    expect(await get('measures=grossMinor&by=store,currency&order=-grossMinor')).toMatchObject(mixed);
    const past = 'measures=grossMinor&where.store=b&from=2024-03-01&to=2024-04-01';
    expect(await get(past)).toMatchObject({ status: 200 });
    expect(await get(`${past}&compare=previous`)).toMatchObject(mixed);
    const range = 'from=2024-03-01&to=2024-04-01';
    const ranked = await get(
      `measures=grossMinor&by=store,currency&order=currency,-grossMinor&${range}&limit=1&other=true`,
    );
    expect(ranked.body.rows.map(({ store, currency, grossMinor }) => [store, currency, grossMinor])).toEqual([
      ['a', 'EUR', 100],
      [null, 'EUR', 7],
      [null, 'JPY', 100],
      [null, 'KWD', 100],
    ]);
    const counted = await get(`measures=orders&by=store,currency&${range}&limit=1&other=true`);
    expect(counted.body.rows.at(-1)).toMatchObject({ store: null, currency: null, orders: 3 });
    expect(counted.body['currencies']).toEqual({ EUR: 2 });
  });
});

describe('fill', () => {
  const range = 'from=2024-03-01&to=2024-03-04';
  const events = [order(day('2024-03-02'), 'a', 3), order(day('2024-03-03'), 'b', 5)];

  test('each group has a row in each window, zeros where it has nothing', async () => {
    const { get } = appOf(events);
    const { body } = await get(`measures=orders,averageOrderMinor&by=store&window=day&${range}&fill=true`);
    expect(shortRows(body.rows, 'store', 'orders', 'averageOrderMinor')).toEqual([
      ['03-01T00', 'a', 0, null],
      ['03-01T00', 'b', 0, null],
      ['03-02T00', 'a', 1, 3],
      ['03-02T00', 'b', 0, null],
      ['03-03T00', 'a', 0, null],
      ['03-03T00', 'b', 1, 5],
    ]);
    const total = await get(`measures=orders&window=day&${range}&where.store=z&fill=true`);
    expect(shortRows(total.body.rows, 'orders')).toEqual([
      ['03-01T00', 0],
      ['03-02T00', 0],
      ['03-03T00', 0],
    ]);
    const open = await get('measures=orders&window=week&fill=true');
    expect(shortRows(open.body.rows, 'orders')).toEqual([
      ['02-26T00', 2],
      ['03-04T00', 0],
      ['03-11T00', 0],
    ]);
    expect(open.body.rows.at(-1)).toMatchObject({ open: true });
  });

  test('an answer has at most 100,000 rows', async () => {
    const { get } = appOf(events);
    const within = await get('measures=orders&window=minute&from=2024-01-01&to=2024-03-10&fill=true&format=csv');
    const lines = within.text.split('\r\n');
    expect([within.status, lines.length, lines.at(-1)]).toEqual([200, 1 + 99_360 + 1, '']);
    expect(lines.filter((line) => line.endsWith(',1'))).toEqual([
      '2024-03-02T10:00:00+00:00,2024-03-02T10:01:00+00:00,,1',
      '2024-03-03T10:00:00+00:00,2024-03-03T10:01:00+00:00,,1',
    ]);
    const beyond = await get('measures=orders&by=store&window=minute&from=2024-01-01&to=2024-03-10&fill=true');
    expect(beyond).toMatchObject({ status: 400, body: { code: 'too-many-rows' } });
    const never = await get('measures=orders&by=store&window=minute&last=30y&fill=true');
    expect(never).toMatchObject({ status: 400, body: { code: 'too-many-rows' } });
    const compared = await get('measures=orders&window=minute&last=1y&compare=previous');
    expect(compared).toMatchObject({ status: 400, body: { code: 'too-many-rows' } });
  });
});
