// `tidemark report` as a user meets it: requests, tables, files, exit codes.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { reportError } from './errors.ts';
import { createFakeIo, type FakeAnswer, type FakeRequest, openFakeService } from './fake-service.ts';
import { createProgram } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(args: readonly string[], answer: (request: FakeRequest) => FakeAnswer, isTerminal = false) {
  await using service = await openFakeService(answer);
  const env = { TIDEMARK_SERVING_URL: service.url, TIDEMARK_OPERATOR_TOKEN: 'operator-token-0123' };
  const io = createFakeIo({ isTerminal, env });
  let code = 0;
  try {
    await createProgram(io).parseAsync(['report', ...args], { from: 'user' });
  } catch (error) {
    code = reportError(error, io.err, false);
  }
  const asked = service.requests.map(({ method, url, body }) => [method, url.pathname, body && JSON.parse(body)]);
  return { code, out: io.outText(), err: io.errText(), asked, requests: service.requests };
}

const csv = 'windowStart,orders\r\n2024-05-01,3\r\n';
const file = '20240502T060000Z.csv';
const written = {
  report: 'sales',
  outcome: 'written',
  instant: '2024-05-02T06:00:00.000Z',
  trigger: 'made-up',
  skipped: 2,
  startedAt: '2024-05-02T06:00:02.000Z',
  finishedAt: '2024-05-02T06:00:03.500Z',
  file,
  rows: 1,
  bytes: csv.length,
  sha256: createHash('sha256').update(csv).digest('hex'),
  run: 'r-1',
  token: 'token-1',
  deferredRecords: 1,
  notes: ['late'],
};
const failed = { ...written, outcome: 'failed', code: 'unknown-measure', detail: 'no visitors' };
const report = {
  name: 'sales',
  title: 'Sales',
  query: { measures: ['orders'], range: 'yesterday' },
  schedule: '0 6 * * *',
  tz: 'Europe/Berlin',
  nextAt: '2024-05-03T04:00:00.000Z',
  lastRun: written,
  underway: null,
};

/** A serving that knows one report with one file. */
function serving({ method, url }: FakeRequest): FakeAnswer {
  const { pathname } = url;
  if (method === 'DELETE') return { status: 204, body: '' };
  if (pathname.endsWith('/runs')) return { status: 201, body: written };
  if (pathname.endsWith('/files'))
    return { status: 200, body: { files: [{ file, bytes: csv.length, made: written }], total: 3 } };
  if (pathname.endsWith('.csv')) return { status: 200, body: csv, headers: { 'content-type': 'text/csv' } };
  if (pathname === '/v1/reports') return { status: 200, body: { reports: [report] } };
  return { status: 200, body: { ...report, runs: [written, failed] } };
}

test('save sends the query as a body, with the schedule and its zone, and the operator token', async () => {
  const query = [
    '--measures',
    'orders,units',
    '--by',
    'store',
    '--range',
    'yesterday',
    '--where',
    'store=East, and more',
  ];
  const rest = ['--where', 'store=West', '--not', 'country=US', '--order=-orders', '--limit', '3', '--other'];
  const when = ['--title', 'Sales', '--schedule', '0 6 * * *', '--tz', 'Europe/Berlin'];
  const { code, asked, requests, out } = await run(['save', 'sales', ...query, ...rest, ...when], serving, true);
  expect(code).toBe(0);
  expect(requests[0]!.headers.authorization).toBe('Bearer operator-token-0123');
  const tz = 'Europe/Berlin';
  const body = {
    measures: ['orders', 'units'],
    by: ['store'],
    range: 'yesterday',
    tz,
    order: ['-orders'],
    limit: 3,
    other: true,
    where: { store: ['East, and more', 'West'] },
    not: { country: ['US'] },
  };
  expect(asked).toEqual([['PUT', '/v1/reports/sales', { title: 'Sales', query: body, schedule: '0 6 * * *', tz }]]);
  expect(out).toBe('saved sales · Sales · made at 0 6 * * * Europe/Berlin, next 2024-05-03T04:00:00.000Z');
});

test('what is under way is told, and what to do about a run that failed last', async () => {
  const since = '2024-05-03T06:00:01.000Z';
  const underway = { instant: '2024-05-03T06:00:00.000Z', trigger: 'schedule', step: 'answering', since };
  const answer = ({ url }: FakeRequest) => {
    const body = { ...report, lastRun: failed, underway };
    return { status: 200, body: url.pathname === '/v1/reports' ? { reports: [body] } : { ...body, runs: [failed] } };
  };
  const line = '2024-05-03T06:00:00.000Z answering since 2024-05-03T06:00:01.000Z';
  expect((await run(['list'], answer, true)).out).toContain(line);
  const show = await run(['show', 'sales'], answer, true);
  expect(show.out).toContain(line);
  expect(show.out).toContain('save another query under its name');
  const waiting = () => ({ status: 200, body: { ...report, runs: [], underway: { ...underway, step: 'waiting' } } });
  expect((await run(['show', 'sales'], waiting, true)).out).toContain('waits for other reports since');
});

test('save without options saves what can always be answered, on demand', async () => {
  const { asked } = await run(['save', 'sales'], serving);
  expect(asked[0]![2]).toEqual({ query: { measures: ['orders', 'grossMinor'], by: ['currency'] } });
});

test('list and show tell when a report is due and what became of it, a pipe gets JSON', async () => {
  const list = await run(['list'], serving, true);
  expect(list.out).toMatch(/│ sales +│ Sales +│ 0 6 \* \* \* Europe\/Berlin +│ 2024-05-03T04:00:00.000Z +│ 2024-05-02/);
  const show = await run(['show', 'sales'], serving, true);
  expect(show.out).toContain('{"measures":["orders"],"range":"yesterday"}');
  expect(show.out).toMatch(/made-up +│ +2 │ 1\.5 s +│ 20240502T060000Z.csv, 1 rows/);
  expect(show.out).toContain('failed: unknown-measure, no visitors');
  expect(JSON.parse((await run(['list'], serving)).out)).toEqual({ reports: [report] });
  expect((await run(['list'], () => ({ status: 200, body: { reports: [] } }), true)).out).toContain('no reports');
});

describe('run', () => {
  test('tells what was written and its token', async () => {
    const { out, asked } = await run(['run', 'sales'], serving, true);
    expect(asked).toEqual([['POST', '/v1/reports/sales/runs', '']]);
    expect(out).toBe(
      `${file} is written · 1 rows · ${csv.length} bytes · 1 records deferred\nrun r-1 · token token-1\nnote: late`,
    );
  });

  test('with --output brings the CSV: to standard output byte for byte, or to a file', async () => {
    expect((await run(['run', 'sales', '--output', '-'], serving, true)).out).toBe(csv);
    const target = join(folder, 'sales.csv');
    const { out, err } = await run(['run', 'sales', '--output', target], serving);
    expect(readFileSync(target, 'utf8')).toBe(csv);
    expect([out, err]).toEqual(['', `${file}: ${csv.length} bytes to ${target}`]);
  });

  test('that brings other bytes than were written ends with 1 and writes nothing', async () => {
    const target = join(folder, 'damaged.csv');
    const damaged = (request: FakeRequest) =>
      request.url.pathname.endsWith('.csv') ? { status: 200, body: 'other' } : serving(request);
    const { code, err } = await run(['run', 'sales', '--output', target], damaged);
    expect([code, existsSync(target)]).toEqual([1, false]);
    expect(err).toContain('SHA-256 differs');
  });

  test('a file that cannot be written ends with 1 and one line', async () => {
    const { code, err } = await run(['run', 'sales', '--output', join(folder, 'no', 'such.csv')], serving);
    expect(code).toBe(1);
    expect(err).toMatch(/^tidemark: .*such\.csv cannot be written: ENOENT/);
  });

  test.each([
    [503, 'not-ready', 69],
    [404, 'unknown-report', 1],
    [400, 'unknown-measure', 2],
    [401, 'operator-token-required', 1],
  ])('a %i (%s) ends with %i', async (status, code, exitCode) => {
    const answer = await run(['run', 'sales'], () => ({ status, body: { code, detail: 'why' } }));
    expect(answer.code).toBe(exitCode);
    expect(answer.err).toMatch(status === 401 ? /operator token is wrong/ : new RegExp(`why \\(${code}\\)`));
  });
});

describe('schedule', () => {
  test('changes when a report is made, and nothing else of it', async () => {
    const { asked } = await run(['schedule', 'sales', '0 7 * * mon'], serving);
    const { title, query, tz } = report;
    expect(asked).toEqual([
      ['GET', '/v1/reports/sales', ''],
      ['PUT', '/v1/reports/sales', { title, query, tz, schedule: '0 7 * * mon' }],
    ]);
    const none = await run(['schedule', 'sales', '--none', '--tz', 'UTC'], serving);
    expect(none.asked[1]![2]).toEqual({ title, query, tz: 'UTC', schedule: null });
  });

  test.each([[['schedule', 'sales']], [['schedule', 'sales', '0 6 * * *', '--none']]])(
    '%j asks nothing',
    async (args) => {
      const { code, asked, err } = await run(args, serving);
      expect([code, asked]).toEqual([2, []]);
      expect(err).toContain('--none');
    },
  );
});

test('files lists them, get brings one, the newest if none is named', async () => {
  const { out } = await run(['files', 'sales'], serving, true);
  expect(out).toMatch(/│ 20240502T060000Z.csv │ +1 │ +34 │ token-1 │[^]*\n2 older files$/);
  const newest = await run(['get', 'sales'], serving);
  expect(newest.out).toBe(csv);
  const named = await run(['get', 'sales', '20240501T060000.123Z.csv'], serving);
  expect(named.asked).toEqual([['GET', '/v1/reports/sales/files/20240501T060000.123Z.csv', '']]);
  const none = await run(['get', 'sales'], () => ({ status: 200, body: { files: [], total: 0 } }));
  expect(none).toMatchObject({ code: 1, err: expect.stringContaining('no file yet') });
});

test('remove says that the files stay', async () => {
  const { out, asked } = await run(['remove', 'sales'], serving, true);
  expect(asked).toEqual([['DELETE', '/v1/reports/sales', '']]);
  expect(out).toContain('files stay');
});

test.each([['..'], ['a/b'], [''], ['x'.repeat(64)], ['über']])(
  'a report named %j asks nothing and ends with 2',
  async (name) => {
    for (const command of ['save', 'show', 'run', 'remove', 'files', 'get']) {
      const { code, asked } = await run([command, name], serving);
      expect([code, asked]).toEqual([2, []]);
    }
  },
);

test('a file named ../x asks nothing', async () => {
  const { code, asked } = await run(['get', 'sales', '../../batch-runs'], serving);
  expect([code, asked]).toEqual([2, []]);
});

test('--help shows options and examples and ends with 0', async () => {
  for (const command of ['save', 'list', 'show', 'run', 'schedule', 'remove', 'files', 'get']) {
    const { code, out } = await run([command, '--help'], serving);
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
  }
});
