// A hot query against a route that returns a static buffer of the same bytes, in the same process and server, turn by turn:
// the ratio says what a query costs beyond HTTP itself. And how many commands to a store a hot query causes.
import autocannon from 'autocannon';
import { openChild } from './child.ts';
import type { StoreCommands } from './hot-server.ts';
import { processorSeconds } from './processor-time.ts';
import { type Spread, spreadOf } from './statistics.ts';
import type { Tidemark } from './world.ts';

export interface HotOptions {
  readonly connections: number;
  readonly rounds: number;
  readonly secondsARound: number;
  readonly countedRequests: number;
  readonly say: (line: string) => void;
}

export interface HotRoute {
  readonly requestsPerSecond: Spread;
  /** Throughput against the static buffer's, of neighbours in time. */
  readonly ratio: Spread;
  /** The same by the server's processor time a request: what else runs on the machine disturbs it less. */
  readonly processorRatio: Spread;
}

type Subject = 'fixed' | 'hot' | 'unchanged';
type Rounds = Readonly<Record<Subject, number[]>>;

export interface HotResult {
  readonly question: string;
  readonly bodyBytes: number;
  readonly fixed: HotRoute;
  readonly hot: HotRoute;
  /** With If-None-Match: 304. */
  readonly unchanged: HotRoute;
  readonly coldCommands: number;
  readonly hotCommands: number;
  readonly hotRequests: number;
  readonly commandsOfOthers: number;
}

export async function measureHot(tidemark: Tidemark, question: string, options: HotOptions): Promise<HotResult> {
  const commands = await countCommands(tidemark, question, options.countedRequests);
  await using server = openChild('hot-server.ts', [], tidemark.env);
  const address = await server.message<string>();
  const url = `${address}/v1/query?${question}`;
  const { body, etag } = await untilAnswered(url);
  await server.ask({ body });
  const subjects = {
    fixed: { url: `${address}/v1/static-buffer` },
    hot: { url },
    unchanged: { url, headers: { 'if-none-match': etag } },
  };
  const rates: Rounds = { fixed: [], hot: [], unchanged: [] };
  const costs: Rounds = { fixed: [], hot: [], unchanged: [] };
  // The first turn warms the code up.
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const [name, subject] of turned(Object.entries(subjects), round)) {
      const { rate, costMs } = await shoot(server.pid, subject, options);
      if (round === 0) continue;
      rates[name as Subject].push(rate);
      costs[name as Subject].push(costMs);
    }
    options.say(`  round ${round} of ${options.rounds}`);
  }
  const route = (name: Subject): HotRoute => ({
    requestsPerSecond: spreadOf(rates[name]),
    ratio: spreadOf(rates[name].map((rate, i) => rate / rates.fixed[i]!)),
    processorRatio: spreadOf(costs[name].map((cost, i) => costs.fixed[i]! / cost)),
  });
  return {
    question,
    bodyBytes: Buffer.byteLength(body),
    fixed: route('fixed'),
    hot: route('hot'),
    unchanged: route('unchanged'),
    ...commands,
  };
}

/** Another one is first each time: what the one before leaves behind falls on all alike. */
function turned<T>(list: readonly T[], turns: number): T[] {
  const first = turns % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

async function shoot(
  pid: number,
  subject: { readonly url: string; readonly headers?: Record<string, string> },
  { connections, secondsARound }: HotOptions,
): Promise<{ rate: number; costMs: number }> {
  const used = () => processorSeconds(new Map([['server', pid]])).get('server')!;
  const before = used();
  const result = await autocannon({ ...subject, connections, duration: secondsARound });
  const answered = result['2xx'] + (result.statusCodeStats['304']?.count ?? 0);
  if (result.errors > 0 || answered < result.requests.total)
    throw new Error(`${subject.url}: ${result.errors} errors, ${answered} of ${result.requests.total} answered well`);
  const { total } = result.requests;
  return { rate: total / result.duration, costMs: ((used() - before) * 1_000) / total };
}

async function countCommands(tidemark: Tidemark, question: string, hotRequests: number) {
  await using server = openChild('hot-server.ts', ['count'], tidemark.env);
  const address = await server.message<string>();
  const url = `${address}/v1/query?${question}`;
  await untilReady(`${address}/readyz`);
  await server.ask<StoreCommands>('counted');
  await untilAnswered(url);
  const cold = await server.ask<StoreCommands>('counted');
  for (let i = 0; i < hotRequests; i += 1) await (await fetch(url)).arrayBuffer();
  const hot = await server.ask<StoreCommands>('counted');
  return {
    coldCommands: cold.ofRequests,
    hotCommands: hot.ofRequests,
    hotRequests,
    commandsOfOthers: hot.ofOthers,
  };
}

async function untilReady(url: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const response = await fetch(url);
    await response.arrayBuffer();
    if (response.status === 200) return;
    if (performance.now() > deadline) throw new Error(`${url} answers ${response.status}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function untilAnswered(url: string): Promise<{ body: string; etag: string }> {
  await untilReady(new URL('/readyz', url).href);
  const response = await fetch(url);
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}: ${body.slice(0, 300)}`);
  return { body, etag: response.headers.get('etag')! };
}
