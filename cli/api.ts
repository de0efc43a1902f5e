// The HTTP APIs as the command line uses them: addresses, answers, and their failures as one clear line.
import { CliError, exitCodes } from './errors.ts';
import { parseExactly } from './exact-json.ts';

/** A bigint where an integer is beyond 2^53. */
export type Cell = string | number | bigint | boolean | null;

interface Answer<T> {
  readonly body: T;
  /** The body as it came, to be given on unchanged. */
  readonly json: string;
}

export interface Provenance {
  readonly generation?: string;
  readonly run: string;
  readonly runPublishedAt?: string | number | null;
  readonly tidemark?: readonly number[];
  readonly vector?: readonly number[];
  readonly token: string;
  readonly lagRecords?: number | null;
  readonly lagMs?: number | null;
  readonly newestEventAt?: string | number | null;
  readonly liveShare?: number | null;
  readonly deferredRecords?: number;
  readonly deadLetters?: number;
  readonly audit?: { readonly state: string; readonly events: number };
  readonly notes?: readonly unknown[];
}

/** What a row is held against: its measures then, and by which share they changed. */
export interface Compared {
  readonly windowStart?: string;
  readonly windowEnd?: string;
  readonly change?: Readonly<Record<string, Cell>>;
  readonly [measure: string]: Cell | Readonly<Record<string, Cell>> | undefined;
}

export interface QueryAnswer {
  readonly rows: readonly Readonly<Record<string, Cell | Compared>>[];
  readonly query: Readonly<Record<string, unknown>>;
  readonly provenance: Provenance;
}

export interface StatusTotals {
  readonly records: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly deferred: number;
  readonly rejected: number;
  readonly gap: number;
  readonly liveCounted: number;
}

export interface RunSummary {
  readonly id: string;
  readonly publishedAt: string;
  readonly audit: string;
  readonly auditedEvents: number;
  readonly auditNote: string;
}

interface PartitionStatus {
  readonly partition: number;
  readonly tidemark: number;
  readonly vector: number;
  readonly end: number | null;
  readonly lagRecords: number | null;
  readonly ledger: Readonly<Record<'counted' | 'duplicate' | 'deferred' | 'rejected' | 'gap', number>>;
}

export interface Status {
  readonly generation: string;
  readonly run: RunSummary & { readonly counted: number };
  readonly lag?: { readonly records: number | null };
  readonly partitions: readonly PartitionStatus[];
  readonly totals: StatusTotals;
  readonly extent?: { readonly from: string | number | null; readonly to: string | number | null } | null;
  readonly deadLetters?: { readonly total: number; readonly byReason?: Readonly<Record<string, number>> } | null;
  readonly runs?: readonly RunSummary[];
  readonly notes?: readonly unknown[];
}

export interface BatchRunAnswer {
  readonly run: string;
  readonly tidemark: readonly number[];
  readonly published: boolean;
  readonly covered: boolean;
  readonly behind?: unknown;
  /** Of the whole run: offsets of [0, tidemark) by fate. */
  readonly ledger?: Readonly<Record<'counted' | 'duplicate' | 'rejected' | 'gap', number>>;
  readonly audit?: { readonly state: string; readonly events: number };
  readonly token?: string;
  readonly publishedAt?: string;
}

export interface Api {
  readonly servingUrl: string;
  readonly ingestUrl: string;
  query(parameters: URLSearchParams): Promise<Answer<QueryAnswer>>;
  status(): Promise<Answer<Status>>;
  /** Waits, bounded by the server, until the run covers the token. */
  runBatch(cover?: string): Promise<Answer<BatchRunAnswer>>;
  /** A request to serving with the operator token; without content the body is undefined. */
  operate<T>(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer<T>>;
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

interface ProblemDocument {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
}

export function createApi({ servingUrl, ingestUrl, operatorToken, signal, timeoutMs = 180_000 }: ApiOptions): Api {
  async function send(path: string, init: RequestInit): Promise<{ status: number; bytes: Buffer }> {
    const address = new URL(path, servingUrl).href;
    const signals = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
    let answer: Response;
    let bytes: Buffer;
    try {
      answer = await fetch(address, { ...init, signal: AbortSignal.any(signals) });
      bytes = Buffer.from(await answer.arrayBuffer());
    } catch (error) {
      signal?.throwIfAborted();
      throw unreachable('serving', servingUrl, error);
    }
    if (answer.ok) return { status: answer.status, bytes };
    const problem = parse(bytes.toString()) as ProblemDocument | undefined;
    throw refused(init.method ?? 'GET', servingUrl, path, answer.status, problem);
  }

  async function ask<T>(path: string, init: RequestInit = {}): Promise<Answer<T>> {
    const { status, bytes } = await send(path, init);
    const json = bytes.toString();
    const body = parse(json);
    if (body !== undefined || status === 204) return { body: body as T, json };
    throw refused(init.method ?? 'GET', servingUrl, path, status);
  }

  const authorization = () => `Bearer ${sendable(operatorToken())}`;

  async function operate<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { authorization: authorization(), ...json };
    return ask<T>(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  }

  return {
    servingUrl,
    ingestUrl,
    query: (parameters) => ask(`/v1/query?${parameters.toString()}`),
    status: () => ask('/v1/status'),
    runBatch: (cover) => operate('POST', '/v1/batch-runs', cover === undefined ? {} : { cover }),
    operate,
    download: async (path) => (await send(path, { headers: { authorization: authorization() } })).bytes,
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

function refused(
  method: string,
  address: string,
  path: string,
  status: number,
  problem: ProblemDocument = {},
): CliError {
  const { code = `HTTP ${status}`, title = 'no problem document', detail = title } = problem;
  const where = `${method} ${new URL(path.split('?')[0]!, address).href}`;
  if (status === 401) {
    const message = `${where}: the operator token is wrong; set TIDEMARK_OPERATOR_TOKEN to that of the running system`;
    return new CliError(message, exitCodes.fault);
  }
  const exitCode =
    status === 503 || status === 504 ? exitCodes.unavailable : status === 400 ? exitCodes.usage : exitCodes.fault;
  return new CliError(`${where}: ${detail} (${code})`, exitCode);
}

export function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return String(inner);
  if (inner.name === 'TimeoutError') return 'it took too long';
  const code = 'code' in inner ? String(inner.code) : '';
  return code === 'ECONNREFUSED' ? 'connection refused' : inner.message || code;
}

function parse(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    return undefined;
  }
}
