// The page Today in a real Chromium on the real stack: what it shows is what the query API answers.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, inject, test } from 'vitest';
import type { EventInput } from '../../cli/event-input.ts';
import { amount, count } from '../../dashboard/data/format.ts';
import { until } from '../until.ts';
import { browserContext, openBrowser, openStand, type Stand, watch } from './stand.ts';

let stand: Stand;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let seen: string[];
let orders = 0;

function placed(some: Partial<EventInput> = {}): EventInput {
  orders += 1;
  return {
    type: 'OrderPlaced',
    orderId: `browser-${orders}`,
    storeId: orders % 3 === 0 ? 'Tokyo' : 'London',
    channel: 'web',
    country: 'GB',
    currency: 'GBP',
    occurredAt: Date.now(),
    amountMinor: 1_000 + orders,
    items: [{ sku: `SKU-${orders % 4}`, category: 'Tea', quantity: 2, amountMinor: 1_000 + orders }],
    ...some,
  };
}

beforeAll(async () => {
  [stand, browser] = await Promise.all([openStand(inject('stack')), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stand?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  context = await browser.newContext(browserContext);
  seen = watch(context, stand.url);
  page = await context.newPage();
});
afterEach(async () => {
  await context.close();
  expect(seen).toEqual([]);
});

interface Totals {
  readonly rows: readonly { readonly orders: number; readonly units: number; readonly netMinor: number }[];
}

const figure = (title: string) => page.locator(`section.figure[aria-label="${title}"] .big .ticking`);

describe('Today', () => {
  test('the first look shows the numbers that the query API answers, without a request that leaves the origin', async () => {
    const token = await stand.post(Array.from({ length: 12 }, () => placed()));
    await page.goto(stand.url);
    const query = 'measures=orders,units,netMinor&range=today&tz=Europe/Amsterdam&where.currency=GBP';
    const { rows } = await stand.ask<Totals>(`/v1/query?${query}&atLeast=${token}`);
    const [totals] = rows;
    expect(totals).toMatchObject({ orders: 12, units: 24 });
    const shown = async () => Promise.all(['Orders', 'Units', 'Net'].map((title) => figure(title).textContent()));
    const expected = [count(totals!.orders), count(totals!.units), amount(totals!.netMinor, 2)];
    await until('the numbers are shown', async () => (await shown()).join() === expected.join());
    expect(new URL(page.url()).search).toBe('?range=today&tz=Europe/Amsterdam');
    const stores = page.locator('.panel.store .breakdown li');
    await until('the stores are shown', async () => (await stores.count()) === 2);
    expect(await stores.allTextContents()).toEqual([
      expect.stringMatching(/^London8/),
      expect.stringMatching(/^Tokyo4/),
    ]);
  });
});
