// One making of a report: what bounds it, and what it leaves.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReportRun } from '../api/report-schema.ts';
import { createLogger } from '../runtime/logger.ts';
import { createReportMaker, type Occasion, type ReportMakerDependencies } from './report-maker.ts';
import { createReportScheduler } from './report-scheduler.ts';
import { type Report, reportsAway } from './report-store.ts';
import { until } from '../test/until.ts';
import { createTestApp, type TestApp } from './test-app.ts';

const nowMs = Date.UTC(2024, 4, 3, 6);
const log = createLogger('test', 'silent');
const clock = () => nowMs;

let dir: string;
let world: TestApp;
let report: Report;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tidemark-reports-'));
  world = createTestApp({ nowMs: nowMs - 3_600_000, batch: [{ occurredAt: nowMs - 86_400_000 }], reportsDir: dir });
  report = await world.reports.store.save('sales', {
    title: '',
    query: { measures: ['orders'] },
    schedule: '0 6 * * *',
    tz: 'UTC',
  });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const hanging = () => ({
  ...world.query,
  batchViews: { ...world.query.batchViews, read: () => new Promise<never>(() => {}) },
});
const makerOf = (own: Partial<ReportMakerDependencies>) =>
  createReportMaker({ query: world.query, ...world.reports, log, clock, ...own });
const asked = (minute: number): Occasion => ({ instant: nowMs + minute * 60_000, trigger: 'operator', skipped: 0 });

test('an answer that takes too long is given up, and the next report is made', async () => {
  const slow = makerOf({ query: hanging(), timeoutMs: 1 });
  await expect(slow.make(report, asked(0))).rejects.toMatchObject({ fields: { code: 'report-timeout', status: 503 } });
  await expect(slow.make(report, asked(1))).rejects.toMatchObject({ fields: { code: 'report-timeout' } });
  expect(existsSync(join(dir, 'sales'))).toBe(false);
});

test('what is made and what waits is told until it is over', async () => {
  const maker = makerOf({ query: hanging() });
  expect(maker.underway('sales')).toBeUndefined();
  const other = { ...report, name: 'other' };
  const all = [maker.make(report, asked(0)), maker.make(other, { ...asked(0), trigger: 'schedule' })];
  const at = new Date(nowMs).toISOString();
  const told = { instant: at, trigger: 'operator', since: at };
  await until('its answer is asked for', async () => maker.underway('sales')?.step === 'answering');
  expect(maker.underway('sales')).toEqual({ ...told, step: 'answering' });
  expect(maker.underway('other')).toEqual({ ...told, trigger: 'schedule', step: 'waiting' });
  maker[Symbol.dispose]();
  await Promise.allSettled(all);
  expect([maker.underway('sales'), maker.underway('other')]).toEqual([undefined, undefined]);
});

test('a process that ends waits for no answer, and leaves the instant to its successor', async () => {
  const maker = makerOf({ query: hanging() });
  const scheduler = createReportScheduler({ ...world.reports, maker, log, clock });
  const look = scheduler.look();
  maker[Symbol.dispose]();
  await look;
  await expect(maker.make(report, asked(0))).rejects.toMatchObject({ fields: { code: 'closing' } });
  expect(await world.reports.store.runs('sales', 9)).toEqual([]);
  await createReportScheduler({ ...world.reports, log, clock }).look();
  expect(await world.reports.store.runs('sales', 9)).toMatchObject([{ outcome: 'written' }]);
});

test('the oldest files go where there are more than are kept; what was recorded of them stays', async () => {
  const maker = makerOf({ keepFiles: 2 });
  for (const minute of [0, 1, 2]) await maker.make(report, asked(minute));
  expect(readdirSync(join(dir, 'sales')).filter((file) => file.endsWith('.csv'))).toEqual([
    '20240503T060100.000Z.csv',
    '20240503T060200.000Z.csv',
  ]);
  expect(await world.reports.store.runs('sales', 9)).toHaveLength(3);
});

test('a file that is there is not made again: its query is not even asked', async () => {
  await world.reports.maker.make(report, asked(0));
  const [made] = await world.reports.store.runs('sales', 1);
  const other = makerOf({ query: hanging() });
  expect(await other.make(report, asked(0))).toEqual(made);
});

test('what is written is recorded so, also where the record failed at first', async () => {
  const { store } = world.reports;
  let recorded = 0;
  const failing = { ...store, record: (run: ReportRun) => ((recorded += 1) === 1 ? away() : store.record(run)) };
  const away = () => Promise.reject(reportsAway(new Error('refused')));
  const maker = makerOf({ store: failing });
  const refused = await maker.make(report, asked(0)).catch((error: unknown) => error);
  expect(refused).toMatchObject({ fields: { code: 'reports-away' } });
  await maker.fail(report, asked(0), nowMs, refused);
  expect(await store.runs('sales', 9)).toMatchObject([{ outcome: 'written', file: '20240503T060000.000Z.csv' }]);
  expect(maker.recorded()).toEqual({ written: 1, failed: 0 });
});
