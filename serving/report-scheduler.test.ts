// What is due is made once, over restarts, refusals and several processes; the clock is set, nothing waits.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { Problem } from '../runtime/problem.ts';
import { createReportScheduler, type ReportScheduler } from './report-scheduler.ts';
import type { ReportDraft } from './report-store.ts';
import { createTestApp, type TestApp } from './test-app.ts';

const at = (text: string) => Date.parse(text);
const draft: ReportDraft = {
  title: '',
  query: { measures: ['orders'], range: 'yesterday' },
  schedule: '0 6 * * *',
  tz: 'UTC',
};
const events = [1, 2, 3].flatMap((day) =>
  Array.from({ length: day }, () => ({ occurredAt: Date.UTC(2024, 4, day, 12) })),
);
const away = new Problem({ code: 'batch-views-away', status: 503, title: 'Away' });
const log = createLogger('test', 'silent');

let dir: string;
let nowMs: number;
let refusal: Error | undefined;
let world: TestApp;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tidemark-reports-'));
  refusal = undefined;
  world = createTestApp({
    nowMs: 0,
    batch: events,
    reportsDir: dir,
    whileReading: () => {
      if (refusal) throw refusal;
    },
  });
  setNow('2024-05-01T12:00:00Z');
  await world.reports.store.save('daily', draft);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function setNow(text: string): void {
  nowMs = at(text);
  world.setNow(nowMs);
}
const files = (name = 'daily') => readdirSync(join(dir, name)).filter((file) => file.endsWith('.csv'));
const csv = (file: string) => readFileSync(join(dir, 'daily', file), 'utf8');
const runs = () => world.reports.store.runs('daily', 20);
/** A process that starts now, over the same store and folder. */
const restart = (): ReportScheduler => createReportScheduler({ ...world.reports, log, clock: () => nowMs });

test('a report is made at its instant, once, and not before', async () => {
  setNow('2024-05-02T05:59:59Z');
  await world.scheduler.look();
  expect(await runs()).toEqual([]);
  setNow('2024-05-02T06:00:03Z');
  await world.scheduler.look();
  await world.scheduler.look();
  expect(files()).toEqual(['20240502T060000Z.csv']);
  expect(await runs()).toMatchObject([
    {
      outcome: 'written',
      trigger: 'schedule',
      instant: '2024-05-02T06:00:00.000Z',
      startedAt: '2024-05-02T06:00:03.000Z',
      rows: 1,
    },
  ]);
  setNow('2024-05-03T06:00:00Z');
  await world.scheduler.look();
  expect(files()).toHaveLength(2);
});

test('a relative range is told from the scheduled instant, however late the report is made', async () => {
  // By then yesterday is the 5th; at the instant it was the 4th.
  setNow('2024-05-06T05:00:00Z');
  await world.scheduler.look();
  expect(csv('20240505T060000Z.csv')).toContain('2024-05-04T00:00:00+00:00');
});

describe('what was missed', () => {
  test('is made up for once, the latest instant only, and says how many were skipped', async () => {
    setNow('2024-05-04T07:00:00Z');
    await restart().look();
    expect(files()).toEqual(['20240504T060000Z.csv']);
    expect(csv('20240504T060000Z.csv')).toBe(
      'windowStart,windowEnd,open,orders\r\n2024-05-03T00:00:00+00:00,2024-05-04T00:00:00+00:00,,3\r\n',
    );
    expect(await runs()).toMatchObject([{ trigger: 'made-up', skipped: 2, instant: '2024-05-04T06:00:00.000Z' }]);
  });

  test('a restart makes nothing again', async () => {
    setNow('2024-05-02T06:00:00Z');
    await world.scheduler.look();
    setNow('2024-05-02T06:10:00Z');
    await restart().look();
    expect(await runs()).toHaveLength(1);
    setNow('2024-05-03T06:00:00Z');
    await restart().look();
    expect((await runs())[0]).toMatchObject({ instant: '2024-05-03T06:00:00.000Z', skipped: 0, trigger: 'schedule' });
  });

  test('an instant from before the schedule was saved is not due; another title forgets none', async () => {
    setNow('2024-05-02T07:00:00Z');
    await world.reports.store.save('daily', { ...draft, title: 'other' });
    await restart().look();
    expect(files()).toEqual(['20240502T060000Z.csv']);
    await world.reports.store.save('fresh', draft);
    await world.scheduler.look();
    expect(await world.reports.store.runs('fresh', 9)).toEqual([]);
  });

  test('a report that is removed or has lost its schedule is not made', async () => {
    await world.scheduler.look();
    await world.reports.store.save('daily', { ...draft, schedule: null });
    setNow('2024-05-02T07:00:00Z');
    await world.scheduler.look();
    await world.reports.store.remove('daily');
    await world.scheduler.look();
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('a refusal', () => {
  test('that may pass is tried again, and the report made when it has', async () => {
    setNow('2024-05-02T06:00:00Z');
    refusal = away;
    await world.scheduler.look();
    expect(await runs()).toEqual([]);
    setNow('2024-05-02T06:09:59Z');
    await world.scheduler.look();
    expect(await runs()).toEqual([]);
    refusal = undefined;
    await world.scheduler.look();
    expect(await runs()).toMatchObject([{ outcome: 'written', instant: '2024-05-02T06:00:00.000Z' }]);
  });

  test('that does not pass within ten minutes is recorded as failed with its code, and not tried again', async () => {
    setNow('2024-05-02T06:00:00Z');
    refusal = away;
    await world.scheduler.look();
    setNow('2024-05-02T06:10:00Z');
    await world.scheduler.look();
    refusal = undefined;
    await world.scheduler.look();
    expect(await runs()).toMatchObject([
      { outcome: 'failed', code: 'batch-views-away', startedAt: '2024-05-02T06:00:00.000Z' },
    ]);
    await restart().look();
    expect(await runs()).toHaveLength(1);
  });

  test('for good, of a query that the definition cannot answer any more, is recorded at once', async () => {
    await world.reports.store.save('daily', { ...draft, query: { measures: ['visitors'] } });
    setNow('2024-05-02T06:00:00Z');
    await world.scheduler.look();
    expect(await runs()).toMatchObject([
      { outcome: 'failed', code: 'unknown-measure', detail: expect.stringContaining('visitors') },
    ]);
  });

  test('of one report holds up no other, not even where the failure cannot be recorded', async () => {
    await world.reports.store.save('aaa', { ...draft, query: { measures: ['visitors'] } });
    const maker = { ...world.reports.maker, fail: () => Promise.reject(away) };
    setNow('2024-05-02T06:00:00Z');
    const scheduler = createReportScheduler({ ...world.reports, maker, log, clock: () => nowMs });
    await expect(scheduler.look()).rejects.toBe(away);
    expect(files()).toEqual(['20240502T060000Z.csv']);
  });
});

describe('several processes', () => {
  test('make one file of one instant', async () => {
    const other = restart();
    setNow('2024-05-02T06:00:00Z');
    await Promise.all([world.scheduler.look(), other.look()]);
    await Promise.all([world.scheduler.look(), other.look()]);
    expect(files()).toEqual(['20240502T060000Z.csv']);
    expect(await runs()).toHaveLength(1);
  });

  test('a file whose writer died before it was recorded is recorded as what it is', async () => {
    setNow('2024-05-02T06:00:00Z');
    await world.scheduler.look();
    const [written] = await runs();
    const successor = createTestApp({ nowMs: at('2024-05-02T06:05:00Z'), batch: events.slice(0, 1), reportsDir: dir });
    const { store } = successor.reports;
    await store.save('daily', draft);
    // Saved before the instant, as the store of the one that died has it.
    const saved = (await store.find('daily'))!;
    const before = { ...store, list: async () => [{ ...saved, scheduledSince: at('2024-05-01T12:00:00Z') }] };
    await createReportScheduler({
      ...successor.reports,
      store: before,
      log,
      clock: () => at('2024-05-02T06:05:00Z'),
    }).look();
    expect(await store.runs('daily', 9)).toEqual([written]);
  });

  test('a file beside which nothing can be read is recorded as failed, with its name', async () => {
    mkdirSync(join(dir, 'daily'));
    for (const ending of ['csv', 'json']) writeFileSync(join(dir, 'daily', `20240502T060000Z.${ending}`), 'damaged');
    setNow('2024-05-02T06:00:00Z');
    await world.scheduler.look();
    expect(await runs()).toMatchObject([{ outcome: 'failed', code: 'report-unreadable' }]);
    expect(csv('20240502T060000Z.csv')).toBe('damaged');
  });
});
