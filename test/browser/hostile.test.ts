// Names and addresses that somebody chose to break the page: nothing of them is executed or read as HTML, they filter like any
// other name, and nothing becomes wider than a phone.
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { until } from '../until.ts';
import { figure, headline, placed, untilSettled, untilShown, useBrowsing } from './browsing.ts';

const browsing = useBrowsing();

/** As long as ingest takes them: 64 bytes. */
const names = [
  `<img src=x onerror="document.title='run'">`,
  `"><script>document.title='run'</script>&amp;&lt;`,
  `' OR 1=1; -- \\ %2C a,b=c&d #e ?f +g`,
  'W'.repeat(64),
  'متجر شارع الملك فهد ١٢٣',
  '\u202Eesrever ni\u202C',
  '🛒👩‍👩‍👧‍👦 e\u0301te\u0301 ﷽',
  '__proto__',
];
const phone = { viewport: { width: 390, height: 844 } };
const phoneWidthPx = 390;

/** The page is as it was built: its title, no element that an order or an address could have brought. */
async function expectUnharmed(page: Page): Promise<void> {
  expect(await page.title()).toContain('Tidemark');
  expect(await page.locator('#app :is(img, script, iframe, style, [onerror])').count()).toBe(0);
}

const widthOf = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

test('names of any text are shown letter for letter, filter the page, and survive in a link', async () => {
  const { page, stand } = browsing;
  await stand.post(
    names.map((name) =>
      placed({
        storeId: name,
        channel: name,
        items: [{ sku: name, category: name, quantity: 1, amountMinor: 1 }],
      }),
    ),
  );
  await page.goto(stand.url);
  await untilShown(figure(page, 'Orders'), String(names.length));
  await untilSettled(page);
  for (const dimension of ['store', 'channel', 'category', 'sku']) {
    const groups = page.locator(`.panel.${dimension} .breakdown .group`);
    await until(`each ${dimension} is shown`, async () => (await groups.count()) === names.length);
    expect((await groups.allTextContents()).toSorted()).toEqual(names.toSorted());
  }
  await expectUnharmed(page);

  for (const [i, name] of names.entries()) {
    await page.locator('.panel.store .breakdown').getByRole('button', { name, exact: true }).click();
    await untilShown(figure(page, 'Orders'), String(i + 1));
  }
  expect(new URL(page.url()).searchParams.getAll('where.store')).toEqual(names);
  const other = await browsing.open(phone);
  await other.goto(page.url());
  await untilShown(figure(other, 'Orders'), String(names.length));
  await untilSettled(other);
  expect(await other.locator('.chips [aria-label^="Remove filter"]').count()).toBe(names.length);
  expect(await widthOf(other)).toBeLessThanOrEqual(phoneWidthPx);

  await other.locator('.why').first().click();
  await other.locator('.why-dialog .facts').first().waitFor();
  expect(await widthOf(other)).toBeLessThanOrEqual(phoneWidthPx);
  // It would scroll by itself.
  const [inner, outer] = await other
    .locator('.why-dialog')
    .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
  expect(inner).toBe(outer);
  const asked = /'(.*)'/.exec((await other.locator('.copy-line code').textContent()) ?? '')![1]!;
  expect(new URL(asked).searchParams.getAll('where.store')).toEqual(names);
  await expectUnharmed(other);
});

test('a blank name can be read and clicked; the filter keeps it exactly', async () => {
  const { page, stand } = browsing;
  await stand.post([placed({ storeId: '  ' })]);
  await page.goto(stand.url);
  await page.locator('.panel.store').getByRole('button', { name: '(blank)', exact: true }).click();
  await untilShown(figure(page, 'Orders'), '1');
  expect(new URL(page.url()).searchParams.getAll('where.store')).toEqual(['  ']);
  await page.getByRole('button', { name: 'Remove filter Store (blank)' }).click();
  await until('the filter is gone', () => !page.url().includes('where.store'));
});

type Outcome = 'shown' | 'aside' | 'refused';
const long = 'x'.repeat(5_000);
const nonsense: readonly (readonly [search: string, outcome: Outcome])[] = [
  ['where.currency=__proto__', 'shown'],
  ['where.currency=nonsense&measure=netMinor', 'shown'],
  ['where.currency=EUR&where.currency=constructor', 'shown'],
  ['where.__proto__=a&__proto__=b&constructor=c', 'shown'],
  ['where.store=%F0%9F', 'shown'],
  ['range=__proto__&tz=__proto__&measure=constructor&window=toString&compare=__proto__', 'aside'],
  ['from=2026-01-01&to=2026-99-99', 'aside'],
  ['from=2026-11-21T25:99:99Z&to=2026-11-21T26:00:00Z', 'aside'],
  ['tz=%2B05:00', 'aside'],
  ['range=%3Cimg src=x onerror=%22document.title=1%22%3E', 'aside'],
  [`range=${long}`, 'aside'],
  ['last=9999999y', 'refused'],
  ['where.store=', 'refused'],
  ['where.store=%00', 'refused'],
  [`where.store=${long}`, 'refused'],
];

test('an address of nonsense is shown as far as it means something, said, or refused with a way back', async () => {
  const { stand } = browsing;
  const page = await browsing.open(phone);
  const begins = async (words: string) => ((await headline(page).textContent()) ?? '').startsWith(words);
  for (const [search, outcome] of nonsense) {
    const words = search.slice(0, 60);
    await page.goto(`${stand.url}/?${search}`);
    await until(`${words}: ${outcome}`, () => begins(outcome === 'refused' ? 'Refused' : 'True'));
    await until(`${words}: nothing is asked`, async () => (await page.locator('[aria-busy=true]').count()) === 0);
    const aside = (await page.locator('main > .banner').allTextContents()).join();
    expect(aside.includes('Ignored from the link'), words).toBe(outcome === 'aside');
    expect(await widthOf(page), words).toBeLessThanOrEqual(phoneWidthPx);
    await expectUnharmed(page);
    if (outcome === 'refused') await page.getByRole('button', { name: 'Show today without filters' }).click();
    await until(`${words}: numbers`, () => begins('True'));
    expect(await page.locator('.figures').count(), words).toBe(1);
    browsing.forgetRefusals();
    expect(browsing.seen, words).toEqual([]);
  }
});
