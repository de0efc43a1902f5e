// The API as the command line uses it: the typed client, answers also as the text that came, failures as one clear line.
import {
  type AnswerOf,
  type BatchRun,
  type ClientQuery,
  createClient,
  type OperateMethod,
  type Status,
  TidemarkError,
} from '../api/client.ts';
import { CliError, exitCodes } from './errors.ts';
import { parseExactly } from '../api/exact-json.ts';

/** A bigint where an integer is beyond 2^53. */
export type Cell = string | number | bigint | boolean | null;

interface Answer<T> {
  readonly body: T;
  /** The body as it came, to be given on unchanged. */
  readonly json: string;
}

type FullAnswer = AnswerOf<ClientQuery & { readonly provenance: 'full' }>;

/** Of a server of another version parts may be missing. */
type AtLeast<T, K extends keyof T> = Pick<T, K> & Partial<T>;
export type Provenance = AtLeast<FullAnswer['provenance'], 'run' | 'token'>;
export type BatchRunAnswer = AtLeast<BatchRun, 'run' | 'tidemark' | 'published' | 'covered'>;

/** What a row is held against: its measures then, and by which share they changed. */
export interface Compared {
  readonly windowStart?: string;
  readonly windowEnd?: string;
  readonly change?: Readonly<Record<string, Cell>>;
  readonly [measure: string]: Cell | Readonly<Record<string, Cell>> | undefined;
}

export interface QueryAnswer {
  readonly rows: readonly Readonly<Record<string, Cell | Compared>>[];
  readonly query: Partial<FullAnswer['query']>;
  readonly provenance: Provenance;
}

export interface Api {
  readonly servingUrl: string;
  readonly ingestUrl: string;
  /** With its provenance in full: V and W are shown. */
  query(query: ClientQuery): Promise<Answer<QueryAnswer>>;
  status(): Promise<Answer<Status>>;
  /** Waits, bounded by the server, until the run covers the token. */
  runBatch(cover?: string): Promise<Answer<BatchRunAnswer>>;
  /** A request to serving with the operator token; without content the body is undefined. */
  operate<T>(method: OperateMethod, path: string, body?: object): Promise<Answer<T>>;
  /** A file of serving with the operator token, byte for byte. */
  download(path: string): Promise<Buffer>;
}

export interface ApiOptions {
  readonly servingUrl: string;
  readonly ingestUrl: string;
  /** Asked for only when a call needs it. */
  readonly operatorToken: () => string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export function createApi({ servingUrl, ingestUrl, operatorToken, signal, timeoutMs = 180_000 }: ApiOptions): Api {
  const texts = new WeakMap<object, string>();
  const client = createClient({
    baseUrl: servingUrl,
    token: () => sendable(operatorToken()),
    timeoutMs,
    ...(signal && { signal }),
    parseJson(text) {
      const body = parseExactly(text);
      if (typeof body === 'object' && body !== null) texts.set(body, text);
      return body;
    },
  });

  async function ask<T>(where: string, call: () => Promise<unknown>): Promise<Answer<T>> {
    const body = (await told(where, call)) as T & object;
    return { body, json: body === undefined ? '' : (texts.get(body) ?? JSON.stringify(body)) };
  }

  async function told<T>(where: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw error instanceof TidemarkError ? failure(where, servingUrl, error) : error;
    }
  }

  return {
    servingUrl,
    ingestUrl,
    query: (query) => ask('GET /v1/query', () => client.query({ ...query, provenance: 'full' })),
    status: () => ask('GET /v1/status', () => client.status()),
    runBatch: (cover) => ask('POST /v1/batch-runs', () => client.runBatch(cover === undefined ? {} : { cover })),
    operate: (method, path, body) => ask(`${method} ${path}`, () => client.operate(method, path, body)),
    download: async (path) => Buffer.from(await told(`GET ${path}`, () => client.download(path))),
  };
}

function sendable(operatorToken: string): string {
  if (/^[\x21-\x7e]+$/.test(operatorToken)) return operatorToken;
  throw new CliError(
    'the operator token (TIDEMARK_OPERATOR_TOKEN) holds characters that an HTTP header cannot; expected printable ASCII without blanks',
    exitCodes.usage,
  );
}

/** No answer at all: the service is not there. */
export function unreachable(service: string, address: string, cause: unknown): CliError {
  const why = reasonOf(cause);
  const message = `${service} does not answer at ${address} (${why}); start it with \`npm start\` or \`tidemark up\`, or set TIDEMARK_${service.toUpperCase()}_URL`;
  return new CliError(message, exitCodes.unavailable, { cause });
}

function failure(where: string, servingUrl: string, error: TidemarkError): CliError {
  const { status, code, detail } = error;
  if (status === 0 && code !== 'unreadable-answer') return unreachable('serving', servingUrl, error.cause);
  const [method, path] = where.split(' ');
  const line = `${method} ${new URL(path!, servingUrl).href}`;
  if (status === 401) {
    const message = `${line}: the operator token is wrong; set TIDEMARK_OPERATOR_TOKEN to that of the running system`;
    return new CliError(message, exitCodes.fault);
  }
  const exitCode =
    status === 503 || status === 504 ? exitCodes.unavailable : status === 400 ? exitCodes.usage : exitCodes.fault;
  return new CliError(`${line}: ${detail} (${code})`, exitCode);
}

export function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return String(inner);
  if (inner.name === 'TimeoutError') return 'it took too long';
  const code = 'code' in inner ? String(inner.code) : '';
  return code === 'ECONNREFUSED' ? 'connection refused' : inner.message || code;
}
