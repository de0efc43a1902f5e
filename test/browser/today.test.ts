// The page Today in a real Chromium on the real stack: what it shows is what the query API answers.
import { isDeepStrictEqual } from 'node:util';
import type { Page, Route } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { Status } from '../../dashboard/data/pipeline.ts';
import { decodeToken } from '../../schemas/token.ts';
import { until } from '../until.ts';
import { figure, placed, recordNumbers, untilSettled, untilShown, useBrowsing } from './browsing.ts';

const browsing = useBrowsing();

function pathOf(route: Route): string {
  const { pathname, search } = new URL(route.request().url());
  return pathname + search;
}

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
/** As a reader of en-GB writes them; not by the page's own code. */
const count = (value: number) => value.toLocaleString('en-GB');
const amount = (minor: number, digits: number) =>
  (minor / 10 ** digits).toLocaleString('en-GB', { minimumFractionDigits: digits });
const storeNames = () => browsing.page.locator('.panel.store .breakdown .group');

describe('Today', () => {
  test('the first look shows the numbers that the query API answers, without a request that leaves the origin', async () => {
    const { page, stand } = browsing;
    const token = await stand.post(Array.from({ length: 12 }, (_, i) => placed({ amountMinor: 100_001 + i })));
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
    const token = await stand.post(['Oslo', 'Tokyo', 'London'].map((storeId) => placed({ storeId })));
    const all = await totalsOf(`range=today&tz=Europe/Amsterdam&atLeast=${token}`);
    const oslo = await totalsOf(`range=today&tz=Europe/Amsterdam&where.store=Oslo&atLeast=${token}`);
    await page.goto(stand.url);
    await untilShown(figure(page, 'Orders'), count(all.orders));
    await untilSettled(page);
    // Until the new answer comes, the old one is shown as what it is.
    const answering = Promise.withResolvers<void>();
    await page.route('**/v1/stream**', async (route) => {
      await answering.promise;
      await route.continue();
    });
    await storeNames().filter({ hasText: 'Oslo' }).click();
    await page.locator('.figures.pending[aria-busy=true]').waitFor();
    expect(await figure(page, 'Orders').textContent()).toBe(count(all.orders));
    answering.resolve();
    await untilShown(figure(page, 'Orders'), count(oslo.orders));
    await page.locator('.figures[aria-busy=false]').waitFor();
    await page.unroute('**/v1/stream**');
    // Orders of other stores are no news to it.
    const shown = await recordNumbers(page.locator('section.figure[aria-label="Orders"]'));
    await stand.post([placed({ storeId: 'Tokyo' })]);
    await stand.post([placed({ storeId: 'Oslo' })]);
    await untilShown(figure(page, 'Orders'), count(oslo.orders + 1));
    expect(new Set((await shown()).map(({ texts }) => texts[0]))).toEqual(
      new Set([count(oslo.orders), count(oslo.orders + 1)]),
    );
    expect(new URL(page.url()).searchParams.getAll('where.store')).toEqual(['Oslo']);
    // The other stores stay in sight: they are one click away.
    expect(await storeNames().allTextContents()).toContain('London');
    await storeNames().filter({ hasText: 'Oslo' }).click();
    await untilShown(figure(page, 'Orders'), count(all.orders + 2));
    await page.goBack();
    await untilShown(figure(page, 'Orders'), count(oslo.orders + 1));
  });

  test('an answer that comes late, after the next question, is not shown', async () => {
    const { page, stand } = browsing;
    const hourMs = 3_600_000;
    const token = await stand.post([0, 30].map((hours) => placed({ occurredAt: Date.now() - hours * hourMs })));
    const { run } = await stand.pipeline.batch.makeRun(decodeToken(token)!.vector);
    await until('serving stands on it', async () => (await stand.ask<Status>('/v1/status')).run.id === run.run);
    await page.goto(stand.url);
    await untilSettled(page);
    const held: Route[] = [];
    await page.route(/\/v1\/query\?.*by=store.*last=24h/, (route) => void held.push(route));
    await page.getByRole('button', { name: /Last 24 hours$/ }).click();
    await until('the breakdown is asked', () => held.length > 0);
    await page.getByRole('button', { name: /Last 7 days$/ }).click();
    await untilSettled(page);
    const stores = page.locator('.panel.store .group-value');
    const shown = await stores.allTextContents();
    const answers = await Promise.all(held.map((route) => stand.ask<object>(pathOf(route))));
    // The browser has given it up; it would not know of the answer else.
    await Promise.allSettled(held.map((route, i) => route.fulfill({ json: answers[i] })));
    await page.evaluate(async () => (await fetch('/livez')).text());
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    expect(await stores.allTextContents()).toEqual(shown);
    expect(await page.locator('[aria-busy=true]').count()).toBe(0);
  });

  test('range, zone and currency can be changed, each asks the server anew', async () => {
    const { page, stand } = browsing;
    const hourMs = 3_600_000;
    const token = await stand.post([
      // One each hour of three days: ranges of other ends or zones hold others.
      ...Array.from({ length: 72 }, (_, hours) => placed({ occurredAt: Date.now() - hours * hourMs })),
      placed({ currency: 'JPY', country: 'JP', amountMinor: 5_000 }),
    ]);
    // Late ones are counted by the next run.
    const { run } = await stand.pipeline.batch.makeRun(decodeToken(token)!.vector);
    await until('serving stands on it', async () => (await stand.ask<Status>('/v1/status')).run.id === run.run);
    await page.goto(stand.url);
    const here = await totalsOf(`range=today&tz=Europe/Amsterdam&atLeast=${token}`);
    await untilShown(figure(page, 'Orders'), count(here.orders));
    const week = await totalsOf('last=7d&tz=Europe/Amsterdam');
    expect(week.orders).toBeGreaterThan(here.orders + 40);
    await page.getByRole('button', { name: /Last 7 days$/ }).click();
    await untilShown(figure(page, 'Orders'), count(week.orders));
    await page.getByLabel('amounts in').selectOption('JPY');
    const yen = await totalsOf('last=7d&tz=Europe/Amsterdam&where.currency=JPY');
    await untilShown(figure(page, 'Net'), amount(yen.netMinor, 0));
    await page.getByLabel('amounts in').selectOption('');
    await page.getByRole('button', { name: 'Today', exact: true }).click();
    await page.getByLabel('Time zone').selectOption('Pacific/Kiritimati');
    const there = await totalsOf('range=today&tz=Pacific/Kiritimati');
    expect(there.orders).not.toBe(here.orders);
    await untilShown(figure(page, 'Orders'), count(there.orders));
    await untilSettled(page);
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Pacific/Kiritimati', hour: '2-digit' });
    expect(await page.locator('.truth-words').textContent()).toContain(`live to ${clock.format(Date.now())}:`);
  });

  test('a link opened anew, elsewhere, shows the same', async () => {
    const { page, stand } = browsing;
    const some = { storeId: 'Lima', amountMinor: 123_456_789 };
    await stand.post([placed(some), placed({ ...some, channel: 'app' })]);
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
    // The range goes on by the minute, and the two are not asked in the same moment.
    const shown = (one: Page) => one.locator('.toolbar, .figures, .breakdowns').allInnerTexts();
    await until('both show the same', async () => isDeepStrictEqual(await shown(other), await shown(page)));
    expect(other.url()).toBe(page.url());
  });

  test('what an address says that is not known is told, until something is chosen', async () => {
    const { page, stand } = browsing;
    await page.goto(`${stand.url}/?range=tomorrow&tz=Mars/Base`);
    await page.getByText('Ignored from the link: range “tomorrow”, time zone “Mars/Base”. Showing today,').waitFor();
    await page.getByRole('button', { name: /Last 7 days$/ }).click();
    await page.getByText('Ignored from the link').waitFor({ state: 'detached' });
  });

  test('charts change their colours with light and dark', async () => {
    const { page, stand } = browsing;
    await stand.post([placed()]);
    await page.goto(stand.url);
    await untilSettled(page);
    /** The one bar is of the hour that is not over. */
    const colourOfBar = () => page.evaluate(() => getComputedStyle(document.querySelector('.plot .open')!).stroke);
    const light = await colourOfBar();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await colourOfBar()).not.toBe(light);
  });

  test('a chart tells the window that is pointed at, with the mouse and with the arrow keys, and fits its place', async () => {
    const { page, stand } = browsing;
    await stand.post([placed()]);
    await page.goto(`${stand.url}/?last=7d&window=day&tz=Europe/Amsterdam`);
    await untilSettled(page);
    const course = page.locator('.panel.charted').first();
    const plot = course.locator('.plot');
    const window = () => course.locator('.readout-window').textContent();
    const open = await window();
    await plot.press('ArrowLeft');
    const before = await window();
    expect(before).not.toBe(open);
    const bar = (await course.locator('.pointed').boundingBox())!;
    await plot.press('ArrowRight');
    expect(await window()).toBe(open);
    await page.mouse.move(bar.x, bar.y + bar.height / 2);
    expect(await window()).toBe(before);
    await page.mouse.move(0, 0);
    expect(await window()).toBe(open);
    for (const width of [390, 1_600]) {
      await page.setViewportSize({ width, height: 900 });
      const rightOf = async (part: string) => {
        const { x, width } = (await course.locator(part).boundingBox())!;
        return x + width;
      };
      // The open window is the last one.
      await until('the last bar stands at the right edge', async () => {
        const gap = (await rightOf('.plot')) - (await rightOf('.plot .open'));
        return gap > 0 && gap < width / 7;
      });
    }
  });

  test('the hour that runs is told as such; the range before the data is held against nothing', async () => {
    const { page, stand } = browsing;
    await stand.post([placed()]);
    await page.goto(stand.url);
    await untilSettled(page);
    const course = page.locator('.panel.charted').first();
    expect(await course.locator('.readout-window').textContent()).toMatch(/^\d\d:00, so far$/);
    await course.locator('summary').click();
    await course.locator('tbody th').filter({ hasText: 'so far' }).waitFor();
    await page.goto(`${stand.url}/?range=year-to-date&tz=Europe/Amsterdam`);
    await untilSettled(page);
    const orders = page.locator('section.figure[aria-label="Orders"]');
    await until('nothing to compare', async () =>
      /^not comparable: data since \d+ \w+ \d{4}$/.test((await orders.locator('.versus').textContent()) ?? ''),
    );
    expect(await page.locator('.change').count()).toBe(0);
    expect(await page.locator('.panel.store .foot').textContent()).toMatch(/^not comparable: data since/);
    expect(await page.locator('.panel.heated .subtitle').textContent()).toMatch(/on average, \d+ days? since \d+ \w+$/);
  });

  test('by product, what is not counted keeps its place and says so; the measure that is shown is the lit one', async () => {
    const { page, stand } = browsing;
    await stand.post([placed()]);
    await page.goto(`${stand.url}/?range=today&tz=Europe/Amsterdam&where.sku=SKU-1`);
    await untilSettled(page);
    const tiles = page.locator('section.figure');
    expect(await tiles.locator('h2').allTextContents()).toEqual([
      'Orders',
      'Units',
      'Customers',
      'Line totals',
      'Average order',
    ]);
    expect(await tiles.locator('.in-words').allTextContents()).toEqual(Array(3).fill('Not counted by product.'));
    const measures = page.getByRole('group', { name: 'Measure' });
    expect(await measures.locator('[aria-pressed=true]').textContent()).toBe('Units');
    expect(await measures.getByRole('button', { name: 'Orders' }).isDisabled()).toBe(true);
    await tiles.getByRole('button', { name: 'Remove the filter on product' }).click();
    await untilSettled(page);
    expect(await measures.locator('[aria-pressed=true]').textContent()).toBe('Orders');
  });

  test('Why? begins with the number and what it counts; what developers need is folded away', async () => {
    const { page, stand } = browsing;
    const token = await stand.post([placed({ storeId: 'Quito', amountMinor: 123_456 })]);
    await stand.ask(`/v1/query?measures=orders&range=today&atLeast=${token}`);
    await page.goto(`${stand.url}/?range=today&tz=Europe/Amsterdam&where.store=Quito`);
    await untilShown(figure(page, 'Orders'), '1');
    await page.getByRole('button', { name: /Average order/ }).click();
    const dialog = page.locator('.why-dialog');
    await untilShown(dialog.locator('.why-number'), '1,234.56 GBP');
    expect(await dialog.locator('.why-number + ul li').allTextContents()).toEqual(
      expect.arrayContaining(['Average order: gross by order placed', 'Gross: charged by orders placed']),
    );
    expect(await dialog.locator('.facts dd').first().textContent()).toMatch(
      // Of the minute that is just over, its end.
      /^\d+ \w+ \d{4}, 00:00 (until now|to \d+ \w+ \d{4}, \d\d:\d\d), Europe\/Amsterdam$/,
    );
    expect(await dialog.locator('.copy-line').isVisible()).toBe(false);
    await dialog.getByText('For developers').click();
    expect(await dialog.locator('.copy-line').isVisible()).toBe(true);
  });

  test('on a phone the pickers are folded into one line, which a key opens', async () => {
    const { stand } = browsing;
    await stand.post([placed()]);
    const page = await browsing.open({ viewport: { width: 390, height: 844 } });
    await page.goto(stand.url);
    await untilSettled(page);
    const fold = page.getByRole('button', { name: 'Today · against a week before · each currency' });
    expect(await fold.getAttribute('aria-expanded')).toBe('false');
    expect(await page.getByLabel('against').isVisible()).toBe(false);
    await fold.focus();
    await page.keyboard.press('Enter');
    expect(await page.getByLabel('against').isVisible()).toBe(true);
  });

  test('on a phone nothing is wider than the screen', async () => {
    const { stand } = browsing;
    await stand.post([placed()]);
    const page = await browsing.open({ viewport: { width: 390, height: 844 } });
    await page.goto(stand.url);
    await untilSettled(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  test('amounts of several currencies stand side by side, each as the query API has it, and are never added', async () => {
    const { page, stand } = browsing;
    const storeId = 'Riga';
    const token = await stand.post(
      (['EUR', 'EUR', 'JPY', 'KWD'] as const).map((currency) => placed({ storeId, currency, amountMinor: 123_456 })),
    );
    await stand.ask(`/v1/query?measures=orders&range=today&atLeast=${token}`);
    await page.goto(`${stand.url}/?range=today&tz=Europe/Amsterdam&where.store=${storeId}&measure=netMinor`);
    await untilShown(figure(page, 'Orders'), '4');
    const net = page.locator('section.figure[aria-label="Net"]');
    expect(await net.locator('.by-currency tbody :is(th, td:nth-child(2))').allTextContents()).toEqual([
      'EUR',
      '2,469.12',
      'JPY',
      '123,456',
      'KWD',
      '123.456',
    ]);
    expect(await net.locator('.big').count()).toBe(0);
    // Nor are they drawn as one.
    await untilSettled(page);
    expect(await page.locator('.panel .chart').count()).toBe(0);
    expect(await page.locator('.panel').count()).toBe(1);
    await page.locator('.choices').first().getByRole('button', { name: 'JPY' }).click();
    await untilShown(figure(page, 'Net'), '123,456');
  });
});
