// Answers from memory against answers computed anew, over random changes of everything that an answer depends on. POST keeps
// nothing, and a token that is covered already keeps an address out of memory: both compute each answer anew.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lag } from './log-lag.ts';
import { createTestApp } from './test-app.ts';

const startMs = Date.UTC(2024, 2, 15, 11, 58, 30);
const hour = Date.UTC(2024, 2, 15, 11);

const addresses = [
  { measures: ['orders', 'grossMinor'], by: ['currency'] },
  { measures: ['orders'], window: 'hour', last: '3h', fill: true },
  { measures: ['orders'], window: 'minute', from: '2024-03-15T11:50:00Z', provenance: 'full' },
  { measures: ['orders'], range: 'today', compare: 'day-ago' },
  { measures: ['orders'], by: ['store'], order: ['-orders'], limit: 1, other: true, tz: 'Asia/Kolkata', last: '2d' },
  { measures: ['orders'], by: ['store'], window: 'day', from: '2024-03-14', to: '2024-03-16', format: 'csv' },
];

const addressOf = (query: object) =>
  Object.entries(query)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`)
    .join('&');

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ ask: fc.nat(addresses.length - 1) }) },
  fc.record({ arrive: fc.record({ storeId: fc.constantFrom('west', 'east'), minute: fc.nat(70) }) }),
  fc.record({ waitMs: fc.constantFrom(1, 900, 29_000, 60_000, 3_600_000) }),
  fc.record({ notes: fc.array(fc.constantFrom('stale', 'lost'), { maxLength: 2 }) }),
  fc.record({
    lag: fc.option(fc.record({ records: fc.nat(1), ms: fc.constantFrom(0, 4, 7_000) }), { nil: undefined }),
  }),
  fc.record({ deadLetters: fc.nat(1) }),
);

test('what is told from memory is what computing it anew gives, byte for byte', async () => {
  let fromMemory = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 60 }), async (steps) => {
      let nowMs = startMs;
      const state = { notes: [] as string[], lag: undefined as Lag | undefined, deadLetters: 0 };
      const app = createTestApp({
        nowMs,
        batch: [{ occurredAt: hour }],
        live: [{ occurredAt: hour + 60_000, storeId: 'east' }],
        pipeline: {
          notes: () => state.notes,
          lagOf: () => state.lag,
          deadLetters: () => ({ total: state.deadLetters, byReason: {}, newest: [] }),
        },
      });
      const { token } = (await app.get('measures=orders')).body['provenance'] as { token: string };
      for (const each of steps) {
        if ('arrive' in each) {
          app.arrive([{ storeId: each.arrive.storeId, occurredAt: hour + each.arrive.minute * 60_000 }]);
        } else if ('waitMs' in each) app.setNow((nowMs += each.waitMs));
        else if (!('ask' in each)) Object.assign(state, each);
        else {
          const query = addresses[each.ask]!;
          const before = app.reads.length;
          const told = await app.get(addressOf(query));
          if (app.reads.length === before) fromMemory += 1;
          const anew = await app.post(query);
          const tagged = await app.get(`${addressOf(query)}&atLeast=${token}`);
          expect([told.status, told.text]).toEqual([200, anew.text]);
          const { date: _date, ...headers } = told.headers;
          expect({ ...tagged.headers, date: undefined }).toEqual({ ...headers, date: undefined });
          const held = { 'if-none-match': String(tagged.headers['etag']) };
          expect((await app.get(addressOf(query), held)).status).toBe(304);
          expect((await app.get(addressOf(query), { 'if-none-match': 'W/"another"' })).text).toBe(anew.text);
        }
      }
    }),
    { numRuns: 60 },
  );
  expect(fromMemory).toBeGreaterThan(100);
});

describe('equal questions at the same time', () => {
  test('share one computation, and one that fails is forgotten', async () => {
    let fails = true;
    const app = createTestApp({
      nowMs: startMs,
      batch: [{ occurredAt: hour }],
      whileReading() {
        if (fails) throw new Error('away');
      },
    });
    const ask = () => Promise.all([app.get('measures=orders'), app.get('measures=orders'), app.get('measures=orders')]);
    expect((await ask()).map(({ status, headers }) => [status, headers['etag']])).toEqual(
      Array.from({ length: 3 }, () => [500, undefined]),
    );
    expect(app.reads).toHaveLength(1);
    fails = false;
    const answers = await ask();
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(app.reads).toHaveLength(2);
    expect((await app.get('measures=orders')).status).toBe(200);
    expect(app.reads).toHaveLength(2);
  });
});

describe('a long answer', () => {
  const rowsOf = (days: number) => `measures=orders&window=minute&fill=true&from=2024-02-${15 - days}&to=2024-02-15`;

  test('is kept whole once it was written, up to a bound', async () => {
    const app = createTestApp({ nowMs: startMs, batch: [{ occurredAt: Date.UTC(2024, 1, 14, 1) }] });
    const first = await app.get(rowsOf(2));
    expect(first.body.rows).toHaveLength(2_880);
    const again = await app.get(rowsOf(2));
    expect([again.text === first.text, app.reads.length]).toEqual([true, 1]);
    expect(again.headers['content-length']).toBe(String(first.text.length));
    // More than is kept of one answer: read of the store each time.
    const long = (await app.get('measures=orders&window=minute&fill=true&from=2024-01-01&to=2024-02-15')).text;
    expect(long.length).toBeGreaterThan(4 * 1024 * 1024);
    expect((await app.get('measures=orders&window=minute&fill=true&from=2024-01-01&to=2024-02-15')).text).toBe(long);
    expect(app.reads).toHaveLength(3);
  });
});
