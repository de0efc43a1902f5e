// `npm start` against fake services: what it asks for, prints and remembers, and how it ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { encodeToken } from '../schemas/token.ts';
import { createFakeIo, type FakeAnswer, type FakeRequest, openFakeService } from './fake-service.ts';
import { type Open, runStart } from './start.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function dataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-start-'));
  folders.push(folder);
  return folder;
}

const generation = 'abcdef012345';
const token = encodeToken({ generation, run: '', vector: [10_018] });
const provenance = { generation, run: 'r', token };

/** A pipeline of one counter: deferred until a batch run counts it. */
function pipeline(overrides: (request: FakeRequest) => FakeAnswer | undefined = () => undefined) {
  let records = 0;
  return (request: FakeRequest): FakeAnswer => {
    const overridden = overrides(request);
    if (overridden) return overridden;
    switch (request.url.pathname) {
      case '/v1/events': {
        const accepted = request.body.split('\n').length;
        records += accepted;
        return { status: 202, body: { accepted, rejected: [], rejectedCount: 0, vector: [records], token } };
      }
      case '/v1/status': {
        const totals = { records, counted: 0, duplicate: 0, deferred: records, rejected: 0, gap: 0, liveCounted: 0 };
        return { status: 200, body: { generation, run: {}, partitions: [], totals } };
      }
      case '/v1/batch-runs': {
        const ledger = { counted: records, duplicate: 0, rejected: 0, gap: 0 };
        return { status: 200, body: { run: 'r', tidemark: [records], published: true, covered: true, ledger, token } };
      }
      default: {
        const rows = [
          { currency: 'USD', orders: 5_009, grossMinor: 229_720_107, units: 37_873, fulfilledOrders: 5_009 },
        ];
        return { status: 200, body: { rows, query: {}, provenance } };
      }
    }
  };
}

async function start(
  folder: string,
  answer: ReturnType<typeof pipeline>,
  options: Partial<Parameters<typeof runStart>[1]> = {},
) {
  await using service = await openFakeService(answer);
  const ended: string[] = [];
  const open: Open = async () => ({
    urls: { serving: service.url, ingest: service.url, 'speed-layer': service.url, 'batch-layer': service.url },
    operatorToken: 'operator',
    close: async () => void ended.push('closed'),
  });
  // Half past a minute: the import keeps clear of the scheduled run.
  const io = createFakeIo({ env: { TIDEMARK_DATA_DIR: folder }, now: () => Date.UTC(2026, 0, 1, 12, 0, 30) });
  let error: unknown;
  await runStart(io, { live: false, exit: true, ...options }, open).catch((cause: unknown) => {
    error = cause;
  });
  const paths = service.requests.map(({ url }) => url.pathname);
  return { out: io.outText(), err: io.errText(), paths, requests: service.requests, ended, error };
}

test('the first start imports, runs batch over it, and prints totals and how the records were counted', async () => {
  const { out, paths, requests, ended, error } = await start(dataDir(), pipeline());
  expect(error).toBeUndefined();
  expect(paths.filter((path) => path === '/v1/events')).toHaveLength(3);
  expect(requests.find(({ url }) => url.pathname === '/v1/batch-runs')).toMatchObject({
    body: JSON.stringify({ cover: token }),
    headers: { authorization: 'Bearer operator' },
  });
  for (const text of ['5,009', '2,297,201.07 USD', '37,873']) expect(out).toContain(text);
  expect(out).toContain('10,018 records, live 0, deferred 10,018, batch counted 10,018');
  expect(out).toContain('npx tidemark query');
  expect(ended).toEqual(['closed']);
});

test('a later start does not import again; one whose stores are empty does', async () => {
  const folder = dataDir();
  const answer = pipeline();
  await start(folder, answer);
  const second = await start(folder, answer);
  expect(second.paths).not.toContain('/v1/events');
  expect(second.out).toContain('2,297,201.07 USD');
  const emptied = await start(folder, pipeline());
  expect(emptied.paths).toContain('/v1/events');
});

test('a start in another generation asks with a token of that one, over the same offsets', async () => {
  const folder = dataDir();
  await start(folder, pipeline());
  const now = encodeToken({ generation: '543210fedcba', run: '', vector: [10_018] });
  const inUse: FakeAnswer = { status: 200, body: { run: 'r', tidemark: [], published: false, covered: true } };
  const totals = { records: 10_018, counted: 0, duplicate: 0, deferred: 0, rejected: 0, gap: 0, liveCounted: 0 };
  const other = pipeline(({ url }) => {
    if (url.pathname === '/v1/batch-runs') return inUse;
    if (url.pathname !== '/v1/status') return undefined;
    return { status: 200, body: { generation: '543210fedcba', run: {}, partitions: [], totals } };
  });
  const { error, paths, requests } = await start(folder, other);
  expect(error).toBeUndefined();
  expect(paths).not.toContain('/v1/events');
  expect(requests.find(({ url }) => url.pathname === '/v1/batch-runs')?.body).toBe(JSON.stringify({ cover: now }));
  const asked = requests.map(({ url }) => url.searchParams.get('atLeast')).filter((each) => each !== null);
  expect(new Set(asked)).toEqual(new Set([now]));
});

test('a failure names the step and everything is stopped', async () => {
  const failing = pipeline(({ url }) =>
    url.pathname === '/v1/batch-runs' ? { status: 500, body: { code: 'internal', detail: 'see the log' } } : undefined,
  );
  const { error, ended } = await start(dataDir(), failing);
  expect(error).toMatchObject({
    message: expect.stringMatching(/^step "batch run that covers them" failed: .*see the log/),
  });
  expect(ended).toEqual(['closed']);
});
