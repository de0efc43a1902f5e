// The command line as a user meets it: exit codes, one clear line on failure, JSON in a pipe, tables on a terminal.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeToken } from '../schemas/token.ts';
import { reportError } from './errors.ts';
import { createFakeIo, type FakeAnswer, type FakeRequest, openFakeService } from './fake-service.ts';
import { createProgram } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs one command against fake services; `args` as typed. */
async function run(
  args: readonly string[],
  answer: (request: FakeRequest) => FakeAnswer | 'hang up' = () => ({ status: 500, body: {} }),
  { isTerminal = false, env = {} }: { isTerminal?: boolean; env?: NodeJS.ProcessEnv } = {},
) {
  await using service = await openFakeService(answer);
  const urls = { TIDEMARK_SERVING_URL: service.url, TIDEMARK_INGEST_URL: service.url };
  const io = createFakeIo({ isTerminal, env: { ...urls, TIDEMARK_DATA_DIR: folder, ...env } });
  let code = 0;
  try {
    await createProgram(io).parseAsync([...args], { from: 'user' });
  } catch (error) {
    code = reportError(error, io.err, false);
  }
  return { code, out: io.outText(), err: io.errText(), requests: service.requests, url: service.url };
}

const provenance = { generation: 'g', run: 'r-1', token: 't', lagRecords: 0, deferredRecords: 7 };
const byStore = { rows: [{ store: 'West', orders: 3, grossMinor: 72_545_793 }], query: {}, provenance };

describe('query', () => {
  const args = [
    'query',
    '--by',
    'store',
    '--from',
    '2014-01-01',
    '--to',
    '2018-01-01',
    '--where',
    'store=West,East',
    '--where',
    'channel=web',
    '--not',
    'country=US',
    '--at-least',
    'abc',
  ];

  test('options become the parameters of the API, and a pipe gets JSON', async () => {
    const { code, out, requests } = await run(args, () => ({ status: 200, body: byStore }));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(byStore);
    expect([...requests[0]!.url.searchParams]).toEqual([
      ['measures', 'orders,grossMinor'],
      ['by', 'store'],
      ['from', '2014-01-01'],
      ['to', '2018-01-01'],
      ['atLeast', 'abc'],
      ['where.store', 'West'],
      ['where.store', 'East'],
      ['where.channel', 'web'],
      ['not.country', 'US'],
    ]);
  });

  test('without options it asks for what can always be answered', async () => {
    const { requests } = await run(['query'], () => ({ status: 200, body: byStore }));
    expect(requests[0]!.url.search).toBe('?measures=orders%2CgrossMinor&by=currency');
  });

  test('a terminal gets a table with readable headers, and JSON where it asks', async () => {
    const { out } = await run(args, () => ({ status: 200, body: byStore }), { isTerminal: true });
    expect(out).toContain('gross (minor units)');
    expect(out).toContain('72,545,793');
    expect(out).toContain('deferred 7 records');
    const asked = await run([...args, '--json'], () => ({ status: 200, body: byStore }), { isTerminal: true });
    expect(JSON.parse(asked.out)).toEqual(byStore);
  });

  test("a problem of the request is a usage error with the server's words", async () => {
    const body = { code: 'unknown-parameter', detail: 'by is "shop", expected one of store, channel' };
    const { code, err, url } = await run(['query', '--by', 'shop'], () => ({ status: 400, body }));
    expect(code).toBe(2);
    expect(err).toBe(`tidemark: GET ${url}/v1/query: by is "shop", expected one of store, channel (unknown-parameter)`);
  });
});

describe('failures', () => {
  test.each([
    [['nonsense'], /unknown command 'nonsense'/],
    [['query', '--nonsense'], /unknown option '--nonsense'/],
    [['simulate', '--rate', '0'], /Expected a number above 0/],
    [['simulate', '--count', '1.5'], /Expected a whole number from 1 on/],
    [['query', '--where', 'West'], /--where is "West", expected DIMENSION=VALUE/],
    [['simulate', '--start', 'soon'], /--start is "soon", expected an instant/],
    [['import', 'no-such-file.ndjson'], /no-such-file.ndjson is neither/],
  ])('%j is a usage error: 2', async (args, message) => {
    const { code, err, requests } = await run(args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(requests).toEqual([]);
  });

  test('a service that is not there is 69 and the line says which, where and what to do', async () => {
    const gone = await openFakeService(() => 'hang up');
    await gone[Symbol.asyncDispose]();
    const { code, err } = await run(['status'], undefined, { env: { TIDEMARK_SERVING_URL: gone.url } });
    expect(code).toBe(69);
    expect(err).toBe(
      `tidemark: serving does not answer at ${gone.url} (connection refused); start it with \`npm start\` or \`tidemark up\`, or set TIDEMARK_SERVING_URL`,
    );
  });

  test.each([
    [503, 69],
    [500, 1],
  ])('an answer of %i ends with %i', async (status, exitCode) => {
    const body = { code: 'x', detail: 'why' };
    expect((await run(['status'], () => ({ status, body }))).code).toBe(exitCode);
  });
});

describe('batch run', () => {
  const done = { run: 'r-2', tidemark: [3, 4], published: true, covered: true };

  test('sends the token to cover and the operator token of the data folder', async () => {
    writeFileSync(join(folder, 'secrets.json'), JSON.stringify({ operatorToken: 'from-the-file', hashKey: '' }));
    const { code, requests } = await run(['batch', 'run', '--cover', 'tok'], () => ({ status: 200, body: done }));
    expect(code).toBe(0);
    expect(requests[0]).toMatchObject({ method: 'POST', body: '{"cover":"tok"}' });
    expect(requests[0]!.headers.authorization).toBe('Bearer from-the-file');
  });

  test('a run that does not cover what was asked for is 69', async () => {
    const body = { ...done, covered: false, behind: '0 at 3 of 9' };
    const { code, err } = await run(['batch', 'run', '--cover', 'tok'], () => ({ status: 200, body }), {
      env: { TIDEMARK_OPERATOR_TOKEN: 'x' },
    });
    expect(code).toBe(69);
    expect(err).toContain('0 at 3 of 9');
  });

  test('a wrong operator token is told as such', async () => {
    const { code, err } = await run(['batch', 'run'], () => ({ status: 401, body: {} }), {
      env: { TIDEMARK_OPERATOR_TOKEN: 'x' },
    });
    expect(code).toBe(1);
    expect(err).toContain('TIDEMARK_OPERATOR_TOKEN');
  });
});

describe('import and simulate', () => {
  const vector = [2, 0];
  const token = encodeToken({ generation: 'abcdef012345', run: '', vector });
  const services = ({ url, body }: FakeRequest): FakeAnswer => {
    if (url.pathname === '/v1/query') return { status: 200, body: { rows: [], query: {}, provenance } };
    return { status: 202, body: { accepted: body.split('\n').length, rejected: [], rejectedCount: 0, vector, token } };
  };

  test('an import says how many records wait for batch and when they are seen', async () => {
    const file = join(folder, 'events.ndjson');
    writeFileSync(file, '{"a":1}\n\n{"a":2}\n');
    const { code, out, requests } = await run(['import', file], services, { isTerminal: true });
    expect(code).toBe(0);
    expect(requests.map(({ body }) => body)).toEqual(['{"a":1}\n{"a":2}', '']);
    expect(requests[1]!.url.searchParams.get('atLeast')).toBe(token);
    expect(out).toContain('accepted 2 events');
    expect(out).toContain('7 records are deferred: counted by the next batch run, at most 60 s away');
  });

  test('a simulation prints its own totals; the same seed and start give the same', async () => {
    const args = ['simulate', '--seed', '1', '--count', '500', '--rate', '100000', '--start', '2026-01-01T00:00:00Z'];
    const first = await run(args, services);
    const second = await run(args, services);
    const totals = JSON.parse(first.out) as { sent: number; distinct: number; copies: number };
    expect(totals).toMatchObject({ sent: 500, distinct: 500 - totals.copies });
    expect(second.out).toBe(first.out);
    const sent = (requests: readonly FakeRequest[]) => requests.map(({ body }) => body).join('\n');
    expect(sent(second.requests)).toBe(sent(first.requests));
  });
});

test('--help shows options and examples and ends with 0', async () => {
  for (const command of ['start', 'up', 'down', 'import', 'simulate', 'query', 'status', 'doctor']) {
    const { code, out } = await run([command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
  }
});
