// What pictures are taken, in the order in which the stand comes through its states: first without an order, then at work,
// then in one trouble after the other. A state that is hard to bring about is a routed answer, and says so. One table, longer than a
// file should be: each stage stands on what the ones before left.
import type { Page } from 'playwright-core';
import { parseExactly } from '../../api/exact-json.ts';
import type { EventInput } from '../../cli/event-input.ts';
import { shopHistory, trickle } from '../../cli/live-shop.ts';
import { createKafkaJs } from '../../runtime/kafka/kafkajs-client.ts';
import { decodeToken } from '../../schemas/token.ts';
import type { OwnRedis } from '../own-redis.ts';
import type { Stand } from './stand.ts';

export interface Picture {
  /** `page/state`. */
  readonly name: string;
  /** Also wide, and on a phone in the dark. */
  readonly isMain?: boolean;
  readonly isDialog?: boolean;
  /** By default the page itself. */
  readonly address?: string;
  /** With the operator token. */
  readonly isOperator?: boolean;
  /** A page that is open already. */
  readonly on?: () => Page;
  readonly before?: (page: Page) => Promise<unknown>;
  /** Until the state is seen. */
  readonly after: (page: Page) => Promise<unknown>;
  readonly undo?: (page: Page) => Promise<unknown>;
}

interface Stage {
  readonly reach?: () => Promise<unknown>;
  readonly pictures: readonly Picture[];
  readonly leave?: () => Promise<unknown>;
}

const headline = (words: string) => (page: Page) => page.locator('.truth strong', { hasText: words }).waitFor();
const verdict = (words: string) => (page: Page) => page.locator('.verdict', { hasText: words }).waitFor();
const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor();
const click = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).first().click();
/** Nothing is asked, nothing is out of date. */
const settled = (page: Page) =>
  page.waitForFunction(
    () => document.querySelectorAll('main h2').length > 0 && !document.querySelector('[aria-busy=true]'),
  );
const filled = async (page: Page): Promise<void> => {
  await page.locator('.heat').waitFor();
  await settled(page);
};
const filledBelow = (words: string) => async (page: Page) => {
  await headline(words)(page);
  await filled(page);
};
const unanswered = (page: Page) => page.route('**/v1/**', () => undefined);
const whyOpen = async (page: Page): Promise<void> => {
  await filled(page);
  await click(page, 'Why? Orders');
  await page.locator('.why-dialog .facts').first().waitFor();
};
const savingOpen = async (page: Page): Promise<void> => {
  await whyOpen(page);
  await click(page, 'Save as report');
};
/** In the page: its stream tells of that difference too. */
function differIn(note: string): void {
  const ask = fetch;
  globalThis.fetch = async (input, init) => {
    const response = await ask(input, init);
    const address = input instanceof Request ? input.url : String(input);
    if (!address.includes('/v1/stream') || !response.body) return response;
    const differing = new TransformStream<string, string>({
      transform: (text, to) =>
        to.enqueue(
          text
            .replaceAll('"audit":{"state":"equal"', '"audit":{"state":"different"')
            .replaceAll(/"notes":\[(\]?)/g, (_, end: string) => `"notes":["${note}"${end || ','}`),
        ),
    });
    const body = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(differing);
    return new Response(body.pipeThrough(new TextEncoderStream()), response);
  };
}
const openedOn = (name: string) => `/reports?report=${name}`;

/** `open`: a page that stays open over several pictures. */
export function stagesOf(stand: Stand, redis: OwnRedis, open: (isOperator: boolean) => Promise<Page>): Stage[] {
  const { pipeline } = stand;
  const { topic, producer, batch } = pipeline;
  let working: { readonly page: Page; end(): void };
  let endTransaction: () => Promise<void>;
  const atWork = () => working.page;

  const operate = async (method: string, path: string, body?: object): Promise<void> => {
    const response = await fetch(`${stand.url}/v1/reports${path}`, {
      method,
      headers: {
        authorization: `Bearer ${pipeline.settings.operatorToken}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
  const eightDays = async (): Promise<void> => {
    const history = [...shopHistory(Date.now())].map(({ json }) => parseExactly(String(json)) as EventInput);
    const token = await stand.post(history);
    await batch.makeRun(decodeToken(token)!.vector);
  };
  /** Orders trickle in, batch runs are made, and a page of the pipeline looks on: its charts have something to show. */
  const workOn = async (): Promise<void> => {
    const ending = new AbortController();
    const { ingestUrl } = stand;
    trickle({ ingestUrl, signal: ending.signal, startMs: Date.now(), onTrouble: () => undefined }).catch(
      () => undefined,
    );
    const runs = setInterval(() => void batch.makeRun().catch(() => undefined), 10_000);
    const page = await open(false);
    await page.goto(`${stand.url}/pipeline`);
    working = {
      page,
      end() {
        clearInterval(runs);
        ending.abort();
      },
    };
  };
  const saveReports = async (): Promise<void> => {
    const tz = 'Europe/Amsterdam';
    const sales = { measures: ['orders', 'netMinor'], by: ['store', 'currency'], range: 'yesterday', tz };
    await operate('PUT', '/sales-of-yesterday', {
      title: 'Sales of yesterday',
      query: sales,
      schedule: '0 6 * * *',
      tz,
    });
    const products = { measures: ['units'], by: ['sku'], last: '7d', tz, order: ['-units'], limit: 20 };
    const title = 'The twenty products of which most was sold in the last seven days, for purchasing';
    await operate('PUT', '/top-products', { title, query: products, schedule: '30 7 * * 1', tz });
    const returns = { measures: ['refunds', 'refundedMinor', 'cancelledOrders'], by: ['currency'], last: '7d', tz };
    await operate('PUT', '/returns', { query: { ...returns, where: { country: ['DE', 'FR', 'NL'] } } });
    const tooMuch = { measures: ['orders'], by: ['store'], window: 'minute', from: '2000-01-01', fill: true };
    await operate('PUT', '/each-minute', { title: 'Each minute since 2000', query: tooMuch });
    for (const name of ['sales-of-yesterday', 'sales-of-yesterday', 'top-products'])
      await operate('POST', `/${name}/runs`);
    await operate('POST', '/each-minute/runs').catch(() => undefined);
  };
  const stopAndSee = (see: (page: Page) => Promise<unknown>) => async (page: Page) => {
    await settled(page);
    await stand.stopServing();
    await see(page);
  };
  const startAgain = () => stand.startServing();

  return [
    {
      pictures: [
        { name: 'today/empty', isMain: true, after: text('No orders yet') },
        // Routed: serving is ready before the stand is.
        {
          name: 'today/starting',
          before: (page) =>
            page.route('**/v1/**', (route) =>
              route.fulfill({
                status: 503,
                contentType: 'application/problem+json',
                json: { code: 'not-ready', status: 503, title: 'Not ready', detail: 'the first count is not done yet' },
              }),
            ),
          after: headline('Starting'),
        },
        {
          name: 'today/loading',
          isMain: true,
          before: unanswered,
          after: (page) => page.locator('.figures').waitFor(),
        },
        { name: 'pipeline/empty', after: verdict('no orders yet') },
        { name: 'pipeline/loading', before: unanswered, after: verdict('Asking how the pipeline is') },
        { name: 'reports/no-token', isMain: true, after: text('A report is a query with a name') },
        {
          name: 'reports/wrong-token',
          async after(page) {
            await page.getByLabel('Operator token').fill('not-this-one');
            await page.getByLabel('Operator token').press('Enter');
            await text('That is not the operator token')(page);
          },
        },
        { name: 'reports/empty', isOperator: true, after: text('No reports yet') },
        { name: 'reports/loading', isOperator: true, before: unanswered, after: text('Loading…') },
      ],
    },
    {
      async reach() {
        await eightDays();
        await workOn();
        await saveReports();
      },
      pictures: [
        {
          name: 'today/full',
          isMain: true,
          async after(page) {
            await page.locator('.truth.true').waitFor();
            await filled(page);
          },
        },
        {
          name: 'today/year',
          address: '/?last=12mo&tz=Europe/Amsterdam&measure=netMinor&where.currency=EUR',
          after: filled,
        },
        {
          name: 'today/filtered',
          isMain: true,
          address: '/?range=today&tz=Europe/Amsterdam&where.country=NL&where.store=Amsterdam',
          after: filled,
        },
        {
          name: 'today/by-product',
          address: '/?last=7d&tz=Europe/Amsterdam&where.category=Coffee&where.store=Amsterdam&where.store=London',
          after: filled,
        },
        { name: 'today/choose-currency', address: '/?range=today&tz=UTC&measure=netMinor', after: settled },
        {
          name: 'today/nothing',
          address: '/?from=2015-01-01&to=2016-01-01&tz=UTC',
          after: text('no data in this range'),
        },
        { name: 'today/refused', address: '/?from=1900-01-01&to=1900-01-02&tz=UTC', after: headline('Refused') },
        { name: 'today/strange-address', address: '/?range=tomorrow&tz=Mars/Base&nonsense=1', after: filled },
        // Routed: ClickHouse is shared by all that runs on the stack.
        {
          name: 'today/error',
          async before(page) {
            await page.route('**/v1/query**', (route) =>
              route.fulfill({
                status: 503,
                contentType: 'application/problem+json',
                json: { code: 'views-unavailable', status: 503, title: 'x', detail: 'ClickHouse cannot be read' },
              }),
            );
          },
          after: text('ClickHouse cannot be read'),
        },
        {
          name: 'today/table',
          async after(page) {
            await filled(page);
            for (const each of await page.locator('.data-table summary').all()) await each.click();
          },
        },
        { name: 'today/why', address: '/', isMain: true, isDialog: true, after: whyOpen },
        {
          name: 'today/why-partitions',
          isDialog: true,
          async after(page) {
            await whyOpen(page);
            await page.locator('.why-dialog summary').first().click();
          },
        },
        { name: 'reports/save-no-token', address: '/', isDialog: true, after: savingOpen },
        { name: 'reports/save', address: '/', isMain: true, isDialog: true, isOperator: true, after: savingOpen },
        {
          name: 'reports/save-taken',
          address: '/',
          isDialog: true,
          isOperator: true,
          async after(page) {
            await savingOpen(page);
            await page.getByLabel('Name').fill('returns');
            await click(page, 'Save');
            await text('There is a report “returns” already')(page);
          },
        },
        { name: 'reports/list', isMain: true, isOperator: true, after: text('Sales of yesterday') },
        {
          name: 'reports/opened',
          isMain: true,
          isOperator: true,
          address: openedOn('sales-of-yesterday'),
          after: async (page) => {
            await page.locator('.report-runs tbody tr').first().waitFor();
            await page.getByText('Asking for its').waitFor({ state: 'detached' });
          },
        },
        {
          name: 'reports/schedule',
          isOperator: true,
          address: openedOn('returns'),
          async after(page) {
            await click(page, 'Change the schedule of returns');
            await page.getByLabel('Schedule as cron').fill('30 6 * * 1-5');
          },
        },
        {
          name: 'reports/schedule-wrong',
          isOperator: true,
          address: openedOn('returns'),
          async after(page) {
            await click(page, 'Change the schedule of returns');
            await page.getByLabel('Schedule as cron').fill('0 25 * * *');
            await page.getByLabel('Schedule as cron').press('Enter');
            await text('the hour must be')(page);
          },
        },
        {
          name: 'reports/failed-run',
          isOperator: true,
          async after(page) {
            await click(page, 'Run now each-minute');
            await text('Not made')(page);
          },
        },
        // Routed: a run of these is over at once.
        {
          name: 'reports/making',
          isOperator: true,
          before: (page) => page.route('**/runs', () => undefined),
          async after(page) {
            await click(page, 'Run now sales-of-yesterday');
            await text('Making it since')(page);
          },
        },
        {
          name: 'reports/remove',
          isOperator: true,
          isDialog: true,
          address: openedOn('returns'),
          after: (page) => click(page, 'Remove returns'),
        },
        {
          name: 'pipeline/well',
          isMain: true,
          on: atWork,
          async after(page) {
            await verdict('Nothing is wrong')(page);
            await settled(page);
          },
        },
        {
          name: 'today/disconnected',
          isMain: true,
          after: stopAndSee(headline('Disconnected')),
          undo: startAgain,
        },
        {
          name: 'reports/disconnected',
          isOperator: true,
          after: stopAndSee(headline('Disconnected')),
          undo: startAgain,
        },
        {
          name: 'pipeline/disconnected',
          on: atWork,
          after: stopAndSee(verdict('Serving does not answer')),
          undo: startAgain,
        },
      ],
      leave: async () => working.end(),
    },
    {
      // Late orders, and records that nobody can count.
      async reach() {
        const old = [...shopHistory(Date.now() - 9 * 86_400_000)].slice(0, 40);
        await stand.post(old.map(({ json }) => parseExactly(String(json)) as EventInput));
        const bytes = (...values: number[]) => Buffer.from(values);
        const poison = [Buffer.from('no event'), Buffer.from('{}'), bytes(0, 0, 0, 0, 9, 1), bytes(0, 0, 0, 0, 1, 255)];
        await producer.send(
          topic,
          poison.map((value, i) => ({ key: `poison-${i}`, value })),
        );
      },
      pictures: [
        { name: 'today/late', isMain: true, after: filledBelow('True, with a note') },
        { name: 'pipeline/dead-letters', isMain: true, on: atWork, after: verdict('Dead letters are coming in') },
        // Routed: the audit is never different here.
        {
          name: 'pipeline/audit-different',
          async before(page) {
            const note = 'partition 1, epoch 8214: counted 312 live, 311 exact; store London: orders 97 live, 96 exact';
            await page.addInitScript(differIn, note);
            await page.route('**/v1/batch-runs', async (route) => {
              const body = (await (await route.fetch()).json()) as { runs: object[] };
              const runs = body.runs.map((run, i) => (i === 0 ? { ...run, audit: 'different', auditNote: note } : run));
              await route.fulfill({ json: { ...body, runs } });
            });
            await page.route('**/v1/status', async (route) => {
              const body = (await (await route.fetch()).json()) as { run: { id: string }; notes: string[] };
              const notes = [...body.notes, `run ${body.run.id} differs from what was live: ${note}`];
              await route.fulfill({ json: { ...body, notes } });
            });
          },
          async after(page) {
            await page.locator('.evidence summary').first().click();
            await settled(page);
          },
        },
        {
          name: 'pipeline/waiting-behind-transaction',
          on: atWork,
          async after(page) {
            const kafka = createKafkaJs({ brokers: pipeline.brokers, clientId: 'test-foreign' });
            const foreign = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
            await foreign.connect();
            const transaction = await foreign.transaction();
            await transaction.send({ topic, messages: [{ partition: 1, key: 'open', value: 'open' }] });
            await verdict('Records wait behind an open transaction')(page);
            endTransaction = async () => {
              await transaction.abort();
              await foreign.disconnect();
            };
          },
          undo: () => endTransaction(),
        },
      ],
    },
    {
      async reach() {
        await batch.makeRun();
        await stand.stopSpeed();
        await stand.post(
          [...shopHistory(Date.now())].slice(-300).map(({ json }) => parseExactly(String(json)) as EventInput),
        );
      },
      pictures: [
        { name: 'today/behind', isMain: true, after: filledBelow('Behind') },
        { name: 'pipeline/behind', isMain: true, on: atWork, after: verdict('partitions stand still') },
      ],
    },
    {
      reach: () => redis.stop(),
      pictures: [
        {
          name: 'today/redis-away',
          async after(page) {
            await text('Redis is away')(page);
            await filled(page);
          },
        },
        { name: 'pipeline/redis-away', on: atWork, after: verdict('Redis is away') },
      ],
    },
  ];
}
