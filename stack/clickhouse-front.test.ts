// The ClickHouse front as its users see it: every test speaks through the real @clickhouse/client.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clickHouseSpec } from './clickhouse.ts';
import { type Member, openMember } from './member.ts';
import { chooseFreePorts } from './ports.ts';

const log = { level: ClickHouseLogLevel.OFF };
const folder = mkdtempSync(join(tmpdir(), 'tidemark-front-'));
let member: Member;
let client: ClickHouseClient;
let url: string;

beforeAll(async () => {
  const [port] = await chooseFreePorts(1);
  const spec = clickHouseSpec({ dataDir: folder, port: port as number, logFile: join(folder, 'clickhouse.log') });
  member = await openMember(spec);
  url = `http://127.0.0.1:${port}`;
  client = createClient({ url, log, clickhouse_settings: { output_format_json_quote_64bit_integers: 1 } });
});

afterAll(async () => {
  await client.close();
  await member.close();
  rmSync(folder, { recursive: true, force: true });
});

async function rows<T>(query: string, query_params: Record<string, unknown> = {}): Promise<T[]> {
  return (await client.query({ query, query_params, format: 'JSONEachRow' })).json<T>();
}

async function untilPing(): Promise<void> {
  await expect.poll(async () => (await client.ping()).success, { timeout: 30_000 }).toBe(true);
}

describe('reading', () => {
  test('ping succeeds', async () => {
    expect((await client.ping()).success).toBe(true);
    expect((await client.ping({ select: true })).success).toBe(true);
  });

  const texts = [
    "it's",
    'back\\slash',
    'tab\tline\nreturn\r',
    '"double" `tick`',
    'Grüße 東京 🌊',
    '',
    '\\N',
    '{a:String}',
    "'); DROP TABLE t; --",
  ];
  test.each(texts)('a text parameter comes back unchanged: %j', async (text) => {
    expect(await rows('SELECT {text:String} AS text, {texts:Array(String)} AS texts', { text, texts })).toEqual([
      { text, texts },
    ]);
  });

  test('integers beyond 2^53, negative ones, arrays, maps and null are bound exactly', async () => {
    const query = `SELECT {u:UInt64} AS u, {i:Int64} AS i, {us:Array(UInt64)} AS us, {none:Array(Int64)} AS none,
      {m:Map(String, Int64)} AS m, {n:Nullable(String)} AS n, {b:Bool} AS b`;
    const [row] = await rows(query, {
      u: 18_446_744_073_709_551_615n,
      i: -9_223_372_036_854_775_808n,
      us: [1n, 9_007_199_254_740_993n],
      none: [],
      m: { "k'1": -5 },
      n: null,
      b: true,
    });
    expect(row).toEqual({
      u: '18446744073709551615',
      i: '-9223372036854775808',
      us: ['1', '9007199254740993'],
      none: [],
      m: { "k'1": '-5' },
      n: null,
      b: true,
    });
  });

  test('a parameter of an earlier query is not used where a later one forgets it', async () => {
    await Promise.all(Array.from({ length: 8 }, () => rows('SELECT {forgotten:UInt8} AS v', { forgotten: 1 })));
    await expect(rows('SELECT {forgotten:UInt8} AS v')).rejects.toMatchObject({ code: '456' });
  });

  test('a setting holds for its own query only', async () => {
    const query = "SELECT getSetting('max_block_size') AS size";
    const settings = { max_block_size: '1000' };
    const read = await client.query({ query, clickhouse_settings: settings, format: 'JSONEachRow' });
    expect(await read.json()).toEqual([{ size: 1000 }]);
    for (let i = 0; i < 5; i++) expect(await rows(query)).not.toEqual([{ size: 1000 }]);
  });

  test('twenty queries at once each get their own answer', async () => {
    const asked = Array.from({ length: 20 }, (_, n) => `q${n}`);
    const answers = await Promise.all(
      asked.map((v) => rows<{ v: string }>('SELECT {v:String} AS v, sleep(0.01)', { v })),
    );
    expect(answers.map(([row]) => row?.v)).toEqual(asked);
  });

  test('parameters too long for an address travel in the body', async () => {
    const ids = Array.from({ length: 20_000 }, (_, n) => n);
    const query = 'SELECT length({ids:Array(UInt64)}) AS n';
    const read = await client.query({
      query,
      query_params: { ids },
      format: 'JSONEachRow',
      use_multipart_params: true,
    });
    expect(await read.json()).toEqual([{ n: '20000' }]);
  });

  test('an error is a ClickHouseError with code and type', async () => {
    await expect(rows('SELECT * FROM missing')).rejects.toMatchObject({ code: '60', type: 'UNKNOWN_TABLE' });
    await expect(rows('SELEC 1')).rejects.toBeInstanceOf(ClickHouseError);
    await expect(rows("SELECT throwIf(1, 'on purpose')")).rejects.toMatchObject({ code: '395' });
    expect(await rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('max_execution_time ends a query', async () => {
    const settings = { max_execution_time: 1 };
    const endless = client.command({
      query: 'SELECT count() FROM system.numbers FORMAT Null',
      clickhouse_settings: settings,
    });
    await expect(endless).rejects.toMatchObject({ code: '159' });
  });
});

describe('writing', () => {
  beforeAll(async () => {
    await client.command({
      query: `CREATE TABLE orders (id UInt64, name String, amount Int64 DEFAULT 7, raw String)
              ENGINE = MergeTree ORDER BY id`,
    });
  });

  test('rows are inserted as JSON, in a database of their own', async () => {
    await client.command({ query: 'CREATE DATABASE other' });
    await client.command({ query: 'CREATE TABLE other.t (a UInt64, b String) ENGINE = MergeTree ORDER BY a' });
    const other = createClient({ url, log, database: 'other' });
    await other.insert({
      table: 't',
      values: [{ a: '18446744073709551615', b: "it's" }, { b: 'no a' }],
      format: 'JSONEachRow',
    });
    const read = await other.query({ query: 'SELECT * FROM t ORDER BY a', format: 'JSONCompactEachRow' });
    expect(await read.text()).toBe('[0, "no a"]\n[18446744073709551615, "it\'s"]\n');
    await other.close();
    await expect(rows('SELECT * FROM t')).rejects.toMatchObject({ code: '60' });
  });

  test.each([false, true])('a binary insert goes by column name and keeps every byte (gzip: %s)', async (gzip) => {
    await client.command({ query: 'TRUNCATE TABLE orders' });
    const raw = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const row = (id: bigint): Buffer[] => [blob(raw), u64(id), blob(Buffer.from("\n'\\ ü"))];
    const body = [
      Buffer.from([3]),
      ...['raw', 'id', 'name', 'String', 'UInt64', 'String'].map((text) => blob(Buffer.from(text))),
    ];
    const compressing = createClient({ url, log, compression: { request: gzip, response: gzip } });
    const done = await compressing.exec({
      query: 'INSERT INTO orders (id, name, raw) FORMAT RowBinaryWithNamesAndTypes',
      values: Readable.from([...body, ...row(1n), ...row(2n ** 64n - 1n)], { objectMode: false }),
    });
    for await (const _ of done.stream);
    const query = 'SELECT id, name, amount, hex(raw) AS raw FROM orders ORDER BY id';
    const read = await compressing.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
    });
    const expected = { name: "\n'\\ ü", amount: '7', raw: raw.toString('hex').toUpperCase() };
    expect(await read.json()).toEqual([
      { id: '1', ...expected },
      { id: '18446744073709551615', ...expected },
    ]);
    const binary = await compressing.exec({ query: 'SELECT raw FROM orders LIMIT 1 FORMAT RowBinary' });
    const chunks: Buffer[] = [];
    for await (const chunk of binary.stream) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks)).toEqual(blob(raw));
    await compressing.close();
  });

  test('plain RowBinary follows the column list', async () => {
    await client.command({ query: 'TRUNCATE TABLE orders' });
    const values = Readable.from([Buffer.concat([blob(Buffer.from('x')), u64(3n)])], { objectMode: false });
    const done = await client.exec({ query: 'INSERT INTO orders (name, id) FORMAT RowBinary', values });
    done.stream.resume();
    await expect.poll(() => rows('SELECT id, name FROM orders')).toEqual([{ id: '3', name: 'x' }]);
  });

  test('a broken binary body is an error and inserts nothing', async () => {
    await client.command({ query: 'TRUNCATE TABLE orders' });
    const values = Readable.from([Buffer.from([200, 1, 2])], { objectMode: false });
    await expect(
      client.exec({ query: 'INSERT INTO orders (name, id) FORMAT RowBinary', values }),
    ).rejects.toBeInstanceOf(ClickHouseError);
    expect(await rows('SELECT count() AS n FROM orders')).toEqual([{ n: '0' }]);
  });

  test('what was acknowledged is there after kill -9', async () => {
    await client.command({ query: 'TRUNCATE TABLE orders' });
    for (let id = 0; id < 50; id++) await client.insert({ table: 'orders', values: [{ id }], format: 'JSONEachRow' });
    const killed = member.pid;
    process.kill(killed, 'SIGKILL');
    await expect.poll(() => member.pid, { timeout: 30_000 }).not.toBe(killed);
    await untilPing();
    expect(await rows('SELECT count() AS n, sum(id) AS ids FROM orders')).toEqual([{ n: '50', ids: '1225' }]);
  });
});

function u64(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(value);
  return buffer;
}

function blob(bytes: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.concat([Buffer.from(length), bytes]);
  }
}
