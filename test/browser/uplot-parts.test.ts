// The charts of the dashboard, drawn by uPlot as it is and by what the build leaves of it: to a reader they are the same.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build, type Plugin, type Rolldown } from 'vite';
import { withoutUnusedParts } from '../../dashboard/uplot-parts.ts';
import { browserContext, openBrowser } from './stand.ts';

const root = fileURLToPath(new URL('./charts-page/', import.meta.url));
const origin = 'http://charts.test';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

async function buildPage(plugins: Plugin[]): Promise<Map<string, string | Uint8Array>> {
  // Else Vite builds what is meant for development, as tests are run.
  process.env['NODE_ENV'] = 'production';
  const settings = { write: false, target: 'es2023', assetsInlineLimit: 0 } as const;
  const built = await build({ root, configFile: false, logLevel: 'warn', plugins, build: settings });
  const { output } = built as Rolldown.RolldownOutput;
  return new Map(output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]));
}

/** What a reader sees of each step: the page as it looks, and what it says. */
async function lookAt(files: ReadonlyMap<string, string | Uint8Array>): Promise<string[]> {
  const context = await browser.newContext(browserContext);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  await page.route(`${origin}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const body = files.get(pathname);
    const contentType = { js: 'text/javascript', css: 'text/css', html: 'text/html' }[pathname.split('.').at(-1)!];
    await route.fulfill(body === undefined ? { status: 404 } : { body: Buffer.from(body), contentType: contentType! });
  });
  await page.goto(`${origin}/index.html`);
  const seen: string[] = [];
  for (const step of steps) {
    await step(page);
    const picture = await pictureOf(page);
    seen.push(`${picture} ${await page.locator('main').textContent()}`);
  }
  await context.close();
  expect(faults).toEqual([]);
  return seen;
}

/** Once it stands still. */
async function pictureOf(page: Page): Promise<string> {
  let [picture, before] = ['', ''];
  do {
    before = picture;
    picture = createHash('sha256')
      .update(await page.screenshot())
      .digest('hex');
  } while (picture !== before);
  return picture;
}

const pointAt = async (page: Page, chart: number, share: number) => {
  const place = (await page.locator('.plot .u-over').nth(chart).boundingBox())!;
  await page.mouse.move(place.x + place.width * share, place.y + place.height / 2);
};

const steps: readonly ((page: Page) => Promise<void>)[] = [
  async (page) => page.locator('.plot canvas').last().waitFor(),
  async (page) => pointAt(page, 0, 0.3),
  async (page) => pointAt(page, 1, 0.8),
  async (page) => {
    await page.mouse.down();
    await pointAt(page, 1, 0.4);
    await page.mouse.up();
  },
  async (page) => page.mouse.dblclick(400, 300),
  async (page) => page.locator('.plot').first().press('ArrowLeft'),
  async (page) => page.getByRole('button').click(),
  async (page) => page.setViewportSize({ width: 500, height: 700 }),
  async (page) => page.emulateMedia({ colorScheme: 'dark' }),
];

test('charts look and answer the same without the parts of uPlot that the build leaves out', async () => {
  const whole = await lookAt(await buildPage([]));
  expect(new Set(whole).size).toBe(steps.length);
  expect(await lookAt(await buildPage([withoutUnusedParts]))).toEqual(whole);
});
