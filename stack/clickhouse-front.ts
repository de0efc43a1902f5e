// A process of its own: the ClickHouse engine (chdb) behind ClickHouse's HTTP interface, on loopback, so that the real
// @clickhouse/client talks to it. One process owns the data directory. Answers programs of this machine that know the
// password of the user `default` (TIDEMARK_CLICKHOUSE_PASSWORD; an empty one is not asked for), no web page.
//
//   node stack/clickhouse-front.ts --port 18123 --data DIR
import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { refuseStranger, refuseWebPage } from './clickhouse-access.ts';
import { type Engine, EngineError, openEngine } from './clickhouse-engine.ts';
import { type RequestLimits, readRequest } from './clickhouse-request.ts';

const MIB = 1024 * 1024;

async function answer(
  engine: Engine,
  limits: RequestLimits,
  request: IncomingMessage,
  response: ServerResponse,
  password: string,
): Promise<void> {
  try {
    const stranger = refuseWebPage(request.headers);
    if (stranger !== undefined) throw stranger;
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/ping' || (path === '/' && request.method === 'GET' && !request.url?.includes('?'))) {
      response.end('Ok.\n');
      return;
    }
    const unknown = refuseStranger(request.headers, password);
    if (unknown !== undefined) throw unknown;
    await using asked = await readRequest(request, limits);
    const bytes = asked.statement === undefined ? new Uint8Array() : await engine.run(asked.statement);
    response.setHeader('X-ClickHouse-Query-Id', asked.queryId);
    response.setHeader('X-ClickHouse-Summary', '{}');
    response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
    if (asked.compressAnswer) {
      response.setHeader('Content-Encoding', 'gzip');
      response.end(gzipSync(bytes, { level: 1 }));
    } else {
      response.end(bytes);
    }
  } catch (error) {
    if (request.destroyed && !request.complete) return; // the client has gone
    const code = error instanceof EngineError ? error.clickhouseCode : 1002;
    const text =
      error instanceof EngineError ? error.message : `Code: 1002. DB::Exception: ${String(error)} (STD_EXCEPTION)`;
    response.statusCode = statusOf(code);
    response.setHeader('X-ClickHouse-Exception-Code', String(code));
    if (!request.complete) response.setHeader('Connection', 'close');
    response.end(`${text}\n`);
  }
}

/** As the server maps its codes, for those that a client may treat differently. */
function statusOf(code: number): number {
  switch (code) {
    case 62: // SYNTAX_ERROR
    case 456: // UNKNOWN_QUERY_PARAMETER
      return 400;
    case 497: // ACCESS_DENIED
    case 516: // AUTHENTICATION_FAILED
      return 403;
    case 60: // UNKNOWN_TABLE
    case 81: // UNKNOWN_DATABASE
      return 404;
    case 307: // TOO_MANY_BYTES
      return 413;
    case 202: // TOO_MANY_SIMULTANEOUS_QUERIES
      return 503;
    default:
      return 500;
  }
}

const { values: options } = parseArgs({
  options: { port: { type: 'string' }, data: { type: 'string' }, sessions: { type: 'string', default: '4' } },
});
if (options.port === undefined || options.data === undefined) {
  throw new Error('usage: clickhouse-front.ts --port PORT --data DIR [--sessions 4]');
}

const bodyDir = join(options.data, 'insert-bodies');
const dataDir = join(options.data, 'engine');
rmSync(bodyDir, { recursive: true, force: true });
mkdirSync(bodyDir, { recursive: true });
mkdirSync(dataDir, { recursive: true });

const engine = openEngine(dataDir, { sessions: Number(options.sessions) });
const limits: RequestLimits = { bodyDir, maxInsertBytes: 512 * MIB, maxQueryBytes: 16 * MIB };
const password = process.env['TIDEMARK_CLICKHOUSE_PASSWORD'] ?? '';
const server = createServer((request, response) => void answer(engine, limits, request, response, password));
server.keepAliveTimeout = 30_000;
server.requestTimeout = 120_000;
server.listen({ host: '127.0.0.1', port: Number(options.port) });

async function stop(): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await engine.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), 500).unref(); // answers under way have been written by then
  await closed;
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
