// What every ReportStore must do. Run on each implementation; `setNow` moves the clock that it was given.
import { expect, test } from 'vitest';
import type { FailedRun, WrittenRun } from '../api/report-schema.ts';
import type { ReportDraft, ReportStore } from './report-store.ts';

export const draft: ReportDraft = { title: 'Sales', query: { measures: ['orders'] }, schedule: '0 6 * * *', tz: 'UTC' };
const base = Date.UTC(2026, 10, 1);

const failed = (report: string, minute: number, trigger: FailedRun['trigger'] = 'schedule'): FailedRun => {
  const instant = new Date(base + minute * 60_000).toISOString();
  const head = { report, instant, trigger, skipped: 0, startedAt: instant, finishedAt: instant };
  return { ...head, outcome: 'failed', code: 'not-ready', detail: 'no' };
};

const written = (report: string, minute: number): WrittenRun => {
  const { code: _code, detail: _detail, ...head } = failed(report, minute);
  return {
    ...head,
    outcome: 'written',
    file: '20261101T000000Z.csv',
    rows: 2,
    bytes: 30,
    sha256: 'a'.repeat(64),
    query: { from: '2026-11-01' },
    currencies: { USD: 2 },
    generation: 'g',
    run: 'r',
    token: 't',
    vector: [9_007_199_254_740_991, 0],
    deferredRecords: 1,
    notes: ['“late”, \n\\ '],
  };
};

export function describeReportStore(open: () => { store: ReportStore; setNow: (nowMs: number) => void }): void {
  const { store, setNow } = open();

  test('a report is what was saved last, until it is removed', async () => {
    setNow(base);
    expect(await store.find('a')).toBeUndefined();
    expect(await store.save('a', draft)).toMatchObject({ name: 'a', ...draft, savedAt: base, scheduledSince: base });
    // A clock that goes back does not bring an old version back.
    setNow(base - 5);
    const none = { ...draft, title: 'β "x"', schedule: null };
    const second = await store.save('a', none);
    expect(await store.find('a')).toEqual(second);
    expect(second).toMatchObject({ ...none, savedAt: base - 5 });
    await store.save('b', draft);
    expect((await store.list()).map(({ name, schedule }) => [name, schedule])).toEqual([
      ['a', null],
      ['b', '0 6 * * *'],
    ]);
    expect(await store.remove('a')).toBe(true);
    expect(await store.find('a')).toBeUndefined();
    expect(await store.remove('a')).toBe(false);
    expect((await store.list()).map(({ name }) => name)).toEqual(['b']);
    await store.save('a', draft);
    expect(await store.find('a')).toMatchObject(draft);
  });

  test('a schedule holds since it was saved first, whatever else is changed', async () => {
    setNow(base);
    const first = await store.save('since', draft);
    setNow(base + 1_000);
    expect(await store.save('since', { ...draft })).toEqual(first);
    expect(await store.save('since', { ...draft, title: 'other' })).toMatchObject({
      scheduledSince: base,
      savedAt: base + 1_000,
    });
    setNow(base + 2_000);
    expect(await store.save('since', { ...draft, tz: 'Europe/Berlin' })).toMatchObject({
      scheduledSince: base + 2_000,
    });
  });

  test('runs are told newest first, each instant once, as what was recorded last', async () => {
    setNow(base);
    await store.record(failed('runs', 1));
    await store.record(written('runs', 2));
    await store.record(failed('runs', 3, 'operator'));
    setNow(base + 1);
    await store.record(written('runs', 1));
    expect(await store.runs('runs', 10)).toEqual([
      failed('runs', 3, 'operator'),
      written('runs', 2),
      written('runs', 1),
    ]);
    expect(await store.runs('runs', 1)).toHaveLength(1);
    expect(await store.runs('nobody', 10)).toEqual([]);
    expect(await store.lastRuns()).toContainEqual(failed('runs', 3, 'operator'));
  });

  test('the last scheduled instant is one of a schedule, above what was asked, written or failed', async () => {
    await store.record(written('last', 5));
    await store.record(failed('last', 7));
    await store.record(failed('last', 9, 'operator'));
    expect(await store.lastScheduled('last', base)).toBe(base + 7 * 60_000);
    expect(await store.lastScheduled('last', base + 7 * 60_000)).toBeUndefined();
    expect(await store.lastScheduled('nobody', 0)).toBeUndefined();
  });
}
