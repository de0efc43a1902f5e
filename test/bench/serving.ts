// The benchmark of serving, part by part. What it prints is in report.ts.
import { measureFreshness } from './freshness.ts';
import { type HotResult, measureHot } from './hot.ts';
import type { FlowResult } from './order-flow.ts';
import { measureReaders, type ReadersRound } from './readers.ts';
import {
  type GeneratedTimes,
  openSuperstore,
  type QuestionTimes,
  superstoreQuestion,
  timeGenerated,
  timeQuestion,
} from './times.ts';
import type { World } from './world.ts';

export const parts = ['freshness', 'hot', 'readers', 'times'] as const;
export type Part = (typeof parts)[number];

export interface ServingResults {
  readonly ordersPerSecond: number;
  freshness?: readonly FlowResult[];
  hot?: readonly HotResult[];
  readers?: readonly ReadersRound[];
  superstore?: QuestionTimes;
  generated?: GeneratedTimes;
}

export interface ServingOptions {
  readonly only: readonly Part[];
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const totalsQuestion = 'measures=orders,grossMinor&by=store&where.currency=USD&from=2014-01-01&to=2018-01-01';
const generatedFromMs = Date.UTC(2025, 0, 1);

/** How much is measured: enough for a median, or just enough to see that it works. */
const sizes = {
  whole: {
    flow: { ordersPerSecond: 1_000, seconds: 8, warmUpSeconds: 3, rounds: 5 },
    readers: { ordersPerSecond: 1_000, seconds: 8, warmUpSeconds: 3, rounds: 3, readers: 1_000 },
    hot: { connections: 20, rounds: 6, secondsARound: 2, countedRequests: 1_000 },
    times: { coldRounds: 5, hotRequests: 200 },
    generated: { count: 10_080_000, days: 365 },
  },
  quick: {
    flow: { ordersPerSecond: 1_000, seconds: 2, warmUpSeconds: 1, rounds: 1 },
    readers: { ordersPerSecond: 1_000, seconds: 2, warmUpSeconds: 1, rounds: 1, readers: 100 },
    hot: { connections: 20, rounds: 1, secondsARound: 1, countedRequests: 100 },
    times: { coldRounds: 1, hotRequests: 20 },
    generated: { count: 120_000, days: 7 },
  },
};

export async function benchServing(world: World, options: ServingOptions): Promise<ServingResults> {
  const { only, quick, signal, say } = options;
  const size = quick ? sizes.quick : sizes.whole;
  const results: ServingResults = { ordersPerSecond: size.flow.ordersPerSecond };
  if (only.includes('freshness') || only.includes('readers')) {
    await using tidemark = await world.openTidemark('live');
    if (only.includes('freshness')) {
      say('freshness: an order posted → seen on /v1/stream');
      results.freshness = await measureFreshness(tidemark, { ...size.flow, signal, say });
    }
    if (only.includes('readers')) {
      say(`readers: the same flow with ${size.readers.readers} stream readers and without`);
      results.readers = await measureReaders(world, tidemark, { ...size.readers, signal, say });
    }
  }
  if (only.includes('hot') || only.includes('times')) {
    say('Superstore is imported and counted');
    await using tidemark = await openSuperstore(world);
    if (only.includes('hot')) {
      results.hot = [];
      for (const question of [totalsQuestion, superstoreQuestion]) {
        say(`hot: ${question}`);
        results.hot = [...results.hot, await measureHot(tidemark, question, { ...size.hot, say })];
      }
    }
    if (only.includes('times')) {
      say(`times: ${superstoreQuestion}`);
      results.superstore = await timeQuestion(tidemark, superstoreQuestion, { ...size.times, say });
    }
  }
  if (only.includes('times')) {
    const orders = { ...size.generated, fromMs: generatedFromMs };
    say(`times: ${orders.count.toLocaleString('en')} generated orders`);
    results.generated = await timeGenerated(world, orders, { ...size.times, say });
  }
  return results;
}
