// kill -9 of each service while orders flow: the supervisor brings it back, and the end result equals the simulator's own
// totals. The whole system as a user starts it, in processes of their own on a stack of their own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importEvents } from '../cli/import-events.ts';
import { readSuperstore } from '../cli/superstore.ts';
import { chooseFreePorts } from '../stack/ports.ts';
import { openTidemark, type Tidemark } from '../stack/up.ts';
import { until } from './until.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-kill-'));
let tidemark: Tidemark;

beforeAll(async () => {
  const names = ['STACK_KAFKA', 'STACK_REDIS', 'STACK_CLICKHOUSE', 'SERVING', 'INGEST', 'SPEED', 'BATCH'];
  const ports = await chooseFreePorts(names.length);
  const env = Object.fromEntries(names.map((name, i) => [`TIDEMARK_${name}_PORT`, String(ports[i])]));
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TIDEMARK_')));
  tidemark = await openTidemark({ dataDir: folder, env: { ...inherited, ...env, TIDEMARK_LOG_LEVEL: 'warn' } });
});
afterAll(async () => {
  await tidemark?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface BatchRunAnswer {
  readonly covered: boolean;
  readonly run: string;
  readonly ledger: {
    readonly counted: number;
    readonly duplicate: number;
    readonly rejected: number;
    readonly gap: number;
  };
}

async function batchRun(cover: string): Promise<BatchRunAnswer> {
  const response = await fetch(`${tidemark.urls.serving}/v1/batch-runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tidemark.operatorToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ cover }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as BatchRunAnswer;
}

type Row = Record<string, number | string>;
async function query(
  parameters: string,
): Promise<{ rows: Row[]; provenance: { run: string; audit: { state: string } } }> {
  const response = await fetch(`${tidemark.urls.serving}/v1/query?${parameters}`);
  expect(response.status, parameters).toBe(200);
  return (await response.json()) as { rows: Row[]; provenance: { run: string; audit: { state: string } } };
}

const importSuperstore = () =>
  importEvents({
    ingestUrl: tidemark.urls.ingest,
    events: readSuperstore().map((event) => ({ json: JSON.stringify(event) })),
  });

interface SimulateResult {
  readonly accepted: number;
  readonly sent: number;
  readonly token: string;
  readonly byCurrency: Record<string, Record<string, number>>;
}

/** `tidemark simulate` as a user runs it. */
async function simulate(args: readonly string[]): Promise<SimulateResult> {
  const env = {
    ...process.env,
    TIDEMARK_INGEST_URL: tidemark.urls.ingest,
    TIDEMARK_SERVING_URL: tidemark.urls.serving,
  };
  const child = spawn(process.execPath, ['cli/main.ts', 'simulate', '--json', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code, err).toBe(0);
  return JSON.parse(out) as SimulateResult;
}

/** kill -9 the service, and wait until its successor is ready. */
async function killService(name: string, url: string): Promise<void> {
  const pidOf = () => tidemark.members.find((member) => member.name === name)!.pid;
  const before = pidOf();
  process.kill(before, 'SIGKILL');
  const isReady = async () =>
    pidOf() !== before &&
    (await fetch(`${url}/readyz`).then(
      (r) => r.ok,
      () => false,
    ));
  await until(`${name} is ready again`, isReady, 60_000);
}

test('imported twice, Superstore counts once: 10,018 counted and 10,018 duplicate', { timeout: 60_000 }, async () => {
  await importSuperstore();
  const { token } = await importSuperstore();
  const run = await batchRun(token!);
  expect(run).toMatchObject({ covered: true, ledger: { counted: 10_018, duplicate: 10_018, rejected: 0, gap: 0 } });
  const { rows } = await query(
    'measures=orders,grossMinor,units,fulfilledOrders&from=2014-01-01&to=2019-01-01&where.country=US',
  );
  expect(rows).toMatchObject([{ orders: 5_009, grossMinor: 229_720_107, units: 37_873, fulfilledOrders: 5_009 }]);
});

test('kill -9 of speed, batch and serving while 20,000 events and an import flow: the totals are exact', {
  timeout: 180_000,
}, async () => {
  // Simulated stores are not Superstore's regions, so the two can be told apart.
  const simulated = simulate(['--seed', '1', '--count', '20000', '--rate', '2000']);
  const imported = importSuperstore();
  const accepted = async () =>
    (await query('measures=orders&from=2020-01-01&to=2100-01-01&by=currency')).rows.length > 0;
  await until('the simulated orders are seen', accepted);
  await killService('speed-layer', tidemark.urls['speed-layer']);
  await killService('batch-layer', tidemark.urls['batch-layer']);
  await killService('serving', tidemark.urls.serving);
  const [result] = await Promise.all([simulated, imported]);
  expect(result.accepted).toBe(20_000);
  const measures = Object.keys(Object.values(result.byCurrency)[0]!);
  const range = 'from=2020-01-01&to=2100-01-01';
  const answer = async (atLeast: string) => {
    const { rows, provenance } = await query(`measures=${measures.join(',')}&by=currency&${range}&atLeast=${atLeast}`);
    const byCurrency = Object.fromEntries(
      rows.map((row) => [
        row['currency'],
        Object.fromEntries(measures.map((m): [string, number] => [m, Number(row[m])])),
      ]),
    ) as SimulateResult['byCurrency'];
    return { byCurrency, provenance };
  };
  // Live, before batch has counted the last of it (a few late orders may wait for the run), and exact after it.
  const live = await answer(result.token);
  const run = await batchRun(result.token);
  expect(run.covered).toBe(true);
  const exact = await answer(result.token);
  expect(exact.byCurrency).toEqual(result.byCurrency);
  expect(exact.provenance.audit.state).not.toBe('different');
  for (const [currency, totals] of Object.entries(live.byCurrency)) {
    expect(totals['orders']).toBeLessThanOrEqual(result.byCurrency[currency]!['orders']!);
  }
});
