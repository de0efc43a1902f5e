// The page Reports in a real Chromium on the real stack: from a number to a report, its file, its schedule and its end.
import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../until.ts';
import { cellsOutOfPlace, placed, tablePartsTold, useBrowsing, violationsOn } from './browsing.ts';

const browsing = useBrowsing();

beforeAll(async () => {
  await browsing.stand.post(['London', 'London', 'Tokyo'].map((storeId) => placed({ storeId })));
});
afterEach(() => {
  // The browser tells of each refusal and of what a test cuts off; those that are meant are looked at in the browsing.page.
  const meant =
    /the server responded with a status of 4\d\d|net::ERR_(FAILED|CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING)/;
  browsing.seen.splice(0, Infinity, ...browsing.seen.filter((line) => !meant.test(line)));
});

const operate = (method: string, path: string, body?: object) =>
  fetch(`${browsing.stand.url}/v1/reports${path}`, {
    method,
    headers: {
      authorization: `Bearer ${browsing.stand.pipeline.settings.operatorToken}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });

const query = { measures: ['orders'], by: ['store'], range: 'today', tz: 'Europe/Amsterdam' };
const save = async (name: string, more: object = {}) => {
  expect((await operate('PUT', `/${name}`, { title: 'By store', query, ...more })).ok).toBe(true);
};

const button = (name: string | RegExp) => browsing.page.getByRole('button', { name, exact: true });
const tokenField = () => browsing.page.getByLabel('Operator token');
const report = (name: string) => browsing.page.getByRole('listitem').filter({ has: button(`Run now ${name}`) });

async function giveToken(token = browsing.stand.pipeline.settings.operatorToken): Promise<void> {
  await tokenField().fill(token);
  await tokenField().press('Enter');
}

/** What a click saves, with the name that it is saved as. */
async function downloaded(click: () => Promise<void>): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([browsing.page.waitForEvent('download'), click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

/** At 06:30 on the last day of this month and the next ones, in Tokyo, as far as that is still to come. */
function lastDays(most: number): string[] {
  const local = new Date(Date.now() + 9 * 3_600_000);
  const at = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'short' });
  return Array.from({ length: most + 1 }, (_, i) =>
    Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + i + 1, 0, 6, 30),
  )
    .filter((ms) => ms > local.getTime())
    .slice(0, most)
    .map((ms) => at.format(ms));
}

/** '' where the focus is lost: the body has all texts. */
const focused = () =>
  browsing.page.evaluate<string>("document.activeElement === document.body ? '' : document.activeElement.textContent");

async function expectAccessible(): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await browsing.page.emulateMedia({ colorScheme });
    expect(await violationsOn(browsing.page), colorScheme).toEqual([]);
  }
}

describe('Reports', () => {
  test('a wrong token is said, a right one is kept by the session alone, and forgetting it closes the page', async () => {
    await browsing.page.goto(`${browsing.stand.url}/reports`);
    await browsing.page.getByText('A report is a query with a name').waitFor();
    await giveToken('nonsense');
    await browsing.page.getByText('That is not the operator token of this server.').waitFor();
    expect(await tokenField().getAttribute('aria-invalid')).toBe('true');
    await giveToken('nön sense');
    await browsing.page.getByText('ASCII without blanks').waitFor();
    await expectAccessible();

    await giveToken();
    await browsing.page.getByText('No reports yet.').waitFor();
    await expectAccessible();
    const kept = await browsing.page.evaluate(() => [Object.values(sessionStorage), Object.values(localStorage)]);
    expect(kept).toEqual([[browsing.stand.pipeline.settings.operatorToken], []]);
    expect(browsing.page.url()).not.toContain(browsing.stand.pipeline.settings.operatorToken);
    await browsing.page.reload();
    await browsing.page.getByText('No reports yet.').waitFor();

    await button('Forget the token').click();
    await browsing.page.getByText('The token is forgotten.').waitFor();
    expect(await browsing.page.evaluate(() => Object.values(sessionStorage))).toEqual([]);
    await browsing.page.reload();
    await tokenField().waitFor();
  });

  test('the query behind a number becomes a report; its file is the CSV of that query at the cut of its token', async () => {
    await browsing.page.goto(`${browsing.stand.url}/?from=2020-01-01&to=2100-01-01&tz=Europe/Amsterdam&compare=none`);
    await button('Why? Orders').click();
    await button('Save as report').click();
    await giveToken();
    await browsing.page.getByLabel('Title').fill('Orders of the day');
    expect(await browsing.page.getByLabel('Name').inputValue()).toBe('orders-of-the-day');
    await expectAccessible();
    await browsing.page.getByRole('button', { name: 'Save', exact: true }).click();
    await browsing.page.getByRole('link', { name: 'Look at it in Reports' }).press('Enter');

    await button('Run now orders-of-the-day').press('Enter');
    await browsing.page.getByText('Done: 1 row.').waitFor();
    await expectAccessible();
    const runs = (await (await operate('GET', '/orders-of-the-day')).json()) as {
      runs: { file: string; token: string }[];
    };
    const [{ file, token }] = runs.runs as [{ file: string; token: string }];
    const line = browsing.page.locator('.report-runs tbody tr');
    await until('the file is listed', async () => ((await line.textContent()) ?? '').includes(file));
    expect(await line.textContent()).toContain('1 Jan 2020 to 31 Dec 2099, Europe/Amsterdam');
    await line.getByText('version token').click();
    expect(await line.locator('.copy-line code').textContent()).toBe(token);
    const saved = await downloaded(() => line.getByRole('button', { name: /^Download/ }).press('Enter'));
    expect(saved.name).toBe(`orders-of-the-day-${file}`);
    const asked = 'measures=orders&from=2020-01-01&to=2100-01-01&tz=Europe/Amsterdam&format=csv';
    const answer = await fetch(`${browsing.stand.url}/v1/query?${asked}&atLeast=${token}`);
    expect(answer.headers.get('tidemark-token')).toBe(token);
    expect(saved.text).toBe(await answer.text());
    expect(saved.text).toMatch(/,3\r?\n/);

    // Saved again under its name it would be another: that is asked first.
    await browsing.page.setViewportSize({ width: 390, height: 700 });
    await browsing.page.goto(browsing.stand.url);
    await button('Why? Units').click();
    await button('Save as report').click();
    await browsing.page.getByLabel('Name').fill('orders-of-the-day');
    await browsing.page.getByRole('button', { name: 'Save', exact: true }).click();
    const taken = browsing.page.getByText('There is a report “orders-of-the-day” already.');
    await taken.waitFor();
    // On a phone too it is seen, and what the number stands on makes room.
    const { y, height } = (await taken.boundingBox())!;
    expect(y + height).toBeLessThan(browsing.page.viewportSize()!.height);
    expect(await browsing.page.locator('.why-dialog .facts:visible').count()).toBe(0);
    expect(await (await operate('GET', '/orders-of-the-day')).json()).toMatchObject({ title: 'Orders of the day' });
    await button('Replace orders-of-the-day').click();
    await browsing.page.getByText('Saved as orders-of-the-day').waitFor();
    expect(await (await operate('GET', '/orders-of-the-day')).json()).toMatchObject({ query: { measures: ['units'] } });
    await operate('DELETE', '/orders-of-the-day');
  });

  test('a schedule is explained while it is typed, refused beside its field, and shown in words with what is next', async () => {
    await save('daily');
    await browsing.page.goto(`${browsing.stand.url}/reports?report=daily`);
    await giveToken();
    await button('Change the schedule of daily').press('Enter');
    const cron = browsing.page.getByLabel('Schedule as cron');
    // The zone of its query.
    expect(await browsing.page.getByLabel('Time zone of the schedule').inputValue()).toBe('Europe/Amsterdam');
    expect(await browsing.page.locator('.cron:focus').count()).toBe(1);
    await cron.fill('0 6');
    await browsing.page.getByText('2 of five fields').waitFor();
    await cron.fill('0 25 * * *');
    await button('Save the schedule').click();
    await browsing.page.getByText(/^the hour must be 0 to 23, not 25; expected five fields/).waitFor();
    expect(await cron.getAttribute('aria-invalid')).toBe('true');
    expect(await browsing.page.locator('.cron:focus').count()).toBe(1);
    await expectAccessible();

    await cron.fill('30 6 * * 1-5');
    await browsing.page.getByText(/^Made Monday to Friday at 06:30, /).waitFor();
    await browsing.page.getByLabel('Time zone of the schedule').selectOption('Asia/Tokyo');
    await cron.press('Enter');
    await browsing.page.getByText(/Saved: next .*06:30, Asia\/Tokyo/).waitFor();
    expect(await focused()).toMatch(/^Change/);
    const { nextAt, ...stored } = (await (await operate('GET', '/daily')).json()) as { nextAt: string };
    expect(stored).toMatchObject({ title: 'By store', query, schedule: '30 6 * * 1-5', tz: 'Asia/Tokyo' });
    const due = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', dateStyle: 'medium', timeStyle: 'short' });
    const text = () => report('daily').textContent();
    const expected = `Monday to Friday at 06:30next ${due.format(Date.parse(nextAt))}, Asia/Tokyo`;
    await until('the list shows it', async () => ((await text()) ?? '').includes(expected));

    // Without plain words: as it is, with the times that it comes to.
    await button('Change the schedule of daily').click();
    await cron.fill('30 6 L * *');
    await browsing.page.getByText('No plain words for this one: once saved it says when it is due.').waitFor();
    await cron.press('Enter');
    const times = `${lastDays(3).join('; ')}, Asia/Tokyo`;
    await browsing.page.getByText(`Saved: next ${times}.`).waitFor();
    await until('the list shows it', async () => ((await text()) ?? '').includes(`30 6 L * *next ${times}`));

    await button('Change the schedule of daily').click();
    await cron.fill('');
    await button('Save the schedule').click();
    await browsing.page.getByText('Saved: on demand only.').waitFor();
    expect(await (await operate('GET', '/daily')).json()).toMatchObject({ schedule: null, nextAt: null, thenAt: [] });
    await operate('DELETE', '/daily');
  });

  test('a report is removed once that is confirmed, and the focus stays in the page', async () => {
    await Promise.all([save('kept'), save('gone')]);
    await browsing.page.goto(`${browsing.stand.url}/reports?report=gone`);
    await giveToken();
    await browsing.page.getByText('None yet: run it, or give it a schedule.').waitFor();
    await button('Remove gone').press('Enter');
    await browsing.page.getByText('Remove the report “By store”?').waitFor();
    await expectAccessible();
    expect(await focused()).toBe('Keep it');
    await browsing.page.keyboard.press('Enter');
    expect((await operate('GET', '/gone')).status).toBe(200);
    expect(await focused()).toBe('Remove gone');
    await browsing.page.keyboard.press('Enter');
    await button('Remove this report').press('Enter');
    await browsing.page.getByText('gone is removed.').waitFor();
    expect((await operate('GET', '/gone')).status).toBe(404);
    expect(await browsing.page.getByRole('button', { name: /^Run now/ }).allTextContents()).toEqual(['Run now kept']);
    // It never had a file.
    expect(await focused()).toBe('gone is removed.');
    await browsing.page.goto(`${browsing.stand.url}/reports?report=gone`);
    await browsing.page.getByText('There is no report “gone”.').waitFor();
    await operate('DELETE', '/kept');
  });

  test('the last runs are told with what came of them, also after serving was restarted', async () => {
    const { page, stand } = browsing;
    await save('often');
    expect((await operate('POST', '/often/runs')).status).toBe(201);
    await save('often', { query: { ...query, window: 'minute', range: undefined, from: '2000-01-01', fill: true } });
    expect((await operate('POST', '/often/runs')).status).toBe(400);
    const { runs } = (await (await operate('GET', '/often')).json()) as {
      runs: { instant: string; file?: string; rows?: number }[];
    };
    const at = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'medium' });
    const shown = async () =>
      Promise.all(
        (await page.locator('.report-runs tbody tr').all()).map((row) => row.locator('> *').allTextContents()),
      );
    const seen: string[][][] = [];
    for (const round of ['as it is', 'after a restart']) {
      if (round !== 'as it is') {
        // Nothing of the page asks meanwhile.
        await page.goto('about:blank');
        await stand.stopServing();
        await stand.startServing();
      }
      await page.goto(`${stand.url}/reports?report=often`);
      if (round === 'as it is') await giveToken();
      await until('its runs are shown', async () => (await shown()).length === 2);
      seen.push(await shown());
    }
    expect(seen[1]).toEqual(seen[0]);
    const [failed, written] = seen[0]!;
    expect(failed!.slice(0, 4)).toEqual([
      at.format(Date.parse(runs[0]!.instant)),
      '',
      expect.stringMatching(/^failed: .* 100,000 rows \(too-many-rows\)$/),
      '',
    ]);
    expect(written!.slice(2, 7)).toEqual([
      'made',
      '2',
      expect.stringMatching(/^\d+\.\d\ss$/),
      'hand',
      expect.stringContaining(runs[1]!.file!),
    ]);
    await expectAccessible();
    // On a phone they lie below each other, and are told as a table all the same.
    await page.getByText('version token').click();
    const told = await tablePartsTold(page);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await cellsOutOfPlace(page.locator('.report-runs'))).toEqual([]);
    expect(await tablePartsTold(page)).toEqual(told);
    await operate('DELETE', '/often');
  });

  test('what is under way without this page is told', async () => {
    await save('slow');
    const since = new Date().toISOString();
    await browsing.page.route('**/v1/reports', async (route) => {
      const { reports } = (await (await route.fetch()).json()) as { reports: object[] };
      const underway = { instant: since, trigger: 'schedule', since, step: 'waiting' };
      await route.fulfill({ json: { reports: reports.map((one) => ({ ...one, underway })) } });
    });
    await browsing.page.goto(`${browsing.stand.url}/reports`);
    await giveToken();
    await report('slow')
      .getByText(/^Waiting for other reports since \d\d:\d\d:\d\d…$/)
      .waitFor();
    await operate('DELETE', '/slow');
  });

  test('what goes wrong is said: a failed run with its code, a damaged file, a token that changed, a server that is away', async () => {
    const tooMuch = { measures: ['orders'], by: ['store'], window: 'minute', from: '2000-01-01', fill: true };
    await Promise.all([save('fine'), save('too-much', { query: tooMuch })]);
    expect((await operate('POST', '/fine/runs')).status).toBe(201);
    await browsing.page.goto(`${browsing.stand.url}/reports`);
    await giveToken();
    await button('Run now too-much').click();
    await browsing.page.getByText(/^Not made\.$/).waitFor();
    const last = report('too-much').getByText('failed');
    await last.waitFor();
    await report('too-much').getByText('shorter range, larger windows').waitFor();
    await expectAccessible();

    await browsing.page.route('**/files/*', async (route) => route.fulfill({ body: 'something else' }));
    await report('fine')
      .getByRole('button', { name: /^Download/ })
      .click();
    await browsing.page.getByText('is not what was written').waitFor();

    await browsing.page.route('**/v1/reports', (route) => route.abort());
    await button('Run now fine').click();
    await browsing.page.getByText('Done: 2 rows.').waitFor();
    await browsing.page.getByText('does not answer').waitFor();
    expect(await report('fine').count()).toBe(1);
    await browsing.page.unroute('**/v1/reports');

    await button('Run now fine').focus();
    await browsing.stand.stopServing();
    await browsing.page.getByText(/The list is that of \d\d:\d\d:\d\d\./).waitFor();
    expect(await button('Run now fine').isDisabled()).toBe(true);
    expect(await focused()).toBe('Run now fine');
    await browsing.page.keyboard.press('Enter');
    await expectAccessible();
    await browsing.stand.startServing();
    await until('it goes on', async () => !(await button('Run now fine').isDisabled()));
    expect(await focused()).toBe('Run now fine');
    expect(await browsing.page.getByText('Done: 2 rows.').count()).toBe(1);

    await browsing.page.evaluate(() => sessionStorage.setItem('tidemark-operator-token', 'of-another-server'));
    await browsing.page.reload();
    await browsing.page.getByText('The server does not accept the token any more.').waitFor();
    expect(await browsing.page.evaluate(() => Object.values(sessionStorage))).toEqual([]);
    await Promise.all([operate('DELETE', '/fine'), operate('DELETE', '/too-much')]);
  });
});
