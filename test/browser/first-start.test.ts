// The page before there is anything, and where there is nothing today.
import { describe, expect, test } from 'vitest';
import { readSuperstore } from '../../cli/superstore.ts';
import { decodeToken } from '../../schemas/token.ts';
import { until } from '../until.ts';
import { figure, headline, placed, untilSettled, untilShown, useBrowsing } from './browsing.ts';

describe('the first start', () => {
  const browsing = useBrowsing();

  test('without an order it says so and how to make one; the first one shows by itself', async () => {
    const { page, stand } = browsing;
    await page.goto(stand.url);
    await untilShown(page.locator('.first-start h2'), 'No orders yet');
    await untilShown(headline(page), 'True');
    // Not once more in each panel.
    expect(await page.locator('.panel, .figure, .toolbar').count()).toBe(0);
    await stand.post([placed()]);
    await untilShown(figure(page, 'Orders'), '1');
    await untilShown(page.locator('.first-start h2'), '');
  });

  test('since when there is data is learned anew with each batch run', async () => {
    const { page, stand } = browsing;
    await stand.post([placed()]);
    await page.goto(stand.url);
    const since = page.locator('.panel').filter({ hasText: 'Hours of the week' }).locator('.subtitle');
    await until('it says since when', async () => / since /.test((await since.textContent()) ?? ''));
    const longAgo = Date.now() - 5 * 86_400_000;
    const token = await stand.post([placed({ occurredAt: longAgo })]);
    await stand.pipeline.batch.makeRun(decodeToken(token)!.vector);
    const day = new Intl.DateTimeFormat('en-US', { timeZone: 'Europe/Amsterdam', day: 'numeric' }).format(longAgo);
    await until('it says that day', async () => new RegExp(` since ${day} `).test((await since.textContent()) ?? ''));
  });

  test('a range without orders says where there are some', async () => {
    const { page, stand } = browsing;
    await stand.post([placed()]);
    await page.goto(`${stand.url}/?from=2015-01-01&to=2016-01-01&tz=UTC`);
    const banner = page.locator('#main > .banner');
    await banner.waitFor();
    expect(await banner.textContent()).toMatch(/holds nothing\. There is data from/);
    // Nothing is known of it, which is not nothing.
    await untilShown(page.locator('section.figure[aria-label="Orders"] .versus'), 'no data');
    expect(await figure(page, 'Orders').textContent()).toBe('–');
    expect(await figure(page, 'Customers').textContent()).toBe('–');
    expect(await page.locator('.panel').filter({ hasText: 'Last hour' }).locator('.subtitle').textContent()).toBe(
      'now, whatever the range',
    );
    await banner.getByRole('button', { name: 'Show all there is' }).click();
    expect(new URL(page.url()).searchParams.get('range')).toBe('all');
    await banner.waitFor({ state: 'detached' });
  });
});

describe('orders of long ago', () => {
  const browsing = useBrowsing();

  test('where today is empty the page opens on all there is, and says so', async () => {
    const { page, stand } = browsing;
    // The last hour of the last day belongs to it, too.
    const last = placed({ occurredAt: Date.parse('2018-01-09T22:30:00Z'), currency: 'USD', amountMinor: 0 });
    const token = await stand.post([...readSuperstore(), last]);
    await stand.ask(`/v1/query?measures=orders&range=today&atLeast=${token}`);
    await stand.pipeline.batch.makeRun(decodeToken(token)!.vector);
    await page.goto(stand.url);
    await untilShown(figure(page, 'Orders'), '5,010');
    await untilShown(figure(page, 'Net'), '2,297,201.07');
    await untilSettled(page);
    expect(new URL(page.url()).searchParams.get('range')).toBe('all');
    const banner = page.locator('#main > .banner');
    expect(await banner.textContent()).toMatch(/^Nothing was ordered today\. This is all there is: 3 Jan 2014/);
    await banner.getByRole('button', { name: 'Show today all the same' }).click();
    await untilShown(figure(page, 'Orders'), '0');
  });
});
