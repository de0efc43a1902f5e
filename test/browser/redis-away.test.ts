// The pages while Redis, a process of the test's own, is really stopped, and once it is back without its data.
import { afterAll, expect, inject, test } from 'vitest';
import { type OwnRedis, openOwnRedis } from '../own-redis.ts';
import { until } from '../until.ts';
import { figure, headline, placed, untilSettled, untilShown, useBrowsing } from './browsing.ts';

let own: OwnRedis;
afterAll(() => own?.[Symbol.asyncDispose]());
const browsing = useBrowsing(async () => {
  own = await openOwnRedis();
  return { ...inject('stack'), redisUrl: own.url };
});

test('Redis is stopped: both pages say so, one what to do first; it comes back empty, and they recover by themselves', async () => {
  const { page: today, stand } = browsing;
  const pipeline = await browsing.open();
  const verdict = pipeline.locator('section.verdict');
  const says = (words: string) =>
    until(`it says ${words}`, async () => ((await verdict.textContent()) ?? '').includes(words));
  await stand.post([placed(), placed()]);
  await pipeline.goto(`${stand.url}/pipeline`);
  await today.goto(stand.url);
  await untilShown(figure(today, 'Orders'), '2');
  await untilSettled(today);
  await says('Nothing is wrong');

  await own.stop();
  await says('Redis is away');
  await says('look at Redis. No order is lost: batch runs go on');
  // So far no number is behind.
  expect(await verdict.getAttribute('class')).toContain('act');
  await until('the strip says why', async () =>
    ((await today.locator('.truth-words').textContent()) ?? '').includes('Redis is away'),
  );
  // Nothing waits, so they are not old.
  await untilShown(headline(today), 'Live part away');
  const filter = () =>
    today
      .locator('.figure')
      .first()
      .evaluate((element) => getComputedStyle(element).filter);
  expect(await filter()).toBe('none');
  // Orders are taken all the same, and the page does not show numbers as true that lack one.
  await stand.post([placed()]);
  await until('they look old', async () => (await filter()) === 'grayscale(1)');
  const words = (await today.locator('.truth-words').textContent()) ?? '';
  expect(words).toMatch(/^since .*: Redis is away or being read again, .*, the numbers stand at [\d:]+ \(/);
  await says('of the log is not counted yet');
  expect(await verdict.getAttribute('class')).toContain('bad');
  await untilShown(figure(today, 'Orders'), '2');
  // A page that is opened meanwhile has the same numbers in all its parts.
  const late = await browsing.open();
  await late.goto(stand.url);
  await untilShown(figure(late, 'Customers'), '2');
  await late.locator('.heat').waitFor();
  await until('nothing is asked', async () => (await late.locator('[aria-busy=true]').count()) === 0);
  expect(await late.locator('.panel.store .group-value').count()).toBeGreaterThan(0);
  // As it says: a batch run counts what is not live.
  await stand.pipeline.batch.makeRun();
  await untilShown(figure(today, 'Orders'), '3');

  await stand.post([placed()]);
  await own.startEmpty();
  await untilShown(figure(today, 'Orders'), '4');
  await untilSettled(today);
  await says('Nothing is wrong');
  expect(await verdict.getAttribute('class')).not.toContain('bad');
});
