// What a first look does without: loaded afterwards, and what a reader sees where it is not there any more.
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { until } from '../until.ts';
import { placed, untilSettled, useBrowsing } from './browsing.ts';

const browsing = useBrowsing();

let [scripts, pages] = [[] as string[], 0];
beforeEach(() => {
  [scripts, pages] = [[], 0];
  browsing.page.on('request', (request) => {
    if (request.resourceType() === 'script') scripts.push(/\/(\w+)-/.exec(request.url())?.[1] ?? request.url());
    if (request.isNavigationRequest()) pages += 1;
  });
});

const laterFiles = '**/assets/later-pages-*';
const goTo = (name: string) => browsing.page.getByRole('link', { name, exact: true }).click();
const says = (words: string) => browsing.page.getByText(words).waitFor();

/** Today, as it is where nothing was loaded beforehand. */
async function openWithoutMore(): Promise<void> {
  const { page, stand } = browsing;
  await page.route(laterFiles, (route) => route.abort());
  await page.goto(stand.url);
  await untilSettled(page);
  await until('both were asked for', async () => scripts.length === 2);
  await page.unroute(laterFiles);
}

/** Another build, as a deployment leaves it: the same page under other names, and nothing of the old one. */
function deployAnother(): void {
  const assets = join(browsing.stand.dashboardFolder, 'assets');
  for (const compressed of globSync(join(assets, '*.js.{gz,br}'))) rmSync(compressed);
  for (const compressed of globSync(join(assets, '../*.{gz,br}'))) rmSync(compressed);
  const renamed = new Map(
    globSync('*.js', { cwd: assets }).map((name) => [
      name,
      name.replace(/.\.js$/, (end) => (end[0] === 'a' ? 'b.js' : 'a.js')),
    ]),
  );
  const rewrite = (path: string) => {
    let text = readFileSync(path, 'utf8');
    for (const [before, after] of renamed) text = text.replaceAll(before, after);
    writeFileSync(path, text);
  };
  rewrite(join(assets, '../index.html'));
  for (const [before, after] of renamed) {
    rewrite(join(assets, before));
    renameSync(join(assets, before), join(assets, after));
  }
}

/** The browser itself tells of what could not be loaded. */
function expectOnlyFiles(): void {
  for (const line of browsing.seen.splice(0)) expect(line).toMatch(/net::ERR_|status of (404|503)/);
}

describe('what is loaded later', () => {
  test('a first look loads one script, the other follows once there are numbers, and going there asks for nothing', async () => {
    const { page, stand } = browsing;
    let hasAnswered = false;
    page.on('response', (response) => (hasAnswered ||= response.url().includes('/v1/stream')));
    const before: string[] = [];
    page.on('request', () => hasAnswered || before.push(...scripts.splice(0)));
    await page.goto(stand.url);
    await until('all is loaded', async () => [...before, ...scripts].length === 2);
    expect(before).toEqual(['index']);
    expect(scripts.toSorted()).toEqual(['later']);
    for (const [name, words] of [
      ['Pipeline', 'Ready, no orders yet'],
      ['Reports', 'A report is a query with a name'],
    ] as const) {
      await goTo(name);
      await says(words);
    }
    expect([scripts.length, pages]).toEqual([1, 1]);
  });

  test.each([
    ['pipeline', 'Ready, no orders yet'],
    ['reports', 'A report is a query with a name'],
  ])('/%s by its address loads itself', async (path, words) => {
    await browsing.page.goto(`${browsing.stand.url}/${path}`);
    await says(words);
    expect(scripts.slice(0, 2)).toEqual(['index', 'later']);
  });

  test('where another build was deployed meanwhile, going to a page gives that of the new build', async () => {
    await openWithoutMore();
    deployAnother();
    await goTo('Pipeline');
    await says('Ready, no orders yet');
    expect(pages).toBe(2);
    expect(new URL(browsing.page.url()).pathname).toBe('/pipeline');
    expectOnlyFiles();
  });

  test('a file that the new build has not either is said once, and the page is not loaded again and again', async () => {
    await openWithoutMore();
    await browsing.page.route(laterFiles, (route) => route.fulfill({ status: 404 }));
    await goTo('Pipeline');
    await says('The dashboard on the server is another one by now.');
    expect(pages).toBe(2);
    await browsing.page.unroute(laterFiles);
    await browsing.page.getByRole('button', { name: 'Load it anew' }).click();
    await says('Ready, no orders yet');
    expectOnlyFiles();
  });

  test('in a dialog it is said, and the page stays as it is', async () => {
    await browsing.stand.post([placed()]);
    await openWithoutMore();
    deployAnother();
    await browsing.page.getByRole('button', { name: 'Why? Orders' }).click();
    await browsing.page.getByRole('button', { name: 'Save as report' }).click();
    await says('The dashboard on the server is another one by now.');
    expect(pages).toBe(1);
    expectOnlyFiles();
  });

  test('where the server is away it is said, and the page comes with the server', async () => {
    const { page, stand } = browsing;
    await openWithoutMore();
    await stand.stopServing();
    await goTo('Reports');
    await says('This cannot be loaded yet: the server does not answer.');
    await stand.startServing();
    await says('A report is a query with a name');
    expect(new URL(page.url()).pathname).toBe('/reports');
    expectOnlyFiles();
  });
});
