// The page while things happen behind it: orders, batch runs, a server that goes away and comes back.
import { describe, expect, test } from 'vitest';
import { until } from '../until.ts';
import { figure, headline, placed, recordNumbers, untilSettled, untilShown, useBrowsing } from './browsing.ts';

const browsing = useBrowsing();

async function openOnOrders(): Promise<number> {
  const { page, stand } = browsing;
  const token = await stand.post([placed(), placed()]);
  const query = `/v1/query?measures=orders&range=today&tz=Europe/Amsterdam&atLeast=${token}`;
  const { rows } = await stand.ask<{ rows: { orders: number }[] }>(query);
  await page.goto(stand.url);
  await untilShown(figure(page, 'Orders'), String(rows[0]!.orders));
  await untilSettled(page);
  return rows[0]!.orders;
}

describe('live', () => {
  // How long it takes is a matter of the machine too, so the seconds are told and not judged: `npm run bench` measures them.
  test('a number moves with the stream alone: the page adds no wait, asks for nothing, and is told five times a second', async () => {
    const { page, stand } = browsing;
    const streams: URL[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/v1/stream')) streams.push(new URL(request.url()));
    });
    await page.clock.install();
    const orders = await openOnOrders();
    // From here on no timer of the page fires and no request of it is answered.
    await page.route('**/v1/**', () => undefined);
    await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1_000);
    const movedMs: number[] = [];
    for (let i = 1; i <= 5; i += 1) {
      const postedAt = performance.now();
      await stand.post([placed()]);
      await untilShown(figure(page, 'Orders'), String(orders + i));
      movedMs.push(Math.round(performance.now() - postedAt));
    }
    expect(streams.map(({ searchParams }) => Number(searchParams.get('minIntervalMs')))).toEqual([200]);
    console.log(`from the post of an order to its number: ${movedMs.join(', ')} ms`);
  });

  test('a batch run passes: what it stands on changes, no number dips or blinks', async () => {
    const { page, stand } = browsing;
    const orders = await openOnOrders();
    const records = await recordNumbers(page.locator('.figures'));
    const exactTo = async () => /exact to [\d:]+/.exec((await page.locator('.truth-words').textContent()) ?? '')?.[0];
    for (let run = 1; run <= 2; run += 1) {
      const before = await exactTo();
      await stand.post([placed()]);
      await untilShown(figure(page, 'Orders'), String(orders + run));
      await stand.pipeline.batch.makeRun();
      await until('the page stands on the run', async () => (await exactTo()) !== before);
    }
    const seen = (await records()).map(({ texts }) => texts.map((text) => Number(text.replaceAll(',', ''))));
    const [counts, amounts] = [seen.map(([first]) => first!), seen.map((texts) => texts[3]!)];
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(amounts).toEqual(amounts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(orders + 2);
    expect(seen.flat().filter(Number.isNaN)).toEqual([]);
  });

  test('serving is restarted: the page says so, keeps its numbers, and recovers by itself', async () => {
    const { page, stand, seen } = browsing;
    const orders = await openOnOrders();
    await stand.stopServing();
    await untilShown(headline(page), 'Disconnected');
    expect(await page.locator('.truth-words').textContent()).toMatch(
      /the numbers are those of \d\d:\d\d:\d\d \(.* ago\), exact to [\d:]+, live to [\d:]+, trying again/,
    );
    expect(await figure(page, 'Orders').textContent()).toBe(String(orders));
    // Each number is shown as an old one; why is said once.
    for (const part of await page.locator('.figure, .panel-body').all())
      expect(await part.evaluate((element) => getComputedStyle(element).filter)).toBe('grayscale(1)');
    // Their ground is as grey outside of the filter as what lies on it has it inside.
    const ground = await page
      .locator('.panel')
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(ground).toMatch(/^rgb\((\d+), \1, \1\)$/);
    expect(await page.locator('.panel .trouble').count()).toBe(0);
    await stand.post([placed()]);
    await stand.startServing();
    await untilShown(figure(page, 'Orders'), String(orders + 1));
    await untilSettled(page);
    // The browser itself reports what it could not load.
    const expected = /^console: Failed to load resource: (net::ERR_|the server responded with a status of 503)/;
    for (const line of seen.splice(0)) expect(line).toMatch(expected);
  });

  test('panels that have no answer make the page true in part: each says why, until it has one', async () => {
    const { page, stand, seen } = browsing;
    await stand.post([placed()]);
    const problem = { code: 'views-unavailable', status: 503, title: 'x', detail: 'ClickHouse cannot be read' };
    const answering = Promise.withResolvers<void>();
    await page.route('**/v1/query**', async (route) => {
      await answering.promise;
      await route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem });
    });
    await page.goto(stand.url);
    await untilShown(headline(page), 'True');
    // A sign alone would not tell whether there is none or none yet.
    await untilShown(page.locator('section.figure[aria-label="Customers"] .big[aria-busy=true] .unit'), 'Loading…');
    answering.resolve();
    await untilShown(headline(page), 'True in part');
    expect(await page.locator('.truth.note').count()).toBe(1);
    expect(await page.locator('.truth-words').textContent()).toMatch(
      /^Panels below are missing or old since [\d:]+: ClickHouse cannot be read\. Asked again by itself\. The rest: exact to/,
    );
    const panels = page.locator('.panel:has(.asking)');
    const notAvailable = 'Not available: ClickHouse cannot be read';
    await until('all are said', async () =>
      (await panels.locator('.asking').allTextContents()).every((text) => text === notAvailable),
    );
    expect(await page.locator('section.figure[aria-label="Customers"] .in-words').textContent()).toBe(notAvailable);
    expect(await panels.locator('.why').count()).toBe(0);
    await page.unroute('**/v1/query**');
    await untilSettled(page);
    await untilShown(headline(page), 'True');
    for (const line of seen.splice(0)) expect(line).toMatch(/the server responded with a status of 503/);
  });

  test('no panel goes back where another serving process has come less far: it is asked again and waited for', async () => {
    const { page, stand, seen } = browsing;
    const asked: URL[] = [];
    page.on('request', (request) => {
      if (request.url().includes('by=store')) asked.push(new URL(request.url()));
    });
    await openOnOrders();
    const { pathname, search } = asked.at(-1)!;
    const older = await stand.ask<object>(pathname + search);
    const bergen = page.locator('.panel.store li').filter({ hasText: 'Bergen' }).locator('.group-value');
    await stand.post([placed({ storeId: 'Bergen' })]);
    await untilShown(bergen, '1');
    const shown = await bergen.evaluateHandle((element) => {
      const panel = element.closest('.panel')!;
      const texts: string[] = [];
      new MutationObserver(() => texts.push(panel.textContent ?? '')).observe(panel, {
        subtree: true,
        childList: true,
        characterData: true,
      });
      return texts;
    });

    let isCovered = true;
    await page.route(/by=store/, async (route) => {
      const token = new URL(route.request().url()).searchParams.get('atLeast');
      if (token === null) await route.fulfill({ json: older });
      else if (isCovered) await route.continue();
      else await route.fulfill({ status: 504, json: { code: 'not-covered', detail: 'it does not cover the token' } });
    });
    await stand.post([placed({ storeId: 'Bergen' })]);
    await untilShown(bergen, '2');

    // In vain: what is shown stays, as an old number.
    isCovered = false;
    await stand.post([placed({ storeId: 'Bergen' })]);
    await untilShown(headline(page), 'True in part');
    await untilShown(bergen, '2');
    isCovered = true;
    await untilShown(bergen, '3');
    const texts = await shown.jsonValue();
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.filter((text) => !text.includes('Bergen'))).toEqual([]);
    for (const line of seen.splice(0)) expect(line).toMatch(/the server responded with a status of 504/);
  });
});
