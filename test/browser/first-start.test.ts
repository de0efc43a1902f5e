// The page before there is anything, and where there is nothing today.
import { describe, expect, test } from 'vitest';
import { readSuperstore } from '../../cli/superstore.ts';
import type { Status } from '../../api/client.ts';
import { decodeToken } from '../../schemas/token.ts';
import { until } from '../until.ts';
import { figure, headline, placed, untilSettled, untilShown, useBrowsing } from './browsing.ts';

const inKiritimati = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Pacific/Kiritimati',
  dateStyle: 'medium',
  timeStyle: 'short',
});

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
    await page.goto(`${stand.url}/?from=2015-01-01&to=2016-01-01&tz=Pacific/Kiritimati`);
    const banner = page.locator('#main > .banner');
    await banner.waitFor();
    // The minutes in which there is something, in the zone of the page.
    const told = (await banner.textContent())!;
    const [, from] =
      /^1 Jan 2015 to 31 Dec 2015: no data in this range\. There is data from (.+) (?:until now|to .+)\. /.exec(told)!;
    const { extent } = await stand.ask<Status>('/v1/status');
    expect(from).toBe(inKiritimati.format(Date.parse(extent!.from)));
    // Nothing is known of it, which is not nothing.
    await untilShown(page.locator('section.figure[aria-label="Orders"] .versus'), 'no data');
    expect(await figure(page, 'Orders').textContent()).toBe('–');
    expect(await figure(page, 'Customers').textContent()).toBe('–');
    await untilSettled(page);
    // Each panel says it in one way; the last hour goes on.
    expect(await page.locator('.panel .blank').allTextContents()).toEqual(Array(8).fill('No data in this range.'));
    expect(await page.locator('.panel').count()).toBe(9);
    expect(await page.locator('.panel').filter({ hasText: 'Last hour' }).locator('.subtitle').textContent()).toBe(
      'now, whatever the range',
    );
    await banner.getByRole('button', { name: 'Show all there is' }).click();
    expect(new URL(page.url()).searchParams.get('range')).toBe('all');
    await banner.waitFor({ state: 'detached' });
    await untilSettled(page);
    expect(await page.locator('.panel .blank').count()).toBe(0);

    // There was nothing, which is known. By store there is something: that is the filter.
    await page.goto(`${stand.url}/?range=today&tz=UTC&where.store=Atlantis`);
    await page.getByText(/^Today: no orders in this range with these filters\. There is data from /).waitFor();
    await untilSettled(page);
    expect(await figure(page, 'Orders').textContent()).toBe('0');
    const words = 'No orders in this range with these filters.';
    expect(await page.locator('.panel .blank').allTextContents()).toEqual([
      words,
      'Nothing in the last hour.',
      ...Array(6).fill(words),
    ]);
    expect(await page.locator('.panel.store .blank').count()).toBe(0);
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
