// The page Today in a real Chromium on the real stack: what it shows is what the query API answers.
import { describe, expect, test } from 'vitest';
import { amount, count } from '../../dashboard/data/format.ts';
import { until } from '../until.ts';
import { figure, placed, untilSettled, untilShown, useBrowsing } from './browsing.ts';

const browsing = useBrowsing();

interface Totals {
  readonly rows: readonly {
    readonly orders: number;
    readonly units: number;
    readonly netMinor: number;
    readonly customers: number;
  }[];
}

/** Amounts where `query` names one currency. */
const totalsOf = async (query: string) => {
  const measures = `orders,units,customers${query.includes('where.currency') ? ',netMinor' : ''}`;
  return (await browsing.stand.ask<Totals>(`/v1/query?measures=${measures}&${query}`)).rows[0]!;
};
const storeNames = () => browsing.page.locator('.panel.store .breakdown .group');

describe('Today', () => {
  test('the first look shows the numbers that the query API answers, without a request that leaves the origin', async () => {
    const { page, stand } = browsing;
    const token = await stand.post(Array.from({ length: 12 }, () => placed()));
    await page.goto(stand.url);
    const totals = await totalsOf(`range=today&tz=Europe/Amsterdam&where.currency=GBP&atLeast=${token}`);
    expect(totals).toMatchObject({ orders: 12, units: 24, customers: 5 });
    await untilShown(figure(page, 'Orders'), count(totals.orders));
    await untilShown(figure(page, 'Units'), count(totals.units));
    await untilShown(figure(page, 'Customers'), count(totals.customers));
    await untilShown(figure(page, 'Net'), amount(totals.netMinor, 2));
    expect(new URL(page.url()).search).toBe('?range=today&tz=Europe/Amsterdam');
    const stores = page.locator('.panel.store .breakdown li');
    await until('the stores are shown', async () => (await stores.count()) === 2);
    expect(await stores.allTextContents()).toEqual([
      expect.stringMatching(/^London8/),
      expect.stringMatching(/^Tokyo4/),
    ]);
  });

  test('a click on a store filters the whole page, a second one takes the filter away, and so does going back', async () => {
    const { page, stand } = browsing;
    const token = await stand.post([placed({ storeId: 'Oslo' }), placed({ storeId: 'Tokyo' })]);
    const all = await totalsOf(`range=today&tz=Europe/Amsterdam&atLeast=${token}`);
    const oslo = await totalsOf(`range=today&tz=Europe/Amsterdam&where.store=Oslo&atLeast=${token}`);
    await page.goto(stand.url);
    await untilShown(figure(page, 'Orders'), count(all.orders));
    await storeNames().filter({ hasText: 'Oslo' }).click();
    await untilShown(figure(page, 'Orders'), count(oslo.orders));
    expect(new URL(page.url()).searchParams.getAll('where.store')).toEqual(['Oslo']);
    // The other stores stay in sight: they are one click away.
    expect(await storeNames().allTextContents()).toContain('London');
    await storeNames().filter({ hasText: 'Oslo' }).click();
    await untilShown(figure(page, 'Orders'), count(all.orders));
    await page.goBack();
    await untilShown(figure(page, 'Orders'), count(oslo.orders));
  });

  test('range, zone and currency can be changed, each asks the server anew', async () => {
    const { page, stand } = browsing;
    const dayMs = 86_400_000;
    const token = await stand.post([
      ...Array.from({ length: 3 }, () => placed({ occurredAt: Date.now() - 3 * dayMs })),
      placed({ currency: 'JPY', country: 'JP', amountMinor: 5_000 }),
    ]);
    // Late ones are counted by the next run.
    await stand.pipeline.batch.makeRun();
    await page.goto(stand.url);
    const week = await totalsOf(`last=7d&tz=Europe/Amsterdam&atLeast=${token}`);
    await page.getByRole('button', { name: /Last 7 days$/ }).click();
    await untilShown(figure(page, 'Orders'), count(week.orders));
    await page.getByLabel('amounts in').selectOption('JPY');
    const yen = await totalsOf('last=7d&tz=Europe/Amsterdam&where.currency=JPY');
    await untilShown(figure(page, 'Net'), amount(yen.netMinor, 0));
    await page.getByLabel('amounts in').selectOption('');
    await page.getByRole('button', { name: 'Today', exact: true }).click();
    await page.getByLabel('Time zone').selectOption('Pacific/Kiritimati');
    const there = await totalsOf('range=today&tz=Pacific/Kiritimati');
    await untilShown(figure(page, 'Orders'), count(there.orders));
    await untilSettled(page);
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Pacific/Kiritimati', hour: '2-digit' });
    expect(await page.locator('.truth-words').textContent()).toContain(`live to ${clock.format(Date.now())}:`);
  });

  test('a link opened anew, elsewhere, shows the same', async () => {
    const { page, stand } = browsing;
    await stand.post([placed({ storeId: 'Lima' }), placed({ storeId: 'Lima', channel: 'app' })]);
    await page.goto(stand.url);
    await page.getByRole('button', { name: /Last 24 hours$/ }).click();
    await storeNames().filter({ hasText: 'Lima' }).click();
    await page.getByRole('button', { name: 'Units', exact: true }).click();
    await page.getByLabel('against').selectOption('day-ago');
    await untilShown(figure(page, 'Orders'), '2');
    await untilSettled(page);
    const other = await browsing.open({ timezoneId: 'America/New_York', locale: 'de-DE' });
    await other.goto(page.url());
    await untilShown(figure(other, 'Orders'), '2');
    await untilSettled(other);
    const shown = '.toolbar, .figures, .breakdowns';
    expect(await other.locator(shown).allInnerTexts()).toEqual(await page.locator(shown).allInnerTexts());
    expect(other.url()).toBe(page.url());
  });

  test('on a phone nothing is wider than the screen', async () => {
    const { stand } = browsing;
    await stand.post([placed()]);
    const page = await browsing.open({ viewport: { width: 390, height: 844 } });
    await page.goto(stand.url);
    await untilSettled(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});
