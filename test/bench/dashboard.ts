// The dashboard's speed in a real Chromium: what an update of twenty charts takes of the main thread, whether the heap of a
// page that stays open grows, and the first look on a cold cache.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import type { EventInput } from '../../cli/event-input.ts';
import { parseExactly } from '../../api/exact-json.ts';
import { shopHistory } from '../../cli/live-shop.ts';
import { browserContext, openBrowser, openStand, type Stand } from '../browser/stand.ts';
import { openStack } from '../stack.ts';
import { percentile } from './statistics.ts';
import { slopeOf, type Update, updatesIn } from './dashboard-trace.ts';

export interface DashboardOptions {
  /** How long the page is open. */
  readonly minutes: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

interface Updates {
  readonly what: string;
  readonly chartsInSight: number;
  readonly count: number;
  /** Of the main thread, an update: script, style, layout and paint. */
  readonly ms: Percentiles;
  /** The same without the time in which the thread had to wait for a processor. */
  readonly cpuMs: Percentiles;
  /** Of `cpuMs`, each round by itself: the machine is not the same all the time. */
  readonly p95OfRounds: readonly number[];
}

export interface DashboardResults {
  /** All numbers new and all charts in sight, as many as a screen shows, only the numbers of the open window new. */
  readonly updates: readonly Updates[];
  /** After garbage was collected, at even times, all charts in sight. */
  readonly heapKib: readonly number[];
  /** Of the second half. */
  readonly heapKibPerMinute: number;
  /** From the navigation to the first number, each with an empty cache. */
  readonly firstLookMs: readonly number[];
  /** From the post of an order to its number on a page that is open. */
  readonly movedMs: readonly number[];
}

const rounds = 5;
const tracedMs = 4_000;
const settlingMs = 1_000;
const screen = { width: 1280, height: 900 };
const tall = { width: 1280, height: 2_400 };

export async function benchDashboard(options: DashboardOptions): Promise<DashboardResults> {
  const browser = await openBrowser();
  try {
    const looks = await lookAtStand(browser, options);
    return { ...(await openPage(browser, options)), ...looks };
  } finally {
    await browser.close();
  }
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

async function openPage(browser: Browser, { minutes, signal, say }: DashboardOptions) {
  const outDir = mkdtempSync(join(tmpdir(), 'tidemark-bench-page-'));
  try {
    const root = fileURLToPath(new URL('./dashboard-page/', import.meta.url));
    await build({
      root,
      configFile: false,
      logLevel: 'warn',
      base: './',
      build: { outDir, emptyOutDir: true, target: 'es2023' },
    });
    const context = await browser.newContext(browserContext);
    await context.route('http://bench.test/**', (route) => {
      const name = new URL(route.request().url()).pathname;
      const file = name === '/' ? '/index.html' : name;
      return route.fulfill({
        body: readFileSync(join(outDir, file)),
        contentType: types[extname(file)] ?? 'text/plain',
      });
    });
    const page = await context.newPage();
    await page.goto('http://bench.test/');
    // The long part comes last: who stops it has read the rest.
    const updates = await measureUpdates(browser, page, signal);
    for (const of of updates) say(updatesLine(of));
    const tracingMs = kinds.length * rounds * (settlingMs + tracedMs);
    const devtools = await context.newCDPSession(page);
    // Tracing alone takes more than a minute.
    const restMs = Math.max(30_000, minutes * 60_000 - tracingMs);
    const samples = Math.max(12, Math.round(2 * minutes));
    const heapKib: number[] = [];
    const slope = () => slopeOf(heapKib.slice(heapKib.length / 2)) / (restMs / samples / 60_000);
    for (let i = 1; i <= samples; i += 1) {
      await delay(restMs / samples, undefined, { signal });
      await devtools.send('HeapProfiler.collectGarbage');
      const { usedSize } = await devtools.send('Runtime.getHeapUsage');
      heapKib.push(Math.round(usedSize / 1_024));
      const at = `${((tracingMs + (i * restMs) / samples) / 60_000).toFixed(1)} of ${((tracingMs + restMs) / 60_000).toFixed(1)} min`;
      say(
        `heap ${heapKib.at(-1)} KiB after ${at}${i < 4 ? '' : `, ${slope().toFixed(1)} KiB a minute in the later half`}`,
      );
    }
    await context.close();
    return { updates, heapKib, heapKibPerMinute: slope() };
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

const chartsInSightSource = `[...document.querySelectorAll('.plot')].filter((plot) => {
  const { top, bottom } = plot.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}).length`;

const kinds = [
  { what: 'all numbers new', viewport: tall, hash: '' },
  { what: 'all numbers new', viewport: screen, hash: '' },
  { what: 'the open window ticks', viewport: tall, hash: 'ticks' },
] as const;

/** The kinds take turns. */
async function measureUpdates(browser: Browser, page: Page, signal: AbortSignal): Promise<Updates[]> {
  const measured = kinds.map((kind) => ({ ...kind, chartsInSight: 0, times: [] as Update[][] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of measured) {
      await page.setViewportSize(kind.viewport);
      await page.evaluate(`location.hash = '${kind.hash}'`);
      kind.chartsInSight = await page.evaluate<number>(chartsInSightSource);
      kind.times.push(await trace(browser, page, signal));
    }
  }
  return measured.map(({ what, chartsInSight, times }) => {
    const all = times.flat();
    const cpuMsOf = (updates: readonly Update[]) => percentilesOf(updates.map(({ cpuMs }) => cpuMs));
    return {
      what,
      chartsInSight,
      count: all.length,
      ms: percentilesOf(all.map(({ ms }) => ms)),
      cpuMs: cpuMsOf(all),
      p95OfRounds: times.map((round) => cpuMsOf(round).p95),
    };
  });
}

async function trace(browser: Browser, page: Page, signal: AbortSignal): Promise<Update[]> {
  // What the new size made the page do is over by then.
  await delay(settlingMs, undefined, { signal });
  await browser.startTracing(page, {
    categories: ['disabled-by-default-devtools.timeline', 'devtools.timeline', 'blink.user_timing'],
  });
  await delay(tracedMs, undefined, { signal });
  return updatesIn((await browser.stopTracing()).toString());
}

function percentilesOf(values: readonly number[]): Percentiles {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95), p99: percentile(values, 0.99) };
}

/** As much of the DOM as is needed here: these files are checked without it. */
interface InPage {
  readonly document: { querySelector(selector: string): { readonly textContent: string | null } | null };
}

/** Runs in the page. */
function firstNumberShown(): number | undefined {
  const { document } = globalThis as unknown as InPage;
  const text = document.querySelector('.big .ticking')?.textContent ?? '–';
  return text === '–' || text === '0' ? undefined : performance.now();
}

/** Runs in the page. */
function isShown(orders: string): boolean {
  const { document } = globalThis as unknown as InPage;
  return document.querySelector('.big .ticking')?.textContent === orders;
}

async function lookAtStand(browser: Browser, options: DashboardOptions) {
  const { signal, say } = options;
  const { urls, close } = await openStack(process.env);
  try {
    await using stand = await openStand(urls);
    const history = [...shopHistory(Date.now())].slice(-10_000);
    const events = history.map(({ json }) => parseExactly(String(json)) as EventInput);
    await stand.post(events);
    await stand.pipeline.batch.makeRun();
    const firstLookMs: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      signal.throwIfAborted();
      const context = await browser.newContext(browserContext);
      const page = await context.newPage();
      await page.goto(stand.url, { waitUntil: 'commit' });
      const shownMs = Math.round((await (await page.waitForFunction(firstNumberShown)).jsonValue()) as number);
      // The first one meets a server that has never been asked.
      if (round > 0) firstLookMs.push(shownMs);
      say(`first look: ${shownMs} ms${round === 0 ? ' (warm-up)' : ''}`);
      await context.close();
    }
    const some = events.findLast(({ type }) => type === 'OrderPlaced')!;
    return { firstLookMs, movedMs: await postOrders(browser, stand, some, options) };
  } finally {
    await close();
  }
}

/** One order like that after the other, each once the one before is shown. */
async function postOrders(browser: Browser, stand: Stand, some: EventInput, { signal, say }: DashboardOptions) {
  const context = await browser.newContext(browserContext);
  const page = await context.newPage();
  await page.goto(`${stand.url}/?range=all&where.store=bench`);
  const movedMs: number[] = [];
  for (let orders = 1; orders <= 31; orders += 1) {
    signal.throwIfAborted();
    const { type, orderId, currency, channel, country, amountMinor, items } = some;
    const order = { type, orderId: `${orderId}-${orders}`, storeId: 'bench', channel, country, currency };
    const postedAt = performance.now();
    await stand.post([{ ...order, occurredAt: Date.now(), amountMinor, items }]);
    await page.waitForFunction(isShown, String(orders));
    // The first one waits for the page too.
    if (orders > 1) movedMs.push(Math.round(performance.now() - postedAt));
  }
  say(`from the post of an order to its number: ${movedMs.join(', ')} ms`);
  await context.close();
  return movedMs;
}

function updatesLine({ what, chartsInSight, count, ms, cpuMs, p95OfRounds }: Updates): string {
  const text = ({ p50, p95, p99 }: Percentiles) =>
    `p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)}, p99 ${p99.toFixed(1)} ms`;
  const ofRounds = p95OfRounds.map((p95) => p95.toFixed(1)).join(', ');
  return `${what}, ${chartsInSight} charts in sight, ${count} updates: ${text(ms)}; of it processor time: ${text(cpuMs)} (p95 of each round: ${ofRounds})`;
}

export function dashboardReportOf(results: DashboardResults): string {
  const { updates, heapKib, heapKibPerMinute, firstLookMs, movedMs } = results;
  return [
    'an update of 20 charts of 2 series × 120 points, 10 a second, on the main thread:',
    ...updates.map((of) => `  ${updatesLine(of)}`),
    `heap after collection: ${heapKib[0]} KiB first, ${heapKib.at(-1)} KiB last; slope of the second half ${heapKibPerMinute.toFixed(1)} KiB a minute`,
    `first look on a cold cache, from the navigation to the first number: median ${percentile(firstLookMs, 0.5)} ms (${Math.min(...firstLookMs)} to ${Math.max(...firstLookMs)})`,
    `from the post of an order to its number on an open page: median ${percentile(movedMs, 0.5)} ms (${Math.min(...movedMs)} to ${Math.max(...movedMs)})`,
    `${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`,
  ].join('\n');
}
