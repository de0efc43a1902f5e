// What browser tests look at: a pipeline on the given stack with the dashboard built from the present sources, serving and
// ingest over sockets, and a real Chromium.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import type { EventInput } from '../../cli/event-input.ts';
import { buildDashboard } from '../../dashboard/build.ts';
import { createIngestApp } from '../../ingest/app.ts';
import type { StackUrls } from '../../stack/stack-urls.ts';
import { openPipeline, type Pipeline, type SpeedLayer, type TestServing } from '../pipeline.ts';

export interface Stand extends AsyncDisposable {
  readonly pipeline: Pipeline;
  readonly dashboardFolder: string;
  /** Of serving, with the dashboard at `/`. */
  readonly url: string;
  readonly ingestUrl: string;
  /** Posts events as a shop does; resolves with the token that covers them. */
  post(events: Iterable<EventInput>): Promise<string>;
  /** A GET of serving's API, as JSON. */
  ask<T>(path: string): Promise<T>;
  /** Ends the speed layer as a shutdown does: what is ordered from then on is not live. */
  stopSpeed(): Promise<void>;
  /** Ends serving as a shutdown does; `startServing` opens another at the same address. */
  stopServing(): Promise<void>;
  startServing(): Promise<void>;
}

export async function openStand(stack: StackUrls, ports = { serving: 0, ingest: 0 }): Promise<Stand> {
  await using opening = new AsyncDisposableStack();
  const dashboardFolder = mkdtempSync(join(tmpdir(), 'tidemark-dashboard-'));
  opening.defer(() => rmSync(dashboardFolder, { recursive: true, force: true }));
  await buildDashboard(dashboardFolder);
  const reportsDir = mkdtempSync(join(tmpdir(), 'tidemark-reports-'));
  opening.defer(() => rmSync(reportsDir, { recursive: true, force: true }));
  const pipeline = opening.use(await openPipeline({ stack, dashboardFolder, reportsDir }));
  let speed: SpeedLayer | undefined = await pipeline.openSpeed();
  const stopSpeed = async (): Promise<void> => {
    await speed?.[Symbol.asyncDispose]();
    speed = undefined;
  };
  opening.defer(stopSpeed);
  let serving: TestServing | undefined;
  const stopServing = async (): Promise<void> => {
    await serving?.[Symbol.asyncDispose]();
    serving = undefined;
  };
  const listen = async (port: number): Promise<string> => {
    serving = await pipeline.openServing();
    return serving.app.listen({ host: '127.0.0.1', port });
  };
  opening.defer(stopServing);
  const url = await listen(ports.serving);
  const { generation, log, producer } = pipeline;
  const ingest = createIngestApp(
    {
      producer,
      generation,
      waitingFor: () => undefined,
      now: Date.now,
      randomBytes,
      log,
    },
    { maxRequests: 64, idleMs: 30_000 },
  );
  opening.defer(() => ingest.close());
  const ingestUrl = await ingest.listen({ host: '127.0.0.1', port: ports.ingest });
  const resources = opening.move();
  return {
    pipeline,
    dashboardFolder,
    url,
    ingestUrl,
    async post(events) {
      const body = [...events].map((event) => JSON.stringify(event)).join('\n');
      const headers = { 'content-type': 'application/x-ndjson' };
      const response = await fetch(`${ingestUrl}/v1/events`, { method: 'POST', headers, body });
      const answer = (await response.json()) as { token?: string };
      if (answer.token === undefined) throw new Error(`ingest: ${response.status} ${JSON.stringify(answer)}`);
      return answer.token;
    },
    async ask<T>(path: string) {
      const response = await fetch(`${url}${path}`);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    stopSpeed,
    stopServing,
    startServing: async () => void (await listen(Number(new URL(url).port))),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const chromiumArgs = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath(), args: chromiumArgs });
}

/** Playwright's own browser is not downloaded: `npm test` installs the system's (stack/setup.mjs). */
function browserPath(): string {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`browser tests need one of ${names.join(', ')} on PATH`);
  return found;
}

export const browserContext: BrowserContextOptions = {
  timezoneId: 'Europe/Amsterdam',
  locale: 'en-GB',
  viewport: { width: 1280, height: 900 },
};

/** Collects in `seen` what a page must never do while it is open: errors, and requests that leave its origin. */
export function watch(context: BrowserContext, origin: string, seen: string[]): void {
  context.on('weberror', (error) => seen.push(`error: ${error.error().message}`));
  context.on('console', (message) => {
    if (message.type() === 'error') seen.push(`console: ${message.text()} ${message.location().url}`);
  });
  context.on('request', (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url())) seen.push(`left: ${request.url()}`);
  });
}
