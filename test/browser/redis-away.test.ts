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
  expect(await verdict.getAttribute('class')).toContain('bad');
  await until('the strip says why', async () =>
    ((await today.locator('.truth .notes').textContent()) ?? '').includes('Redis is away'),
  );
  // Orders are taken all the same, and the page does not show numbers as true that lack one.
  await stand.post([placed()]);
  await untilShown(headline(today), 'Behind');
  await says('The live numbers are behind the log');
  await untilShown(figure(today, 'Orders'), '2');
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
