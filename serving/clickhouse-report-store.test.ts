// The contract of the store on a real ClickHouse, and what a second process sees of it.
import { describe, expect, test } from 'vitest';
import { tables } from '../schemas/layout-clickhouse.ts';
import { openOwnDatabase } from '../test/own-database.ts';
import { createClickHouseReportStore } from './clickhouse-report-store.ts';
import { describeReportStore, draft } from './report-store.contract.ts';
import { testGeneration } from './test-live-world.ts';

const { clickhouse } = openOwnDatabase(testGeneration(1));
let nowMs = Date.UTC(2026, 10, 1);
const open = () => createClickHouseReportStore({ clickhouse, clock: () => nowMs, random: Math.random });

describe('in ClickHouse', () => {
  describeReportStore(() => ({ store: open(), setNow: (at) => (nowMs = at) }));
});

test('a process that starts later finds all of it', async () => {
  const saved = await open().save('kept', draft);
  expect(await open().find('kept')).toEqual(saved);
  const [row] = await clickhouse.query<{ rows: string; code: string }>(
    `SELECT count() AS rows, any(code) AS code FROM ${tables.reportRuns} WHERE outcome = 'failed' AND name = 'last'`,
  );
  expect(row).toEqual({ rows: '2', code: 'not-ready' });
});

test('a ClickHouse that is away is a problem that may pass', async () => {
  const away = { ...clickhouse, query: () => Promise.reject(new Error('refused')) };
  const store = createClickHouseReportStore({ clickhouse: away, clock: () => nowMs, random: Math.random });
  await expect(store.list()).rejects.toMatchObject({ fields: { code: 'reports-away', status: 503 } });
});
