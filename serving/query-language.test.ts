// What a query can say, by example: ranges, ranking, comparison, empty windows, currencies, provenance, tags, CSV.
import { describe, expect, test } from 'vitest';
import { createTestApp, type TestAppOptions } from './test-app.ts';

const nowMs = Date.UTC(2024, 2, 15, 12, 0, 30);
const day = (text: string) => Date.parse(`${text}T10:00:00Z`);

/** Half of the events in the views, the others live. */
function appOf(events: readonly { readonly [field: string]: unknown }[], options: Partial<TestAppOptions> = {}) {
  const halves = [0, 1].map((half) => events.filter((_, i) => i % 2 === half));
  return createTestApp({ nowMs, batch: halves[0]!, live: halves[1]!, ...options });
}

const order = (occurredAt: number, storeId: string, amountMinor: number, currency = 'USD') => ({
  occurredAt,
  storeId,
  amountMinor,
  currency,
});

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

describe('compare', () => {
  const march = 'from=2024-03-01&to=2024-04-01';

  test('both periods and the exact change, groups of either with zeros in the other', async () => {
    const { get } = appOf([
      order(day('2024-03-02'), 'a', 40),
      order(day('2024-02-10'), 'a', 30),
      order(day('2024-02-14'), 'b', 5),
      order(day('2024-03-03'), 'c', 9),
      // Later in the month than now is in this one, and the month before: neither is held against anything.
      order(day('2024-02-20'), 'a', 1_000),
      order(day('2024-01-31'), 'a', 1_000),
    ]);
    const { body } = await get(
      `measures=grossMinor,averageOrderMinor&by=store&${march}&compare=previous&tz=Europe/Berlin`,
    );
    const past = { windowStart: '2024-02-01T00:00:00+01:00', windowEnd: '2024-02-15T13:01:00+01:00' };
    expect(body['query']).toMatchObject({ compare: { with: 'previous', from: past.windowStart, to: past.windowEnd } });
    expect(body.rows.map(({ store, grossMinor, compare }) => [store, grossMinor, compare])).toEqual([
      [
        'a',
        40,
        { ...past, grossMinor: 30, averageOrderMinor: 30, change: { grossMinor: 0.3333, averageOrderMinor: 0.3333 } },
      ],
      ['b', 0, { ...past, grossMinor: 5, averageOrderMinor: 5, change: { grossMinor: -1, averageOrderMinor: null } }],
      [
        'c',
        9,
        { ...past, grossMinor: 0, averageOrderMinor: null, change: { grossMinor: null, averageOrderMinor: null } },
      ],
    ]);
    const ranked = await get(
      `measures=grossMinor&by=store&${march}&compare=previous&order=-grossMinor&limit=1&other=true`,
    );
    expect(ranked.body.rows.map(({ store, grossMinor }) => [store, grossMinor])).toEqual([
      ['a', 40],
      [null, 9],
    ]);
    expect(ranked.body.rows[1]!['compare']).toMatchObject({ grossMinor: 5, change: { grossMinor: 0.8 } });
  });

  // Friday 15 March 2024, 12:00:30 UTC, 08:00:30 in New York.
  test.each([
    ['range=today', 'previous', '03-14T00:00', '03-14T12:01'],
    ['range=yesterday', 'previous', '03-13T00:00', '03-14T00:00'],
    ['range=week-to-date', 'previous', '03-04T00:00', '03-08T12:01'],
    ['range=month-to-date', 'previous', '02-01T00:00', '02-15T12:01'],
    ['range=quarter-to-date', 'previous', '2023-10-01T00:00', '2023-12-15T12:01'],
    ['range=year-to-date', 'previous', '2023-01-01T00:00', '2023-03-15T12:01'],
    ['range=month-to-date&tz=America/New_York', 'previous', '02-01T00:00', '02-15T08:01'],
    ['range=month-to-date', 'year-ago', '2023-03-01T00:00', '2023-03-15T12:01'],
    ['range=today', 'week-ago', '03-08T00:00', '03-08T12:01'],
    ['last=24h', 'previous', '03-13T12:00', '03-14T12:00'],
    ['last=24h&tz=America/New_York', 'week-ago', '03-07T08:00', '03-08T08:01'],
    ['last=1mo', 'previous', '01-15T12:00', '02-15T12:00'],
    ['last=90m', 'day-ago', '03-14T10:30', '03-14T12:01'],
    ['from=2024-03-01&to=2024-03-08', 'previous', '02-23T00:00', '03-01T00:00'],
    ['from=2024-01-01&to=2024-03-01', 'previous', '2023-11-01T00:00', '2024-01-01T00:00'],
    ['from=2024-03-13', 'previous', '03-10T00:00', '03-12T12:01'],
    ['from=2024-03-13T06:00:00Z&to=2024-03-13T08:00:00Z', 'previous', '03-13T04:00', '03-13T06:00'],
    ['from=2024-02-29&to=2024-03-01', 'year-ago', '2023-02-28T00:00', '2023-03-01T00:00'],
    ['from=2024-03-10&to=2024-03-11&tz=America/New_York', 'previous', '03-09T00:00', '03-10T00:00'],
    ['from=2024-03-11&to=2024-03-12&tz=America/New_York', 'day-ago', '03-10T00:00', '03-11T00:00'],
  ])('%s against %s is from %s to %s', async (range, compare, from, to) => {
    const { get } = createTestApp({ nowMs });
    const { body } = await get(`measures=orders&${range}&compare=${compare}`);
    const told = (body['query'] as { compare: { from: string; to: string } }).compare;
    const full = (text: string) => expect.stringMatching(`^${text.length < 16 ? '2024-' : ''}${text}:00[+-]`);
    expect(told).toEqual({ with: compare, from: full(from), to: full(to) });
    expect(body.rows).toMatchObject([
      { orders: 0, compare: { windowStart: told.from, windowEnd: told.to, orders: 0 } },
    ]);
  });

  /** [window, orders, window of then, orders then], or null where there is none. */
  const pairs = (rows: readonly Record<string, unknown>[]) =>
    rows.map(({ windowStart, orders, compare }) => {
      const then = compare as { windowStart: string; orders: number } | null;
      return [String(windowStart).slice(5, 16), orders, then && then.windowStart.slice(5, 16), then && then.orders];
    });

  test('days meet days: what one month has too many meets nothing, and is told', async () => {
    const { get } = appOf([
      order(day('2023-03-29'), 'a', 1),
      order(day('2023-02-28'), 'a', 1),
      order(day('2023-02-27'), 'a', 1),
      order(day('2023-01-31'), 'a', 1),
    ]);
    const longer = await get('measures=orders&window=day&from=2023-03-01&to=2023-04-01&compare=previous&fill=true');
    expect(pairs(longer.body.rows).slice(26)).toEqual([
      ['03-27T00:00', 0, '02-27T00:00', 1],
      ['03-28T00:00', 0, '02-28T00:00', 1],
      ['03-29T00:00', 1, null, null],
      ['03-30T00:00', 0, null, null],
      ['03-31T00:00', 0, null, null],
    ]);
    const shorter = await get('measures=orders&window=day&from=2023-02-01&to=2023-03-01&compare=previous&fill=true');
    expect(pairs(shorter.body.rows).at(-1)).toEqual(['02-28T00:00', 1, '01-28T00:00', 0]);
    expect(shorter.body['query']).toMatchObject({
      compare: { leftOut: [{ from: '2023-01-29T00:00:00+00:00', to: '2023-02-01T00:00:00+00:00' }] },
    });
    const leap = await get('measures=orders&window=day&from=2024-02-28&to=2024-03-02&compare=year-ago&fill=true');
    expect(pairs(leap.body.rows)).toEqual([
      ['02-28T00:00', 0, '02-28T00:00', 1],
      ['02-29T00:00', 0, null, null],
      ['03-01T00:00', 0, '03-01T00:00', 0],
    ]);
  });

  test('hours meet the hours of the same local time, also where clocks change', async () => {
    const utc = (text: string) => Date.parse(`2024-${text}:30:00Z`);
    const { get } = appOf(
      ['03-09T06', '03-09T07', '03-09T08', '03-10T06', '03-10T07', '03-11T06'].map((text) => order(utc(text), 'a', 1)),
    );
    const query = 'measures=orders&window=hour&tz=America/New_York&compare=day-ago&fill=true';
    const spring = await get(`${query}&from=2024-03-10&to=2024-03-11`);
    expect(spring.body.rows).toHaveLength(23);
    expect(pairs(spring.body.rows).slice(1, 3)).toEqual([
      ['03-10T01:00', 1, '03-09T01:00', 1],
      ['03-10T03:00', 1, '03-09T03:00', 1],
    ]);
    expect(spring.body['query']).toMatchObject({
      compare: { leftOut: [{ from: '2024-03-09T02:00:00-05:00', to: '2024-03-09T03:00:00-05:00' }] },
    });
    const after = await get(`${query}&from=2024-03-11&to=2024-03-12`);
    expect(pairs(after.body.rows).slice(1, 4)).toEqual([
      ['03-11T01:00', 0, '03-10T01:00', 1],
      ['03-11T02:00', 1, null, null],
      ['03-11T03:00', 0, '03-10T03:00', 1],
    ]);
  });

  test('an open series is compared up to now, by the hour', async () => {
    const { get } = appOf([
      order(Date.UTC(2024, 2, 14, 12, 0, 40), 'a', 1),
      order(Date.UTC(2024, 2, 14, 12, 1), 'a', 1),
    ]);
    const { body } = await get('measures=orders&window=hour&range=today&compare=previous');
    expect(body.rows).toMatchObject([
      {
        windowStart: '2024-03-15T12:00:00+00:00',
        open: true,
        orders: 0,
        compare: { windowStart: '2024-03-14T12:00:00+00:00', windowEnd: '2024-03-14T12:01:00+00:00', orders: 1 },
      },
    ]);
  });

  test('both periods are of one cut, also where orders arrive while the views are asked', async () => {
    const more = [order(day('2024-03-03'), 'a', 1), order(day('2024-02-03'), 'a', 1)];
    const events = [order(day('2024-03-02'), 'a', 1), order(day('2024-02-02'), 'a', 1)];
    const app = appOf(events, { whileReading: (reads) => reads === 1 && app.arrive(more) });
    const asked = await app.get(`measures=orders&${march}&compare=previous`);
    expect(asked.body.rows).toMatchObject([{ orders: 1, compare: { orders: 1 } }]);
    const after = await app.get(`measures=orders&${march}&compare=previous`);
    expect(after.body.rows).toMatchObject([{ orders: 2, compare: { orders: 2 } }]);
    expect(app.reads).toHaveLength(4);
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
    const compared = await get('measures=orders&window=minute&last=1y&compare=previous');
    expect(compared).toMatchObject({ status: 400, body: { code: 'too-many-rows' } });
  });
});

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
    const token = String((first.body['provenance'] as { token: string }).token);
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
