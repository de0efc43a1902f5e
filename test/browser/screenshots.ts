// Pictures of Today in each state, to be looked at; kept outside git.
//
//   node test/browser/screenshots.ts [FOLDER]     by default .tidemark/screenshots
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { EventInput } from '../../cli/event-input.ts';
import { parseExactly } from '../../api/exact-json.ts';
import { shopHistory } from '../../cli/live-shop.ts';
import { decodeToken } from '../../schemas/token.ts';
import { openStack } from '../stack.ts';
import { browserContext, openBrowser, openStand } from './stand.ts';

const folder = process.argv[2] ?? '.tidemark/screenshots';
mkdirSync(folder, { recursive: true });
const { urls, close } = await openStack(process.env);
const browser = await openBrowser();
try {
  await using stand = await openStand(urls);
  const settled = async (page: Page): Promise<void> => {
    await page.locator('.heat').waitFor();
    await page.waitForFunction(() => document.querySelectorAll('[aria-busy=true]').length === 0);
  };
  interface Picture {
    readonly options?: BrowserContextOptions;
    readonly address?: string;
    readonly before?: (page: Page) => Promise<unknown>;
    readonly after?: (page: Page) => Promise<unknown>;
  }
  const take = async (
    name: string,
    { options = {}, address = '/', before, after = settled }: Picture,
  ): Promise<void> => {
    const context = await browser.newContext({ ...browserContext, ...options });
    const page = await context.newPage();
    await before?.(page);
    await page.goto(`${stand.url}${address}`);
    await after(page);
    const path = join(folder, `today-${name}.png`);
    await page.screenshot({ path, fullPage: true });
    process.stdout.write(`${path}\n`);
    await context.close();
  };
  const untilHeadline = (words: string) => (page: Page) => page.locator('.truth strong', { hasText: words }).waitFor();
  const phone = { viewport: { width: 390, height: 844 } };

  await take('empty', { after: (page) => page.locator('.first-start').waitFor() });
  const token = await stand.post(
    [...shopHistory(Date.now())].map(({ json }) => parseExactly(String(json)) as EventInput),
  );
  await stand.pipeline.batch.makeRun(decodeToken(token)!.vector);
  await take('full', {
    after: async (page) => {
      await page.locator('.truth.true').waitFor();
      await settled(page);
    },
  });
  await take('dark', { options: { colorScheme: 'dark' } });
  await take('phone', { options: phone });
  await take('phone-dark', { options: { ...phone, colorScheme: 'dark' } });
  await take('wide', { options: { viewport: { width: 1920, height: 1080 } } });
  await take('year', { address: '/?last=12mo&tz=Europe/Amsterdam&measure=netMinor&where.currency=EUR' });
  await take('filtered', { address: '/?range=today&tz=Europe/Amsterdam&where.country=NL&where.store=Amsterdam' });
  await take('why', {
    after: async (page) => {
      await settled(page);
      await page.locator('.why').first().click();
      await page.locator('.why-dialog .facts').waitFor();
    },
  });
  await take('loading', {
    before: (page) => page.route('**/v1/**', () => undefined),
    after: (page) => page.locator('.figures').waitFor(),
  });
  await take('stale', {
    before: (page) =>
      page.route('**/v1/stream**', async (route) => {
        const query = route
          .request()
          .url()
          .replace('/v1/stream', '/v1/query')
          .replace(/&minIntervalMs=\d+/, '');
        const answer = (await (await fetch(query)).json()) as { provenance: object };
        const stale = {
          ...answer,
          provenance: { ...answer.provenance, lagMs: 75_000, lagRecords: 412, notes: ['partition 2 is 75 s behind'] },
        };
        const body = `event: state\nid: x\ndata: ${JSON.stringify(stale)}\n\n`;
        await route.fulfill({ contentType: 'text/event-stream', body: `retry: 600000\n\n${body}` });
      }),
  });
  await take('error', { address: '/?from=1900-01-01&to=1900-01-02&tz=UTC', after: untilHeadline('') });
  await take('disconnected', {
    after: async (page) => {
      await settled(page);
      await stand.stopServing();
      await untilHeadline('Disconnected')(page);
    },
  });
} finally {
  await browser.close();
  await close();
}
