// Who is let in to the ClickHouse front: by headers alone, and over the wire with the real client.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clickHouseSpec } from './clickhouse.ts';
import { refuseStranger, refuseWebPage } from './clickhouse-access.ts';
import { type Member, openMember } from './member.ts';
import { chooseFreePorts } from './ports.ts';

const password = '0123456789abcdef0123456789abcdef';
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

test.each([
  ['127.0.0.1:18123', {}, undefined],
  ['localhost', {}, undefined],
  ['[::1]:18123', {}, undefined],
  ['evil.example:18123', {}, 497],
  ['127.0.0.1.evil.example', {}, 497],
  [undefined, {}, 497],
  ['127.0.0.1:18123', { origin: 'null' }, 497],
  ['127.0.0.1:18123', { 'sec-fetch-site': 'same-origin' }, 497],
])('a request to %s with %j: %s', (host, headers, code) => {
  expect(refuseWebPage({ ...(host !== undefined && { host }), ...headers })?.clickhouseCode).toBe(code);
});

test.each([
  [basic(`default:${password}`), undefined],
  [{ 'x-clickhouse-user': 'default', 'x-clickhouse-key': password }, undefined],
  [{ 'x-clickhouse-key': password }, undefined],
  [basic('default:'), 516],
  [basic('default'), 516],
  [basic(`other:${password}`), 516],
  [{ 'x-clickhouse-user': 'default', 'x-clickhouse-key': `${password}0` }, 516],
  [{}, 516],
])('%j: %s', (headers, code) => {
  expect(refuseStranger(headers, password)?.clickhouseCode).toBe(code);
  expect(refuseStranger(headers, '')).toBeUndefined();
});

describe('over the wire', () => {
  const log = { level: ClickHouseLogLevel.OFF };
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-access-'));
  let member: Member;
  let port: number;
  beforeAll(async () => {
    [port] = (await chooseFreePorts(1)) as [number];
    member = await openMember(
      clickHouseSpec({ dataDir: folder, port, logFile: join(folder, 'clickhouse.log'), password }),
    );
  });
  afterAll(async () => {
    await member.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the real client gets in with the password and not with another', async () => {
    const query = { query: 'SELECT 1 AS one', format: 'JSONEachRow' } as const;
    await using client = createClient({ url: `http://127.0.0.1:${port}`, password, log });
    expect(await (await client.query(query)).json()).toEqual([{ one: 1 }]);
    await using stranger = createClient({ url: `http://127.0.0.1:${port}`, password: 'other', log });
    await expect(stranger.query(query)).rejects.toMatchObject({ code: '516', type: 'AUTHENTICATION_FAILED' });
    expect((await stranger.ping()).success).toBe(true);
  });

  test('the password is no argument of the process', () => {
    expect(readFileSync(`/proc/${member.pid}/cmdline`, 'utf8')).not.toContain(password);
  });

  test.each([
    [{ origin: 'https://evil.example' }, '497'],
    [{ host: 'evil.example' }, '497'],
    [{}, '516'],
  ])('a plain POST with %j is refused and reads nothing', async (headers, code) => {
    const answer = await post(port, { 'content-type': 'text/plain', ...headers }, "SELECT * FROM file('/etc/passwd')");
    expect(answer).toMatchObject({ status: 403, code });
    expect(answer.body).not.toContain('root');
  });
});

/** Not fetch, which sets Host itself. */
async function post(port: number, headers: Record<string, string>, body: string) {
  return new Promise<{ status: number | undefined; code: unknown; body: string }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method: 'POST', path: '/', headers }, (answer) => {
      const { statusCode: status, headers: got } = answer;
      void answer.toArray().then((chunks: Buffer[]) => {
        resolve({ status, code: got['x-clickhouse-exception-code'], body: Buffer.concat(chunks).toString() });
      }, reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });
}
