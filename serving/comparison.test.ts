// `compare` by example: which windows meet which, what is left out, zeros, change, one cut.
import { describe, expect, test } from 'vitest';
import { createTestApp } from './test-app.ts';
import { appOf, day, nowMs, order } from './test-march.ts';

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
    ['from=2024-02-01&to=2024-02-29', 'year-ago', '2023-02-01T00:00', '2023-03-01T00:00'],
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

  // In Havana 10 March 2024 begins at one o'clock, as does October 2023 in Asunción.
  test.each([
    ['Havana', 'window=day&from=2024-03-10&to=2024-03-11&compare=day-ago', '03-10T01:00', '03-09T00:00', 24],
    ['Havana', 'window=day&from=2024-03-10&to=2024-03-11&compare=previous', '03-10T01:00', '03-09T00:00', 24],
    ['Havana', 'from=2024-03-10&to=2024-03-12&compare=previous', '03-10T01:00', '03-08T00:00', 48],
    ['Havana', 'from=2024-03-10&compare=previous', '03-10T01:00', '03-04T00:00', 5 * 24 + 8 + 1 / 60],
    ['Asuncion', 'window=month&from=2023-10-01&to=2023-11-01&compare=previous', '10-01T01:00', '09-01T00:00', 30 * 24],
    ['Asuncion', 'from=2023-10-01&to=2023-11-01&compare=year-ago', '10-01T01:00', '10-01T00:00', 31 * 24 - 1],
  ])('%s: of %s, what begins at %s meets what begins at %s', async (city, query, start, then, hours) => {
    const { get } = createTestApp({ nowMs });
    const fill = query.startsWith('window') ? '&fill=true' : '';
    const { body } = await get(`measures=orders&tz=America/${city}&${query}${fill}`);
    expect(body.rows).toMatchObject([{ windowStart: expect.stringContaining(start) }]);
    const { windowStart, windowEnd } = body.rows[0]!['compare'] as Record<'windowStart' | 'windowEnd', string>;
    expect(windowStart).toContain(then);
    expect((Date.parse(windowEnd) - Date.parse(windowStart)) / 3_600_000).toBeCloseTo(hours);
    expect(body['query']).not.toHaveProperty('compare.leftOut');
  });

  test('no quarter of an hour meets one that the clock skipped', async () => {
    const { get } = appOf([order(Date.parse('2024-03-10T07:05:00Z'), 'a', 1)]);
    const range = 'from=2024-03-11T05:45:00Z&to=2024-03-11T07:15:00Z';
    const { body } = await get(`measures=orders&window=15m&tz=America/New_York&${range}&compare=day-ago&fill=true`);
    expect(pairs(body.rows)).toEqual([
      ['03-11T01:45', 0, '03-10T01:45', 0],
      ['03-11T02:00', 0, null, null],
      ['03-11T02:15', 0, null, null],
      ['03-11T02:30', 0, null, null],
      ['03-11T02:45', 0, null, null],
      ['03-11T03:00', 0, '03-10T03:00', 1],
    ]);
  });

  test('the last of a month is compared with the whole of a shorter one', async () => {
    const { get } = appOf([], { nowMs: Date.UTC(2024, 2, 31, 9) });
    const { body } = await get('measures=orders&range=month-to-date&compare=previous');
    expect(body['query']).toMatchObject({
      compare: { from: '2024-02-01T00:00:00+00:00', to: '2024-03-01T00:00:00+00:00' },
    });
  });

  test.each(['', '&window=hour&fill=true'])(
    'a range that has not begun is compared with nothing%s',
    async (windows) => {
      const { get } = appOf([order(Date.UTC(2023, 2, 16), 'a', 1)]);
      const range = 'from=2024-03-16&to=2024-03-17&compare=year-ago';
      const { body } = await get(`measures=orders&${range}${windows}`);
      expect(new Set(body.rows.map(({ compare }) => compare))).toEqual(new Set([null]));
      const none = '2023-03-16T00:00:00+00:00';
      expect(body['query']).toMatchObject({ compare: { from: none, to: none } });
    },
  );

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
