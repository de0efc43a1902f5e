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
    'store=West',
    '--where',
    'store=East, and more',
    '--where',
    'channel=web',
    '--not',
    'country=US',
    '--attribution',
    'order',
    '--at-least',
    'abc',
  ];

  test('a comparison becomes columns beside the present', async () => {
    const window = { windowStart: '2024-05-02', windowEnd: '2024-05-03' };
    const compare = { ...window, orders: 8, change: { orders: 0.125 } };
    const rows = [{ windowStart: '2024-05-03', windowEnd: '2024-05-04', orders: 9, compare }];
    const answer = () => ({ status: 200, body: { rows, query: {}, provenance } });
    const ranked = ['--order=-orders', '--limit', '3', '--other', '--last', '1d', '--compare', 'previous'];
    const { out, requests } = await run(['query', ...ranked], answer, { isTerminal: true });
    expect(requests[0]!.url.search).toContain('last=1d&order=-orders&limit=3&other=true&compare=previous');
    expect(out).toMatch(/│ orders │ compared with │ orders then │ orders change │/);
    expect(out).toMatch(/│ +9 │ 2024-05-02 +│ +8 │ +0\.125 │/);
  });

  test('options become the parameters of the API, and a pipe gets JSON', async () => {
    const { code, out, requests } = await run(args, () => ({ status: 200, body: byStore }));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(byStore);
    expect([...requests[0]!.url.searchParams]).toEqual([
      ['measures', 'orders,grossMinor'],
      ['by', 'store'],
      ['from', '2014-01-01'],
      ['to', '2018-01-01'],
      ['attribution', 'order'],
      ['atLeast', 'abc'],
      ['where.store', 'West'],
      ['where.store', 'East, and more'],
      ['where.channel', 'web'],
      ['not.country', 'US'],
      ['provenance', 'full'],
    ]);
  });

  test('without options it asks for what can always be answered', async () => {
    const { requests } = await run(['query'], () => ({ status: 200, body: byStore }));
    expect(requests[0]!.url.search).toBe('?measures=orders%2CgrossMinor&by=currency&provenance=full');
  });

  test('a terminal gets a table with readable headers, and JSON where it asks', async () => {
    const { out } = await run(args, () => ({ status: 200, body: byStore }), { isTerminal: true });
    expect(out).toContain('gross (minor units)');
    expect(out).toContain('72,545,793');
    expect(out).toContain('deferred 7 records');
    const asked = await run([...args, '--json'], () => ({ status: 200, body: byStore }), { isTerminal: true });
    expect(JSON.parse(asked.out)).toEqual(byStore);
  });

  test('integers beyond 2^53 stay what they are: as they came in JSON, exact in a table', async () => {
    const json = `{"rows": [{"grossMinor":9007199254740993}], "query":{}, "provenance":${JSON.stringify(provenance)}}`;
    const answer = () => ({ status: 200, body: json });
    expect((await run(args, answer)).out).toBe(json);
    expect((await run([...args, '--json'], answer, { isTerminal: true })).out).toBe(json);
    expect((await run(args, answer, { isTerminal: true })).out).toContain('9,007,199,254,740,993');
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
    [['query', '--attribution', 'shop'], /Allowed choices are event, order/],
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

  test('an operator token that no header can carry is told as such, and not as an unreachable service', async () => {
    const { code, err, requests } = await run(['batch', 'run'], undefined, {
      env: { TIDEMARK_OPERATOR_TOKEN: 'schlüssel\n–' },
    });
    expect(code).toBe(2);
    expect(err).toContain('TIDEMARK_OPERATOR_TOKEN) holds characters that an HTTP header cannot');
    expect(requests).toEqual([]);
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

  test('a file reaches ingest byte for byte: only a line feed ends a line, and what is no UTF-8 stays so', async () => {
    const file = join(folder, 'bytes.ndjson');
    const lines = [Buffer.from('{"name":"a\u2028b\u0085c"}\r'), Buffer.from('{"name":"caf\xe9"}', 'latin1')];
    writeFileSync(file, Buffer.concat([lines[0]!, Buffer.from('\n \n\n'), lines[1]!, Buffer.from('\n')]));
    const { code, requests } = await run(['import', file], services);
    expect(code).toBe(0);
    expect(requests[0]!.bytes).toEqual(Buffer.concat([lines[0]!, Buffer.from('\n'), lines[1]!]));
  });

  test('a line that no request can carry is named by its number', async () => {
    const file = join(folder, 'long.ndjson');
    writeFileSync(file, `{}\n${'x'.repeat(9 * 1024 * 1024)}`);
    const { code, err } = await run(['import', file], services);
    expect(code).toBe(2);
    expect(err).toContain(`line 2 of ${file} cannot be read: it is longer than 8388608 bytes`);
  });

  test.each([['import'], ['simulate']])('rejected events end %s with 1', async (command) => {
    const file = join(folder, 'one.ndjson');
    writeFileSync(file, '{}\n');
    const rejected = [{ index: 0, code: 'wrong-type', message: 'no' }];
    const answer = (request: FakeRequest): FakeAnswer =>
      request.url.pathname === '/v1/events'
        ? { status: 202, body: { accepted: 0, rejected, rejectedCount: 1, vector, token } }
        : services(request);
    const { code, err } = await run([command, ...(command === 'import' ? [file] : ['--count', '1'])], answer);
    expect(code).toBe(1);
    expect(err).toContain('1 events were rejected');
  });

  test('a wait for ingest is told at once, with what it waits for and until when, and only once', async () => {
    const file = join(folder, 'waits.ndjson');
    writeFileSync(file, '{}\n');
    const away = { status: 503, headers: { 'retry-after': '0' }, body: { detail: 'Kafka is away' } };
    const answers: FakeAnswer[] = [away, away];
    const { code, err } = await run(['import', file], (request) => answers.shift() ?? services(request));
    expect(code).toBe(0);
    expect(err.match(/Kafka is away; trying again until \d\d:\d\d:\d\d UTC/g)).toHaveLength(1);
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
