// Reports on the real stores: kept over a restart, made up for, one file of several processes, equal to the query.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { tables } from '../schemas/layout-clickhouse.ts';
import { createServingApp } from '../serving/app.ts';
import { openReports } from '../serving/reports.ts';
import { openPipeline } from './pipeline.ts';
import { createRandomOrders } from './random-orders.ts';
import { until } from './until.ts';

const reportsDir = mkdtempSync(join(tmpdir(), 'tidemark-reports-'));
afterAll(() => rmSync(reportsDir, { recursive: true, force: true }));

const dayMs = 86_400_000;
const query = { measures: ['orders', 'units'], by: ['store'], from: '2010-01-01', to: '2100-01-01' };

test('a report outlives its process: the next ones make up for what was missed, one file, equal to the query', async () => {
  await using resources = new AsyncDisposableStack();
  const world = resources.use(await openPipeline({ stack: inject('stack') }));
  resources.use(await world.openSpeed());
  await world.produce(createRandomOrders(7).next(300, Date.now()));
  await world.batch.makeRun();
  const serving = resources.use(await world.openServing());

  /** A serving process whose clock is so many days ahead. */
  const open = (days: number) => {
    const own = new AsyncDisposableStack();
    const from = { ...world.settings, ...serving.layer, generation: world.generation, log: world.log };
    const clock = () => Date.now() + days * dayMs;
    const shared = { ...from, clock, atLeastTimeoutMs: 20_000 };
    const reports = own.use(openReports({ ...shared, clickhouse: world.clickhouse, reportsDir, random: Math.random }));
    const forwardBatchRun = () => Promise.reject(new Error('no batch layer'));
    const app = createServingApp({ ...shared, reports, forwardBatchRun, servingMaxStreams: 1 });
    own.defer(() => app.close());
    const headers = { authorization: `Bearer ${world.settings.operatorToken}` };
    const ask = async (method: 'GET' | 'PUT' | 'POST', path: string, payload?: object) =>
      app.inject({ method, url: `/v1/reports${path}`, headers, ...(payload && { payload }) });
    return { app, ask, close: () => own.disposeAsync() };
  };
  const files = () => readdirSync(join(reportsDir, 'daily')).filter((file) => file.endsWith('.csv'));

  // 1. Saved, and made once by hand.
  const first = open(0);
  const saved = await first.ask('PUT', '/daily', {
    title: 'Daily',
    query,
    schedule: '0 6 * * *',
    tz: 'America/New_York',
  });
  expect(saved.statusCode).toBe(201);
  const byHand = (await first.ask('POST', '/daily/runs')).json<{ file: string; token: string; rows: number }>();
  const csvOf = async (token: string) => {
    const asked = 'measures=orders,units&by=store&from=2010-01-01&to=2100-01-01&format=csv';
    return (await serving.app.inject(`/v1/query?${asked}&atLeast=${token}`)).body;
  };
  expect(readFileSync(join(reportsDir, 'daily', byHand.file), 'utf8')).toBe(await csvOf(byHand.token));
  expect(byHand.rows).toBeGreaterThan(0);
  await first.close();

  // 2. Three days later two processes start at once.
  const [second, third] = [open(3), open(3)];
  const newest = async () => (await second.ask('GET', '/daily')).json<{ runs: Record<string, unknown>[] }>().runs[0]!;
  await until('the missed instant is made up for', async () => (await newest())['trigger'] === 'made-up');
  expect(await newest()).toMatchObject({
    outcome: 'written',
    skipped: 2,
    file: expect.stringMatching(/T1[01]0000Z\.csv$/),
  });
  await Promise.all([second.close(), third.close()]);
  expect(files()).toHaveLength(2);
  const [, scheduled] = files().toSorted();
  expect(readFileSync(join(reportsDir, 'daily', scheduled!), 'utf8')).toBe(await csvOf(byHand.token));

  // 3. A restart finds it done.
  const fourth = open(3);
  const list = (await fourth.ask('GET', '')).json<{ reports: object[] }>().reports;
  expect(list).toMatchObject([{ name: 'daily', title: 'Daily', query, lastRun: { trigger: 'made-up' } }]);
  await fourth.close();
  const recorded = await world.clickhouse.query<{ code: string; token: string }>(
    `SELECT DISTINCT instant, scheduled, token, code FROM ${tables.reportRuns} WHERE name = 'daily'`,
  );
  expect(recorded.map(({ code, token }) => [code, token])).toEqual([
    ['', byHand.token],
    ['', byHand.token],
  ]);
  expect(files()).toHaveLength(2);
});
