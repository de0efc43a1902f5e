// Cold and hot times of two real questions: 4 years of Superstore by month and store, and many generated orders by day. Cold:
// serving is started anew and ClickHouse has dropped its caches (the pages of the files stay in the kernel's). Hot: the
// same question again, one at a time. Between the questions nothing arrives.
import { setTimeout as delay } from 'node:timers/promises';
import { type Api, createApi } from '../../cli/api.ts';
import { importEvents } from '../../cli/import-events.ts';
import { outgoing } from '../../cli/outgoing.ts';
import { readSuperstore } from '../../cli/superstore.ts';
import { openClickHouse } from '../../runtime/clickhouse.ts';
import { type GeneratedOrders, putIntoArchive } from './generated-archive.ts';
import { type Spread, spreadOf } from './statistics.ts';
import type { Settings, Tidemark, World } from './world.ts';

export interface QuestionTimes {
  readonly rows: number;
  readonly bodyBytes: number;
  readonly coldMs: Spread;
  readonly hotMs: Spread;
}

export interface TimesOptions {
  readonly coldRounds: number;
  readonly hotRequests: number;
  readonly say: (line: string) => void;
}

export const superstoreQuestion =
  'measures=orders,grossMinor&by=store&where.currency=USD&window=month&from=2014-01-01&to=2018-01-01';

/** Superstore, sent by `tidemark import`'s code to ingest and counted by a run. */
export async function openSuperstore(world: World, env: Readonly<Record<string, string>> = {}): Promise<Tidemark> {
  const tidemark = await world.openTidemark('superstore', { env });
  const { servingUrl, ingestUrl, settings } = tidemark;
  const api = createApi({ servingUrl, ingestUrl, operatorToken: () => settings.operatorToken });
  const { token } = await importEvents({ ingestUrl, events: outgoing(readSuperstore()), signal: world.signal });
  const { body: run } = await api.runBatch(token);
  if (!run.covered) throw new Error('the batch run does not cover Superstore');
  await api.query({ measures: ['orders'], atLeast: run.token! });
  return tidemark;
}

const dropCaches = ['MARK CACHE', 'UNCOMPRESSED CACHE', 'INDEX MARK CACHE', 'QUERY CACHE'];

export async function timeQuestion(
  tidemark: Tidemark,
  question: string,
  options: TimesOptions,
): Promise<QuestionTimes> {
  const url = `${tidemark.servingUrl}/v1/query?${question}`;
  const serving = tidemark.services.find(({ name }) => name === 'serving')!;
  const clickhouse = openClickHouse(tidemark.settings);
  const cold: number[] = [];
  let last: Asked | undefined;
  try {
    for (let round = 0; round < options.coldRounds; round += 1) {
      await serving.restart();
      for (const cache of dropCaches) await clickhouse.command(`SYSTEM DROP ${cache}`);
      last = await ask(url);
      cold.push(last.ms);
    }
  } finally {
    await clickhouse.close();
  }
  const hot: number[] = [];
  for (let i = 0; i < options.hotRequests; i += 1) {
    const again = await ask(url);
    if (again.text !== last!.text) throw new Error(`the answer changed though nothing arrived: ${question}`);
    hot.push(again.ms);
  }
  const { rows } = JSON.parse(last!.text) as { rows: unknown[] };
  return {
    rows: rows.length,
    bodyBytes: Buffer.byteLength(last!.text),
    coldMs: spreadOf(cold),
    hotMs: spreadOf(hot),
  };
}

interface Asked {
  readonly text: string;
  readonly ms: number;
}

async function ask(url: string): Promise<Asked> {
  const begun = performance.now();
  const response = await fetch(url);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text.slice(0, 300)}`);
  return { text, ms: performance.now() - begun };
}

const noProgressMs = 180_000;

/** One request makes as many runs as it takes, and may end before them: the status tells when all are counted. */
async function countInRuns(api: Api, count: number, say: (line: string) => void): Promise<number> {
  let refused: unknown;
  void api.runBatch().catch((error: unknown) => (refused = error));
  let counted = 0;
  let runs = 0;
  for (let progressAt = performance.now(); counted < count; ) {
    if (performance.now() > progressAt + noProgressMs) {
      throw new Error(`no batch run counted anything for ${noProgressMs / 1_000} s`, { cause: refused });
    }
    await delay(500);
    const { totals, notes } = (await api.status()).body;
    if (totals.duplicate + totals.deferred + totals.rejected + totals.gap > 0)
      throw new Error(`generated orders were not all counted: ${JSON.stringify([totals, notes])}`);
    if (totals.counted === counted) continue;
    counted = totals.counted;
    runs += 1;
    progressAt = performance.now();
    say(`  batch run ${runs}: ${counted.toLocaleString('en')} orders are counted`);
  }
  return runs;
}

export interface GeneratedTimes extends QuestionTimes {
  readonly orders: number;
  readonly days: number;
  readonly fillSeconds: number;
  readonly batchRuns: number;
  readonly batchSeconds: number;
}

export async function timeGenerated(
  world: World,
  orders: GeneratedOrders,
  options: TimesOptions,
): Promise<GeneratedTimes> {
  const { say } = options;
  let fillSeconds = 0;
  let told = 0;
  const prepare = async (settings: Settings, generation: Tidemark['generation']) => {
    const begun = performance.now();
    await putIntoArchive(settings, generation, orders, (share) => {
      if (share < told + 0.2) return;
      told = share;
      say(`  ${Math.round(share * 100)} % of ${orders.count.toLocaleString('en')} orders are in the archive`);
    });
    fillSeconds = (performance.now() - begun) / 1_000;
  };
  // Runs on demand only, so that they can be timed; nothing is live, so neither ingest nor speed is started.
  const env = { TIDEMARK_BATCH_SCHEDULE: '0 0 1 1 *' };
  const services = ['batch-layer', 'serving'] as const;
  await using tidemark = await world.openTidemark('generated', { prepare, env, services });
  const { servingUrl, ingestUrl, settings } = tidemark;
  const api = createApi({ servingUrl, ingestUrl, operatorToken: () => settings.operatorToken });
  const begun = performance.now();
  const batchRuns = await countInRuns(api, orders.count, say);
  const batchSeconds = (performance.now() - begun) / 1_000;
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const [from, to] = [orders.fromMs, orders.fromMs + orders.days * 86_400_000].map(day);
  const times = await timeQuestion(
    tidemark,
    `measures=orders,grossMinor&where.currency=USD&window=day&from=${from}&to=${to}`,
    options,
  );
  if (times.rows !== orders.days) throw new Error(`${times.rows} rows of ${orders.days} days`);
  return { ...times, orders: orders.count, days: orders.days, fillSeconds, batchRuns, batchSeconds };
}
