// The port to ClickHouse, over the real client. Inserts are acknowledged or fail; a failed one may have happened all the
// same, so callers make them idempotent by content.
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { Generation } from '../schemas/generation.ts';
import { secretParams } from '../schemas/identity.ts';
import { generationDdl, sharedDdl, tables } from '../schemas/layout-clickhouse.ts';

type Params = Readonly<Record<string, unknown>>;

export interface ClickHouse {
  /** Rows of a SELECT (without FORMAT). Parameters are bound by the server: `{name:Type}`. 64-bit integers come as text. */
  query<Row>(sql: string, params?: Params, options?: { timeoutMs?: number }): Promise<Row[]>;
  /** A SELECT's rows as RowBinary, in the pieces that they came in: for many narrow rows. */
  queryBinary(sql: string, params: Params, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<Buffer[]>;
  /** A statement without result: DDL, INSERT … SELECT. */
  command(sql: string, params?: Params): Promise<void>;
  /** Inserts rows given as objects. For few rows; large inserts are binary. */
  insertRows(table: string, rows: readonly object[]): Promise<void>;
  /** Inserts rows encoded as RowBinaryWithNamesAndTypes. */
  insertBinary(table: string, columns: readonly string[], bytes: Buffer): Promise<void>;
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

/** A statement failed: refused by ClickHouse, or its outcome is unknown. */
class ClickHouseFault extends Error {
  readonly code = 'clickhouse-fault';
  constructor(statement: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`ClickHouse: ${statement.trim().replaceAll(/\s+/g, ' ').slice(0, 120)}…: ${why.slice(0, 600)}`, { cause });
  }
}

/** ClickHouse writes bound values into some refusals, also cut short: an error that shows a secret one is replaced. */
function withoutSecrets(error: unknown, params: Params): unknown {
  const secrets = secretParams.flatMap((name) => (name in params ? [String(params[name])] : []));
  if (secrets.length === 0 || !(error instanceof Error)) return error;
  const isSecret = (digits: string) => secrets.some((secret) => secret.startsWith(digits));
  const shown = error.message.replaceAll(/\d{6,}/g, (digits) => (isSecret(digits) ? '…' : digits));
  return shown === error.message ? error : new Error(shown);
}

export interface ClickHouseOptions {
  readonly clickhouseUrl: string;
  readonly clickhouseUser: string;
  readonly clickhousePassword: string;
  readonly clickhouseDatabase: string;
}

export function openClickHouse(options: ClickHouseOptions): ClickHouse {
  const client = createClient({
    url: options.clickhouseUrl,
    username: options.clickhouseUser,
    password: options.clickhousePassword,
    database: options.clickhouseDatabase,
    request_timeout: 120_000,
    max_open_connections: 10,
    compression: { request: false, response: false },
    log: { level: ClickHouseLogLevel.OFF },
    keep_alive: { enabled: true, idle_socket_ttl: 1_500 },
  });
  return wrapClient(client);
}

function wrapClient(client: ClickHouseClient): ClickHouse {
  async function fault<T>(statement: string, params: Params, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new ClickHouseFault(statement, withoutSecrets(error, params));
    }
  }
  return {
    query: <Row>(sql: string, params: Params = {}, { timeoutMs = 60_000 } = {}) =>
      fault(sql, params, async () => {
        const result = await client.query({
          query: `${sql} SETTINGS output_format_json_quote_64bit_integers = 1`,
          query_params: params,
          format: 'JSONEachRow',
          abort_signal: AbortSignal.timeout(timeoutMs),
        });
        return await result.json<Row>();
      }),
    queryBinary: (sql, params, { timeoutMs = 60_000, signal } = {}) =>
      fault(sql, params, async () => {
        const timeout = AbortSignal.timeout(timeoutMs);
        const { stream } = await client.exec({
          query: `${sql} FORMAT RowBinary`,
          query_params: params,
          abort_signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
        });
        const pieces: Buffer[] = [];
        for await (const piece of stream) pieces.push(piece as Buffer);
        return pieces;
      }),
    command: (sql, params = {}) =>
      fault(sql, params, async () => {
        await client.command({ query: sql, query_params: params });
      }),
    insertRows: (table, rows) =>
      fault(`INSERT INTO ${table}`, {}, async () => {
        await client.insert({ table, values: rows, format: 'JSONEachRow' });
      }),
    insertBinary: (table, columns, bytes) => {
      const names = columns.map((name) => `\`${name}\``).join(', ');
      const query = `INSERT INTO ${table} (${names}) FORMAT RowBinaryWithNamesAndTypes`;
      return fault(query, {}, async () => {
        const { stream } = await client.exec({ query, values: Readable.from([bytes], { objectMode: false }) });
        for await (const _ of stream);
      });
    },
    ping: async () => (await client.ping()).success,
    close: () => client.close(),
  };
}

/** Makes the database, the shared tables and the generation's; safe to repeat and to run from several processes. */
export async function ensureTables(options: ClickHouseOptions, generation: Generation, nowMs: number): Promise<void> {
  const anywhere = openClickHouse({ ...options, clickhouseDatabase: 'default' });
  try {
    await anywhere.command(`CREATE DATABASE IF NOT EXISTS ${options.clickhouseDatabase}`);
  } finally {
    await anywhere.close();
  }
  const clickhouse = openClickHouse(options);
  try {
    for (const statement of [...sharedDdl(), ...generationDdl(generation)]) await clickhouse.command(statement);
    const known = await clickhouse.query(`SELECT id FROM ${tables.generations} WHERE id = {id:String} LIMIT 1`, {
      id: generation.id,
    });
    if (known.length > 0) return;
    await clickhouse.insertRows(tables.generations, [
      { id: generation.id, description: generation.description, createdAt: nowMs },
    ]);
  } finally {
    await clickhouse.close();
  }
}
