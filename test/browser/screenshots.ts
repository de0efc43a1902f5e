// Pictures of each page in each state, to be looked at; kept outside git. What is in them is in pictures.ts.
//
//   node test/browser/screenshots.ts [--folder FOLDER] [NAME…]
//
// FOLDER is .tidemark/screenshots by default; of NAMEs, as `reports` or `today/why`, only those pictures are taken.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { openOwnRedis } from '../own-redis.ts';
import { openStack } from '../stack.ts';
import { type Picture, stagesOf } from './pictures.ts';
import { browserContext, openBrowser, openStand } from './stand.ts';

const desk = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };
const looks = {
  light: { colorScheme: 'light', viewport: desk },
  dark: { colorScheme: 'dark', viewport: desk },
  phone: { colorScheme: 'light', viewport: phone },
  'phone-dark': { colorScheme: 'dark', viewport: phone },
  wide: { colorScheme: 'light', viewport: { width: 1920, height: 1080 } },
} as const;
const mainLooks = Object.keys(looks) as (keyof typeof looks)[];
const otherLooks = mainLooks.slice(0, 3);

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { folder: { type: 'string', default: '.tidemark/screenshots' } },
});
const isWanted = ({ name }: Picture): boolean => names.length === 0 || names.some((one) => name.startsWith(one));
const startedAtMs = Date.now();

const { urls, close } = await openStack(process.env);
await using redis = await openOwnRedis();
const browser = await openBrowser();
try {
  await using stand = await openStand({ ...urls, redisUrl: redis.url });
  const open = async (isOperator: boolean): Promise<Page> => {
    const context = await browser.newContext(browserContext);
    const { operatorToken } = stand.pipeline.settings;
    const giveToken = (token: string): void => sessionStorage.setItem('tidemark-operator-token', token);
    if (isOperator) await context.addInitScript(giveToken, operatorToken);
    return context.newPage();
  };
  const take = async (picture: Picture): Promise<void> => {
    const { name, isMain = false, isDialog = false, address = `/${name.split('/')[0]}`, before, after } = picture;
    const page = picture.on?.() ?? (await open(picture.isOperator ?? false));
    await before?.(page);
    if (picture.on === undefined) await page.goto(`${stand.url}${address.replace(/^\/today$/, '/')}`);
    let trouble = '';
    await after(page).catch((error: Error) => (trouble = error.message.split('\n', 1)[0]!));
    const folder = join(values.folder, dirname(name));
    mkdirSync(folder, { recursive: true });
    const wider: string[] = [];
    for (const look of isMain ? mainLooks : otherLooks) {
      const { colorScheme, viewport } = looks[look];
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      const widthPx = await page.evaluate(() => document.documentElement.scrollWidth);
      if (widthPx > viewport.width) wider.push(`${look}: ${widthPx} px wide, the screen ${viewport.width}`);
      // A dialog lies over what is on the screen: of the whole page it would be a part.
      await page.screenshot({ path: join(values.folder, `${name}-${look}.png`), fullPage: !isDialog });
    }
    const seconds = String(Math.round((Date.now() - startedAtMs) / 1_000)).padStart(4);
    process.stdout.write(
      `${seconds} s  ${[name, ...wider].join(', ')}${trouble && `, not in its state: ${trouble}`}\n`,
    );
    if (trouble !== '') process.exitCode = 1;
    await picture.undo?.(page);
    if (picture.on === undefined) await page.context().close();
    else await page.emulateMedia({ colorScheme: 'light' });
  };
  const stages = stagesOf(stand, redis, open);
  const last = stages.findLastIndex(({ pictures }) => pictures.some(isWanted));
  for (const { reach, pictures, leave } of stages.slice(0, last + 1)) {
    await reach?.();
    for (const picture of pictures.filter(isWanted)) await take(picture);
    await leave?.();
  }
} finally {
  await browser.close();
  await close();
}
