// What an HTTP request to ClickHouse asks for: query, parameters, settings and format from the address and the body.
// An insert's data goes to a file, which the engine reads by itself, so that binary formats work and memory stays small.
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { EngineError, quote, type Statement } from './clickhouse-engine.ts';

export interface ClickHouseRequest extends AsyncDisposable {
  /** Undefined where there is nothing to do: an insert without data. */
  readonly statement: Statement | undefined;
  readonly queryId: string;
  readonly compressAnswer: boolean;
}

export interface RequestLimits {
  /** Where insert bodies are kept while the engine reads them. */
  readonly bodyDir: string;
  readonly maxInsertBytes: number;
  readonly maxQueryBytes: number;
}

// What a client says to a server about the connection, or what has no meaning for an engine in this process.
const NOT_SETTINGS = new Set(
  `query query_id database default_format user password role session_id session_timeout session_check quota_key
   compress decompress enable_http_compression http_zlib_compression_level wait_end_of_query buffer_size
   send_progress_in_http_headers http_headers_progress_interval_ms cancel_http_readonly_queries_on_client_close
   http_write_exception_in_output_format`.split(/\s+/),
);

const INSERT_WITH_DATA = /^(\s*INSERT\s+INTO\s.+?)(\s+SETTINGS\s.+?)?\s+FORMAT\s+(\w+)\s*;?\s*$/is;

export async function readRequest(request: IncomingMessage, limits: RequestLimits): Promise<ClickHouseRequest> {
  const address = new URL(request.url ?? '/', 'http://localhost').searchParams;
  if (address.has('session_id'))
    throw refused(48, 'session_id is not supported by the local engine', 'NOT_IMPLEMENTED');
  const queryId = address.get('query_id') ?? randomUUID();
  const compressAnswer =
    address.get('enable_http_compression') === '1' && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const body = decoded(request);
  const queryInAddress = address.get('query');
  const insert = INSERT_WITH_DATA.exec(queryInAddress ?? '');

  if (insert !== null) {
    const file = join(limits.bodyDir, randomUUID());
    const remove = (): Promise<void> => rm(file, { force: true });
    try {
      await pipeline(body, bounded(limits.maxInsertBytes), createWriteStream(file));
      const [, into, settings = '', format] = insert;
      const sql = `${into} FROM INFILE ${quote(file)}${settings} FORMAT ${format}`;
      const statement = (await stat(file)).size === 0 ? undefined : asStatement(sql, address);
      return { statement, queryId, compressAnswer, [Symbol.asyncDispose]: remove };
    } catch (error) {
      await remove();
      throw error;
    }
  }

  const bytes = await collect(body.pipe(bounded(limits.maxQueryBytes)), body);
  const type = request.headers['content-type'] ?? '';
  let sql = [queryInAddress ?? '', bytes.toString()].filter((text) => text !== '').join('\n');
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
    for (const [name, value] of form) if (typeof value === 'string') address.set(name, value);
    sql = address.get('query') ?? '';
  }
  if (sql.trim() === '') throw refused(62, 'Empty query', 'SYNTAX_ERROR');
  return { statement: asStatement(sql, address), queryId, compressAnswer, [Symbol.asyncDispose]: async () => {} };
}

function asStatement(sql: string, address: URLSearchParams): Statement {
  const parameters = new Map<string, string>();
  const settings = new Map<string, string>();
  for (const [name, value] of address) {
    if (NOT_SETTINGS.has(name)) continue;
    if (!/^\w+$/.test(name)) throw refused(115, `Setting ${JSON.stringify(name)} is not a name`, 'UNKNOWN_SETTING');
    if (name.startsWith('param_')) parameters.set(name.slice('param_'.length), value);
    else settings.set(name, value);
  }
  return {
    sql,
    parameters,
    settings,
    database: address.get('database') ?? 'default',
    defaultFormat: address.get('default_format') ?? 'TabSeparated',
  };
}

function decoded(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return request;
  if (encoding !== 'gzip')
    throw refused(415, `Content-Encoding ${encoding} is not supported, only gzip`, 'NOT_IMPLEMENTED');
  const gunzip = createGunzip();
  request.once('error', (error) => gunzip.destroy(error));
  return request.pipe(gunzip);
}

function bounded(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) done(null, chunk);
      else done(refused(307, `The body is larger than ${maxBytes} bytes`, 'TOO_MANY_BYTES'));
    },
  });
}

async function collect(stream: Readable, source: Readable): Promise<Buffer> {
  source.once('error', (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function refused(code: number, what: string, name: string): EngineError {
  return new EngineError(code, `Code: ${code}. DB::Exception: ${what}. (${name})`);
}
