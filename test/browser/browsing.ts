// A stand, a browser and a fresh page for each test of a file. After each test: no error on the page, no request that left
// its origin.
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from 'vitest';
import type { EventInput } from '../../cli/event-input.ts';
import type { StackUrls } from '../../stack/stack-urls.ts';
import { until } from '../until.ts';
import { browserContext, openBrowser, openStand, type Stand, watch } from './stand.ts';

export interface Browsing {
  readonly stand: Stand;
  readonly page: Page;
  readonly context: BrowserContext;
  /** What must never be, seen so far; a test that stops serving takes out what it expects. */
  readonly seen: string[];
  /** The browser itself tells of each request that the server refuses: that is taken out. */
  forgetRefusals(): void;
  /** Another page, closed after the test. */
  open(options?: BrowserContextOptions): Promise<Page>;
}

/** To be called at the top of a test file. `stackOf`: where it is not the shared one. */
export function useBrowsing(stackOf: () => StackUrls | Promise<StackUrls> = () => inject('stack')): Browsing {
  let stand: Stand;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let seen: string[];
  let others: BrowserContext[];
  beforeAll(async () => {
    [stand, browser] = await Promise.all([openStand(await stackOf()), openBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await stand?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    context = await browser.newContext(browserContext);
    seen = [];
    watch(context, stand.url, seen);
    others = [];
    page = await context.newPage();
  });
  afterEach(async () => {
    for (const each of [context, ...others]) await each.close();
    expect(seen).toEqual([]);
  });
  return {
    get stand() {
      return stand;
    },
    get page() {
      return page;
    },
    get context() {
      return context;
    },
    get seen() {
      return seen;
    },
    forgetRefusals() {
      seen.splice(0, seen.length, ...seen.filter((line) => !/the server responded with a status of 4\d\d/.test(line)));
    },
    async open(options = {}) {
      const other = await browser.newContext({ ...browserContext, ...options });
      others.push(other);
      watch(other, stand.url, seen);
      return other.newPage();
    },
  };
}

let orders = 0;

/** An order placed now: every third in Tokyo, the others in London. */
export function placed(some: Partial<EventInput> = {}): EventInput {
  orders += 1;
  return {
    type: 'OrderPlaced',
    orderId: `browser-${orders}`,
    customerId: `customer-${orders % 5}`,
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

/** The large number of that title. */
export const figure = (page: Page, title: string): Locator =>
  page.locator(`section.figure[aria-label="${title}"] .big .ticking`);

export async function untilShown(locator: Locator, text: string): Promise<void> {
  await until(`${text} is shown`, async () => (await locator.allTextContents()).join() === text);
}

export const headline = (page: Page): Locator => page.locator('.truth strong');
/** Every part has its answer. */
export async function untilSettled(page: Page): Promise<void> {
  await until('it is true', async () => (await headline(page).textContent())?.startsWith('True') ?? false);
  await until('nothing is asked', async () => (await page.locator('[aria-busy=true]').count()) === 0);
}

/** Texts of a table's cells that are beyond its sides or lie over the row before. */
export function cellsOutOfPlace(table: Locator): Promise<string[]> {
  return table.evaluate((element) => {
    const { left, right } = element.getBoundingClientRect();
    let above = -Infinity;
    return [...element.querySelectorAll('tbody tr, tfoot tr')].flatMap((row) => {
      const boxes = [...row.children].map((cell) => {
        const inner = document.createRange();
        inner.selectNodeContents(cell);
        return { text: cell.textContent ?? '', box: inner.getBoundingClientRect() };
      });
      const wrong = boxes.filter(
        ({ text, box }) => text !== '' && (box.left < left || box.right > right || box.top < above),
      );
      above = Math.max(...boxes.map(({ box }) => box.bottom));
      return wrong.map(({ text }) => text);
    });
  });
}

/** How many of each part of a table a screen reader is told of, as Chromium itself tells it. */
export async function tablePartsTold(page: Page): Promise<Record<string, number>> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const roles = nodes.filter(({ ignored }) => !ignored).map(({ role }) => String(role?.value));
  const parts = ['table', 'row', 'columnheader', 'rowheader', 'cell'];
  return Object.fromEntries(parts.map((part) => [part, roles.filter((role) => role === part).length]));
}

/** Every text that numbers below the element have from now on. */
export async function recordNumbers(locator: Locator): Promise<() => Promise<{ texts: string[] }[]>> {
  const records = await locator.evaluateHandle((element) => {
    const seen: { texts: string[] }[] = [];
    const read = (): void => {
      const texts = [...element.querySelectorAll('.ticking')].map(({ textContent }) => textContent ?? '');
      seen.push({ texts });
    };
    read();
    new MutationObserver(read).observe(element, { subtree: true, childList: true, characterData: true });
    return seen;
  });
  return async () => records.jsonValue();
}

/**
 * What axe finds. Of a text that a bar lies behind it says nothing, so each text that a full bar would overlap is judged on
 * the bar's colour.
 */
export async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    for (const bar of document.querySelectorAll<SVGElement>('.breakdown .bar')) {
      const { top, bottom } = bar.getBoundingClientRect();
      for (const beside of bar.parentElement!.querySelectorAll<HTMLElement>(':scope > span')) {
        const text = document.createRange();
        text.selectNodeContents(beside);
        const isOverlapped = [...text.getClientRects()].some((box) => box.bottom > top && box.top < bottom);
        if (isOverlapped) beside.style.background = getComputedStyle(bar.querySelector('rect')!).fill;
      }
      bar.style.display = 'none';
    }
  });
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`),
  );
}
