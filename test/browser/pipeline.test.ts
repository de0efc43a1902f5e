// The page Pipeline in a real Chromium on the real stack: what it shows is what serving tells; what is wrong is said first,
// in words with what to do.
import { describe, expect, test } from 'vitest';
import { count } from '../../dashboard/data/format.ts';
import { type BatchRuns, fates, type Status } from '../../dashboard/data/pipeline.ts';
import { createKafkaJs } from '../../runtime/kafka/kafkajs-client.ts';
import { until } from '../until.ts';
import { cellsOutOfPlace, placed, tablePartsTold, untilSettled, useBrowsing, violationsOn } from './browsing.ts';

const browsing = useBrowsing();
let orders = 0;

async function post(number: number): Promise<void> {
  orders += number;
  await browsing.stand.post(Array.from({ length: number }, () => placed()));
}

const verdict = () => browsing.page.locator('section.verdict');
const panel = (title: string) =>
  browsing.page.locator('section.panel', { has: browsing.page.locator('h2', { hasText: title }) });
const cellsOf = (row: string) => browsing.page.locator(`${row} > *`).allTextContents();
const says = (words: string) => until(`it says ${words}`, async () => (await verdict().textContent())!.includes(words));
/** What a table box holds and what it shows. */
const sizesOf = (box: string) =>
  browsing.page.locator(box).evaluate(({ scrollWidth, scrollHeight, clientWidth, clientHeight }) => [
    [scrollWidth, scrollHeight],
    [clientWidth, clientHeight],
  ]);
const status = () => browsing.stand.ask<Status>('/v1/status');

describe('Pipeline', () => {
  test('before the first order it says that the pipeline stands ready', async () => {
    await browsing.page.goto(`${browsing.stand.url}/pipeline`);
    await says('Ready, no orders yet');
    expect(await browsing.page.locator('.rates').count()).toBe(0);
    const first = browsing.page.locator('.runs tbody tr').first();
    await first.waitFor();
    expect(await first.textContent()).toContain('the empty first run');
  });

  test('partitions and ledger are those of the status', async () => {
    await post(20);
    await browsing.page.goto(`${browsing.stand.url}/pipeline`);
    await until('all of it is live', async () => (await status()).totals.counted === orders);
    const { partitions, totals } = await status();
    const rows = partitions.map(({ partition, vector, tidemark, end }) =>
      [partition, 'at the end', 0, vector - tidemark, tidemark, vector, end].map(String).join(),
    );
    const shown = async () =>
      Promise.all(partitions.map(async (_, p) => (await cellsOf(`.partitions tbody tr:nth-child(${p + 1})`)).join()));
    await until('the partitions are shown', async () => (await shown()).join(' ') === rows.join(' '));
    expect(await browsing.page.locator('.ledger .group-value').allTextContents()).toEqual(
      fates.map((fate) => count(totals[fate])),
    );
    expect(await browsing.page.locator('.sum').textContent()).toBe(
      `${count(totals.records)} offsets, all accounted for`,
    );
  });

  test('a batch run appears with its duration, its size and its audit', async () => {
    await browsing.page.goto(`${browsing.stand.url}/pipeline`);
    await post(5);
    await until('all of it is live', async () => (await status()).totals.counted === orders);
    const { run } = await browsing.stand.pipeline.batch.makeRun(undefined);
    await until('serving tells of it', async () => {
      const { runs } = await browsing.stand.ask<BatchRuns>('/v1/batch-runs');
      return runs[0]?.id === run.run;
    });
    const first = '.runs tbody tr:nth-child(1)';
    await until('it is shown', async () => (await cellsOf(first)).at(-1) === run.run);
    const [, audit, took, records, counted] = await cellsOf(first);
    expect({ audit, records, counted }).toEqual({
      audit: `equal (${orders} compared)`,
      records: String(orders),
      counted: String(orders),
    });
    expect(took).toMatch(/^\d+(\.\d)?\ss$/);
  });

  test('rates tick while nothing is ordered', async () => {
    await browsing.page.goto(`${browsing.stand.url}/pipeline`);
    const clock = panel('Behind').locator('.readout-window');
    await clock.waitFor();
    const first = await clock.textContent();
    await until('a later look is shown', async () => (await clock.textContent()) !== first);
    expect(await panel('Behind').locator('.readout-series b').textContent()).toBe('0');
  });

  test('a poison record shows by reason, as a thing that came in now', async () => {
    await browsing.page.goto(`${browsing.stand.url}/pipeline`);
    await says('Nothing is wrong');
    await browsing.stand.pipeline.producer.send(browsing.stand.pipeline.topic, [
      { key: 'poison', value: Buffer.from('no event') },
    ]);
    await says('Dead letters are coming in');
    await says('The numbers are true, 1 thing to look at');
    await says('1 bad-frame');
    await says('1 came, the last at ');
    expect(await browsing.page.locator('.dead-letters li').allTextContents()).toEqual([
      expect.stringMatching(/^bad-frame.*schema id1$/),
    ]);
    const { deadLetters } = await status();
    expect(await panel('Dead letters by reason').locator('tbody tr > *').allTextContents()).toEqual([
      'bad-frame',
      String(deadLetters?.newest[0]?.partition),
      count(deadLetters?.newest[0]?.offset ?? -1),
    ]);
  });

  test('a partition that waits behind an open transaction is said with what to do, until it goes on', async () => {
    await browsing.page.goto(`${browsing.stand.url}/pipeline`);
    const { topic, brokers } = browsing.stand.pipeline;
    const kafka = createKafkaJs({ brokers, clientId: 'test-foreign' });
    const foreign = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await foreign.connect();
    try {
      const open = await foreign.transaction();
      await open.send({ topic, messages: [{ partition: 1, key: 'open', value: 'open' }] });
      await says('Records wait behind an open transaction');
      await says('kafka-transactions.sh find-hanging');
      expect((await cellsOf('.partitions tbody tr:nth-child(2)')).slice(0, 3)).toEqual(['1', 'held up', '1']);
      await open.abort();
      await until('it goes on', async () => !(await verdict().textContent())!.includes('open transaction'));
    } finally {
      await foreign.disconnect();
    }
  });

  test('records that are not read yet are not told as accounted for', async () => {
    await browsing.page.route('**/v1/status', async (route) => {
      const body = await status();
      await route.fulfill({ json: { ...body, lag: { records: 300, ms: 1_000 } } });
    });
    await browsing.page.goto(`${browsing.stand.url}/pipeline`);
    const { totals } = await status();
    const sum = browsing.page.locator('.sum');
    expect(await sum.textContent()).toBe(
      `${count(totals.records)} of ${count(totals.records + 300)} offsets accounted for, 300 not read yet`,
    );
    expect(await sum.getAttribute('class')).not.toContain('good');
  });

  test('what a different audit found wraps in its column', async () => {
    const { page } = browsing;
    const auditNote = 'partition 1, epoch 8214: counted 312 live, 311 exact; store London: orders 97 live, 96 exact';
    await page.route('**/v1/batch-runs', async (route) => {
      const body = await browsing.stand.ask<BatchRuns>('/v1/batch-runs');
      const at = { records: 60_255, counted: 59_656, duplicate: 599, auditedEvents: 55 };
      const runs = body.runs.map((one, i) => ({ ...one, ...at, ...(i === 0 && { audit: 'different', auditNote }) }));
      await route.fulfill({ json: { ...body, runs } });
    });
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(`${browsing.stand.url}/pipeline`);
    await page.locator('.evidence.different summary').click();
    const [inner, outer] = await sizesOf('.runs');
    expect(inner).toEqual(outer);
    const line = page.locator('.evidence.different li').first();
    expect((await line.boundingBox())!.width).toBeGreaterThan(100);
  });

  test('an answer of the status after silence ends the wait of the stream', async () => {
    const { page } = browsing;
    await page.route('**/v1/stream**', (route) => route.abort());
    await page.goto(`${browsing.stand.url}/pipeline`);
    let leftMs = 0;
    await until('the stream waits for long', async () => {
      const words = (await page.locator('.truth-words').textContent()) ?? '';
      leftMs = Number(/trying again in (\d+)/.exec(words)?.[1] ?? 0) * 1_000;
      return leftMs >= 7_000;
    });
    const fromMs = Date.now();
    await page.unroute('**/v1/stream**');
    await page.route('**/v1/status', (route) => route.abort(), { times: 1 });
    await says('Serving does not answer');
    await untilSettled(page);
    // By itself it would have come later; the words are rounded up.
    expect(Date.now() - fromMs).toBeLessThan(leftMs - 1_000);
    expect(browsing.seen.splice(0).filter((one) => !one.includes('Failed to load resource'))).toEqual([]);
  });

  test('on a phone the tables are read without scrolling sideways, and are told as tables all the same', async () => {
    const { page } = browsing;
    const large = 1_234_567_890;
    await page.route('**/v1/status', async (route) => {
      const body = await status();
      const at = { tidemark: large, vector: 2 * large, end: 3 * large, lagRecords: large };
      await route.fulfill({ json: { ...body, partitions: body.partitions.map((one) => ({ ...one, ...at })) } });
    });
    await page.route('**/v1/batch-runs', async (route) => {
      const body = await browsing.stand.ask<BatchRuns>('/v1/batch-runs');
      const at = { records: large, counted: large, duplicate: large, auditedEvents: large };
      const runs = Array.from({ length: 50 }, (_, i) => ({ ...body.runs[0]!, ...at, id: `${body.runs[0]!.id}${i}` }));
      await route.fulfill({ json: { ...body, runs } });
    });
    await page.goto(`${browsing.stand.url}/pipeline`);
    await Promise.all(['.partitions', '.runs'].map((table) => page.locator(`${table} tbody tr`).first().waitFor()));
    const told = await tablePartsTold(page);
    expect(told['columnheader']).toBeGreaterThanOrEqual(14);
    await page.setViewportSize({ width: 390, height: 844 });
    for (const table of ['.partitions', '.runs']) {
      expect(await cellsOutOfPlace(page.locator(table)), table).toEqual([]);
      // All rows: a box that scrolls within the page would hold the finger.
      const [inner, outer] = await sizesOf(table);
      expect(inner, table).toEqual(outer);
    }
    const labelOf = (cell: Element): string => getComputedStyle(cell, '::before').content;
    expect(await page.locator('.partitions tbody tr:first-child td:nth-child(3)').evaluate(labelOf)).toContain(
      'Behind',
    );
    expect(await tablePartsTold(page)).toEqual(told);
    expect(await violationsOn(page)).toEqual([]);
  });

  test('serving away and not ready are said, with the time of the figures; the page goes on by itself', async () => {
    await browsing.page.goto(`${browsing.stand.url}/pipeline`);
    await browsing.page.locator('.partitions tbody tr').first().waitFor();
    await browsing.page.route('**/v1/status', (route) => route.abort());
    await says('Serving does not answer');
    await says('what is below is as of');
    expect(await panel('Ledger').locator('.subtitle').textContent()).toMatch(/^as of \d\d:\d\d:\d\d$/);
    expect(await browsing.page.locator('.partitions tbody tr').count()).toBe(3);
    await browsing.page.unroute('**/v1/status');
    await until('it goes on', async () => !(await verdict().textContent())!.includes('does not answer'));
    const notReady = { code: 'not-ready', status: 503, title: 'Not ready', detail: 'no batch run is adopted yet' };
    await browsing.page.route('**/v1/status', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(notReady) }),
    );
    await says('Not ready yet');
    await says('Serving is getting ready');
    await says('no batch run is adopted yet');
    // The browser tells of each refused request; nothing else may be told.
    expect(browsing.seen.filter((one) => !one.includes('Failed to load resource'))).toEqual([]);
    browsing.seen.length = 0;
  });

  test('axe finds nothing where all is well and where much is wrong, in light and dark', async () => {
    await browsing.page.goto(`${browsing.stand.url}/pipeline`);
    await browsing.page.locator('.runs tbody tr').first().waitFor();
    expect(await violationsOn(browsing.page)).toEqual([]);
    await browsing.page.emulateMedia({ colorScheme: 'dark' });
    expect(await violationsOn(browsing.page)).toEqual([]);
    const notes = [
      'live part stale since 2026-11-21T19:12:00.699Z: Redis is away or being read again',
      '9 late records wait for the next batch run',
    ];
    await browsing.page.route('**/v1/status', async (route) => {
      const body = await status();
      const partitions = body.partitions.map((one) => ({ ...one, conserved: false, end: null, lagRecords: null }));
      await route.fulfill({ json: { ...body, partitions, notes, lag: { records: null, ms: null } } });
    });
    await says('Redis is away');
    expect(await violationsOn(browsing.page)).toEqual([]);
    await browsing.page.emulateMedia({ colorScheme: 'light' });
    // With a table beside a chart, the ledger's, and what a run says of its audit.
    for (const part of ['Behind', 'Ledger', 'Batch runs']) await panel(part).locator('summary').last().click();
    expect(await violationsOn(browsing.page)).toEqual([]);
  }, 120_000);
});
