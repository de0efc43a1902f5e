// /v1/reports as an operator meets it: saved, made, listed, downloaded, refused.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  reportDetailsSchema,
  reportFilesSchema,
  reportListSchema,
  reportRunSchema,
  reportSchema,
} from '../api/report-schema.ts';
import { Problem } from '../runtime/problem.ts';
import { createTestApp, type TestApp } from './test-app.ts';

const nowMs = Date.UTC(2024, 4, 3, 10, 30, 0, 123);
const events = ['west', 'east', 'west'].map((storeId) => ({ storeId, occurredAt: Date.UTC(2024, 4, 2, 12) }));
const query = { measures: ['orders'], by: ['store'], range: 'month-to-date' };
const authorization = 'Bearer operator-token-0123';

let outside: string;
let dir: string;
let refusal: Error | undefined;
let world: TestApp;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'tidemark-reports-'));
  dir = join(outside, 'reports');
  refusal = undefined;
  world = createTestApp({
    nowMs,
    batch: events.slice(0, 1),
    live: events.slice(1),
    reportsDir: dir,
    whileReading: () => {
      if (refusal) throw refusal;
    },
  });
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

const schemas = {
  'GET ': reportListSchema,
  'GET /NAME': reportDetailsSchema,
  'PUT /NAME': reportSchema,
  'POST /NAME/runs': reportRunSchema,
  'GET /NAME/files': reportFilesSchema,
};
/** What is answered must be as documented. */
function holdToSchema(method: Method, path: string, body: unknown): void {
  const schema = Object.entries(schemas).find(
    ([route]) => route === `${method} ${path.replace(/^\/[^/]+/, '/NAME')}`,
  )?.[1];
  if (schema) expect([...Value.Errors(schema, body)]).toEqual([]);
}

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

async function ask(
  method: Method,
  path: string,
  payload?: object,
  headers: Record<string, string> = { authorization },
) {
  const response = await world.app.inject({ method, url: `/v1/reports${path}`, headers, ...(payload && { payload }) });
  const isJson = String(response.headers['content-type']).includes('json');
  if (response.statusCode < 300 && isJson) holdToSchema(method, path, response.json());
  return {
    status: response.statusCode,
    body: isJson ? response.json<Record<string, unknown>>() : {},
    text: response.body,
    headers: response.headers,
  };
}

const save = (body: object = { query }, name = 'sales') => ask('PUT', `/${name}`, body);

describe('a report', () => {
  test('is saved, told, changed, listed and removed', async () => {
    const body = { title: 'Sales', query, schedule: '0 6 * * *', tz: 'America/New_York' };
    const told = {
      name: 'sales',
      ...body,
      savedAt: '2024-05-03T10:30:00.123Z',
      nextAt: '2024-05-04T10:00:00.000Z',
      thenAt: ['2024-05-05T10:00:00.000Z', '2024-05-06T10:00:00.000Z'],
      lastRun: null,
      underway: null,
    };
    expect(await save({ ...body, schedule: ' 0 6 * * * ' })).toMatchObject({ status: 201, body: told });
    expect(await save({ query })).toMatchObject({
      status: 200,
      body: { title: '', schedule: null, tz: 'UTC', nextAt: null, thenAt: [] },
    });
    await save(body);
    expect((await ask('GET', '/sales')).body).toEqual({ ...told, runs: [] });
    await save({ query }, 'a');
    expect((await ask('GET', '')).body).toMatchObject({ reports: [{ name: 'a' }, told] });
    expect((await ask('DELETE', '/sales')).status).toBe(204);
    expect(await ask('GET', '/sales')).toMatchObject({ status: 404, body: { code: 'unknown-report' } });
    expect((await ask('DELETE', '/sales')).status).toBe(404);
    expect((await ask('POST', '/sales/runs')).status).toBe(404);
    expect((await ask('GET', '/sales/files')).status).toBe(404);
  });

  test('what is told of it can be sent back', async () => {
    await save({ query });
    const { title, query: back, schedule, tz } = (await ask('GET', '/sales')).body;
    expect((await save({ title, query: back, schedule, tz })).status).toBe(200);
  });

  test('there are at most 500', async () => {
    const { store } = world.reports;
    for (let i = 0; i < 500; i += 1) await store.save(`r${i}`, { title: '', query, schedule: null, tz: 'UTC' });
    expect(await save()).toMatchObject({ status: 409, body: { code: 'too-many-reports' } });
    expect((await save({ query }, 'r7')).status).toBe(200);
  });
});

describe('without the operator token', () => {
  const resources: [Method, string][] = [
    ['GET', ''],
    ['GET', '/sales'],
    ['PUT', '/sales'],
    ['DELETE', '/sales'],
    ['POST', '/sales/runs'],
    ['GET', '/sales/files'],
    ['GET', '/sales/files/20240503T103000.123Z.csv'],
  ];

  test.each(resources)('%s /v1/reports%s is refused', async (method, path) => {
    await save();
    await ask('POST', '/sales/runs');
    for (const headers of [{}, { authorization: 'Bearer operator-token-0124' }]) {
      const answer = await ask(method, path, method === 'PUT' ? { query: {} } : undefined, headers);
      expect(answer).toMatchObject({ status: 401, body: { code: 'operator-token-required' } });
    }
    expect((await ask('GET', '/sales')).body).toMatchObject({ query, runs: [{}] });
  });
});

describe('a run on demand', () => {
  test('writes what GET /v1/query answers as CSV at its token, and tells what was written', async () => {
    await save();
    const { status, body } = await ask('POST', '/sales/runs');
    const file = '20240503T103000.123Z.csv';
    const csv = readFileSync(join(dir, 'sales', file), 'utf8');
    const asked = await world.get(
      `measures=orders&by=store&range=month-to-date&format=csv&atLeast=${String(body['token'])}`,
    );
    expect(asked.status).toBe(200);
    expect(csv).toBe(asked.text);
    expect(asked.headers['tidemark-token']).toBe(body['token']);
    expect(csv).toContain('west,2');
    expect(status).toBe(201);
    expect(body).toMatchObject({
      report: 'sales',
      outcome: 'written',
      trigger: 'operator',
      instant: '2024-05-03T10:30:00.123Z',
      file,
      rows: 2,
      bytes: csv.length,
      sha256: createHash('sha256').update(csv).digest('hex'),
      run: expect.any(String),
      query: { measures: ['orders'], by: ['store'], from: '2024-05-01T00:00:00+00:00' },
      vector: [2],
      notes: [],
    });
    expect((await ask('GET', '/sales')).body).toMatchObject({ lastRun: body, runs: [body] });
    expect((await ask('GET', '/sales/files')).body).toEqual({
      files: [{ file, bytes: csv.length, made: body }],
      total: 1,
    });
    const download = await ask('GET', `/sales/files/${file}`);
    expect(download.text).toBe(csv);
    expect(download.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="sales-${file}"`,
      'content-length': String(csv.length),
      'tidemark-token': body['token'],
      etag: `"${String(body['sha256'])}"`,
    });
  });

  test('that is refused is told as the refusal, and recorded as failed', async () => {
    await save();
    refusal = new Problem({ code: 'batch-views-away', status: 503, title: 'Away', retryAfterSeconds: 1 });
    expect(await ask('POST', '/sales/runs')).toMatchObject({ status: 503, body: { code: 'batch-views-away' } });
    expect((await ask('GET', '/sales')).body).toMatchObject({
      runs: [{ outcome: 'failed', code: 'batch-views-away' }],
    });
    expect(existsSync(dir)).toBe(false);
  });

  test('is counted by its outcome', async () => {
    await save();
    await ask('POST', '/sales/runs');
    refusal = new Problem({ code: 'batch-views-away', status: 503, title: 'Away' });
    world.setNow(nowMs + 86_400_000 * 40);
    await ask('POST', '/sales/runs');
    const { body } = await world.app.inject('/metrics');
    expect(body).toContain('tidemark_serving_report_runs_total{outcome="written"} 1');
    expect(body).toContain('tidemark_serving_report_runs_total{outcome="failed"} 1');
  });

  test('takes no parameters', async () => {
    await save();
    const answer = await ask('POST', '/sales/runs', { format: 'json' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'unknown-parameter', field: 'format' } });
    expect((await ask('POST', '/sales/runs', {})).status).toBe(201);
  });

  test('one is made at a time, and no more than twenty wait', async () => {
    await save();
    const under: string[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { folder } = world.reports;
    const write = folder.write.bind(folder);
    let most = 0;
    let at = 0;
    Object.assign(folder, {
      write: async (...args: Parameters<typeof write>) => {
        at += 1;
        most = Math.max(most, at);
        await gate;
        under.push(args[1]);
        return write(...args).finally(() => (at -= 1));
      },
    });
    const answers = Array.from({ length: 21 }, async (_, i) => {
      world.setNow(nowMs + i);
      return ask('POST', '/sales/runs');
    });
    const refused = await Promise.race(answers);
    expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded' } });
    open();
    const all = await Promise.all(answers);
    expect(all.filter(({ status }) => status === 503)).toHaveLength(1);
    expect(most).toBe(1);
  });
});

describe('what is refused', () => {
  test.each(['..%2Fx', 'a%2Fb', 'x'.repeat(64), '%C3%BCber', 'A', '-a', 'a%00'])('the name %s', async (name) => {
    for (const [method, path] of [
      ['PUT', ''],
      ['POST', '/runs'],
      ['GET', '/files'],
      ['GET', ''],
    ] as const) {
      const answer = await ask(method, `/${name}${path}`, method === 'PUT' ? { query } : undefined);
      expect(answer).toMatchObject({ status: 400, body: { code: 'bad-report-name', field: 'name' } });
    }
    expect(readdirSync(outside)).toEqual([]);
  });

  test('a name that is no single part of the address, or none', async () => {
    for (const name of ['../x', '%2e%2e', 'a/b', '']) {
      const { status } = await save({ query }, name);
      expect([400, 404], name).toContain(status);
    }
    expect(await world.reports.store.list()).toEqual([]);
  });

  test.each(['..%2F..%2Fsecret.csv', 'secret.csv', '20240503T103000Z.json', '20240503T103000Z.csv%00'])(
    'the file %s',
    async (file) => {
      await save();
      writeFileSync(join(outside, 'secret.csv'), 'secret');
      const answer = await ask('GET', `/sales/files/${file}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'bad-report-name', field: 'file' } });
    },
  );

  test('a file that is not there, or is a link to another place', async () => {
    await save();
    await ask('POST', '/sales/runs');
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(join(outside, 'secret'), join(dir, 'sales', '20240503T060000Z.csv'));
    for (const file of ['20240503T060000Z.csv', '20240503T070000Z.csv']) {
      const answer = await ask('GET', `/sales/files/${file}`);
      expect(answer).toMatchObject({ status: 404, body: { code: 'unknown-report-file' } });
    }
  });

  test.each([
    [{}, 'missing-parameter', 'query'],
    [{ query, colour: 'red' }, 'unknown-parameter', 'colour'],
    [{ query: 'orders' }, 'wrong-type', 'query'],
    [{ query, title: 'x'.repeat(201) }, 'bad-value', 'title'],
    [{ query, title: 'half of \ud83d' }, 'bad-value', 'title'],
    [{ query, title: 7 }, 'wrong-type', 'title'],
    [{ query, schedule: 7 }, 'wrong-type', 'schedule'],
    [{ query, schedule: 'daily' }, 'bad-schedule', 'schedule'],
    [{ query, schedule: '' }, 'bad-schedule', 'schedule'],
    [{ query, schedule: '*/5 * * * * *' }, 'bad-schedule', 'schedule'],
    [{ query, schedule: '0 25 * * *' }, 'bad-schedule', 'schedule'],
    [{ query, schedule: '0 0 29 2 mon' }, 'bad-schedule', 'schedule'],
    [{ query, schedule: '0 6 * * *', tz: 'Moon/Base' }, 'unknown-time-zone', 'tz'],
    [{ query: {} }, 'missing-parameter', 'query.measures'],
    [{ query: { measures: ['visitors'] } }, 'unknown-measure', 'query.measures'],
    [{ query: { measures: ['orders'], by: ['sku'] } }, 'unanswerable', 'query.measures'],
    [{ query: { measures: ['orders'], colour: 'red' } }, 'unknown-parameter', 'query.colour'],
    [{ query: { ...query, format: 'json' } }, 'bad-value', 'query.format'],
    [{ query: { ...query, where: { store: ['x'.repeat(9_000)] } } }, 'bad-value', 'query'],
  ])('%j: %s of %s', async (body, code, field) => {
    expect(await save(body)).toMatchObject({ status: 400, body: { code, field, expected: expect.any(String) } });
    expect(await world.reports.store.list()).toEqual([]);
  });

  test('a token in the query, because the report outlives its run', async () => {
    const { token } = (await world.get('measures=orders')).body['provenance'] as { token: string };
    expect(await save({ query: { ...query, atLeast: token } })).toMatchObject({
      status: 400,
      body: { field: 'query.atLeast' },
    });
  });

  test('a body that is no JSON object', async () => {
    expect(await save([])).toMatchObject({ status: 400, body: { code: 'bad-body' } });
    const text = await world.app.inject({
      method: 'PUT',
      url: '/v1/reports/sales',
      headers: { authorization, 'content-type': 'text/plain' },
      payload: 'x',
    });
    expect(text.statusCode).toBe(415);
  });
});
