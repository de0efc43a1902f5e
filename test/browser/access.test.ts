// The page for everybody: no violation that axe finds, the first journey by keyboard alone, no motion where none is wanted.
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { until } from '../until.ts';
import { figure, headline, placed, untilSettled, untilShown, useBrowsing, violationsOn } from './browsing.ts';

const browsing = useBrowsing();
beforeAll(async () => {
  const { stand } = browsing;
  const currencies = ['GBP', 'EUR'];
  const token = await stand.post(Array.from({ length: 12 }, (_, i) => placed({ currency: currencies[i % 2]! })));
  await stand.ask(`/v1/query?measures=orders&range=today&atLeast=${token}`);
});

/** Tabs until that is in focus which a screen reader would call so. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const read = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
    });
  for (let presses = 0; presses < 150; presses += 1) {
    await page.keyboard.press('Tab');
    if (name.test(await read())) return;
  }
  throw new Error(`150 presses of Tab did not lead to ${name}`);
}

describe('access', () => {
  test.each(['light', 'dark'] as const)(
    'axe finds no violation, %s: filled with its tables, refused, filtered with a part left aside, "Why?" open',
    async (colorScheme) => {
      const { stand } = browsing;
      const page = await browsing.open({ colorScheme });
      await page.goto(stand.url);
      await untilSettled(page);
      for (const each of await page.locator('.data-table summary').all()) await each.click();
      expect(await violationsOn(page)).toEqual([]);
      await page.goto(`${stand.url}/?last=9999999y`);
      await untilShown(headline(page), 'Refused');
      expect(await violationsOn(page)).toEqual([]);
      browsing.forgetRefusals();
      await page.goto(`${stand.url}/?range=today&tz=UTC&where.country=GB&measure=netMinor&window=aeon`);
      await untilSettled(page);
      await page.getByText('Ignored from the link').waitFor();
      expect(await violationsOn(page)).toEqual([]);
      await page.locator('.why').first().click();
      await page.locator('.why-dialog .facts').first().waitFor();
      await page.locator('.why-dialog summary').click();
      expect(await violationsOn(page)).toEqual([]);
    },
    120_000,
  );

  test('the first journey by keyboard alone: read, filter by a store, change the range, ask Why?, copy the query', async () => {
    const { page, stand, context } = browsing;
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(stand.url);
    await untilSettled(page);
    await tabTo(page, /^Skip to the numbers$/);
    await page.keyboard.press('Enter');
    await until('the numbers are in focus', () => page.evaluate(() => document.activeElement?.id === 'main'));
    await tabTo(page, /Last 24 hours$/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Tokyo$/);
    await page.keyboard.press('Enter');
    await until('the page is filtered', () => page.url().includes('where.store=Tokyo'));
    expect(new URL(page.url()).searchParams.get('last')).toBe('24h');
    // What was chosen keeps the focus: it can be taken away again.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-pressed'))).toBe('true');
    await untilShown(figure(page, 'Orders'), '4');
    await page.keyboard.press('Home');
    await page.locator('.skip').focus();
    await tabTo(page, /^Why\? Orders$/);
    await page.keyboard.press('Enter');
    await page.locator('.why-dialog .facts').first().waitFor();
    await tabTo(page, /^For developers$/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Copy$/);
    await page.keyboard.press('Enter');
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await until('the query is copied', async () => (await copied()).startsWith('curl '));
    const url = /'(.*)'/.exec(await copied())![1]!;
    expect((await stand.ask<{ rows: unknown[] }>(url.slice(stand.url.length))).rows).toMatchObject([{ orders: 4 }]);
    await page.keyboard.press('Escape');
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await until('the focus is back', async () => (await focused()) === 'Why? Orders');
  });

  test.each([
    ['no-preference', 1],
    ['reduce', 0],
  ] as const)('motion, %s: a number that changes glows %i times', async (reducedMotion, times) => {
    const { stand } = browsing;
    const page = await browsing.open({ reducedMotion });
    await page.goto(stand.url);
    await untilSettled(page);
    const glows = await figure(page, 'Orders').evaluateHandle((element) => {
      const seen: string[] = [];
      element.addEventListener('animationstart', (event) => seen.push((event as AnimationEvent).animationName));
      return seen;
    });
    const before = await figure(page, 'Orders').textContent();
    const box = await page.locator('.figures').boundingBox();
    await stand.post([placed()]);
    await until('the number changes', async () => (await figure(page, 'Orders').textContent()) !== before);
    // An animation that was asked for begins with the next frame.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    expect((await glows.jsonValue()).length).toBe(times);
    expect(await page.locator('.figures').boundingBox()).toEqual(box);
  });
});
