// The typed client of the query API, `tidemark/client`: types from the schemas that validate, no code but its own, for Node and
// for browsers.
import { failureOf, refusalOf, TidemarkError } from './client-error.ts';
import { type AnswerOf, type ClientQuery, type ClientStreamQuery, parametersOf } from './client-query.ts';
import { readStream, type StartTimer, type StreamEvent, type StreamOptions } from './client-stream.ts';
import type { BatchRun, BatchRunRequest, BatchRuns } from './batch-run-schema.ts';
import type { Definitions } from './definitions-schema.ts';
import type { Status } from './status-schema.ts';

export type { BatchRun, BatchRunRequest, BatchRuns } from './batch-run-schema.ts';
export { TidemarkError } from './client-error.ts';
export type { AnswerOf, ClientQuery, ClientStreamQuery, RowOf } from './client-query.ts';
export type { StreamEvent, StreamOptions } from './client-stream.ts';
export type { Definitions } from './definitions-schema.ts';
export type { Status } from './status-schema.ts';
export { createStreamedAnswer, type StreamedAnswer } from './streamed-answer.ts';

export interface ClientOptions {
  /** As http://127.0.0.1:8080; a page of the server itself gives location.origin. */
  readonly baseUrl: string;
  /** The operator token; a function is asked when a call needs it. */
  readonly token?: string | (() => string);
  readonly fetch?: typeof fetch;
  /** For a whole answer, its body too; 30 seconds where absent, three minutes for a batch run. */
  readonly timeoutMs?: number;
  /** JSON.parse where absent, which rounds integers beyond 2^53. */
  readonly parseJson?: (text: string) => unknown;
  /** Ends every call. */
  readonly signal?: AbortSignal;
  /** Between attempts of a stream; rejects once the signal is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
  /** That tells a stream of silence. */
  readonly startTimer?: StartTimer;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export type OperateMethod = 'GET' | 'PUT' | 'POST' | 'DELETE';
type Take<T> = (response: Response) => Promise<T>;

/** Calls throw a TidemarkError, or the reason of the signal that ended them. */
export interface Client {
  query<const Q extends ClientQuery>(query: Q, options?: CallOptions): Promise<AnswerOf<Q>>;
  /** RFC 4180 with a header row. */
  queryCsv(query: ClientQuery, options?: CallOptions): Promise<string>;
  /** Ends by its signal, by leaving the loop, or with what the server refuses for good. */
  stream<const Q extends ClientStreamQuery>(
    query: Q,
    options?: StreamOptions,
  ): AsyncGenerator<StreamEvent<Q>, void, undefined>;
  status(options?: CallOptions): Promise<Status>;
  definitions(options?: CallOptions): Promise<Definitions>;
  /** The last 50. */
  batchRuns(options?: CallOptions): Promise<BatchRuns>;
  /** Needs the operator token. Waits, bounded by the server, for what it is asked to cover. */
  runBatch(request?: BatchRunRequest, options?: CallOptions): Promise<BatchRun>;
  /** What else there is with the operator token, such as /v1/reports (report-schema.ts); undefined where no body came. */
  operate(method: OperateMethod, path: string, body?: object, options?: CallOptions): Promise<unknown>;
  /** A file with the operator token, byte for byte. */
  download(path: string, options?: CallOptions): Promise<Uint8Array>;
}

const answerTimeoutMs = 30_000;
const runTimeoutMs = 180_000;
/** Longer addresses are not taken everywhere: such a query is sent as a document. */
const maxAddressLength = 4_000;

export function createClient(options: ClientOptions): Client {
  const {
    token,
    timeoutMs,
    signal: ending,
    parseJson = JSON.parse,
    wait = waitFor,
    random = Math.random,
    startTimer = start,
  } = options;
  const fetchIt = options.fetch ?? ((input, init) => fetch(input, init));
  const baseUrl = options.baseUrl.replace(/\/$/, '');

  async function send<T>(path: string, init: RequestInit, call: CallOptions, take: Take<T>, mostMs = answerTimeoutMs) {
    const own = [ending, call.signal].filter((signal) => signal !== undefined);
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs ?? mostMs), ...own]);
    let response: Response;
    let refusal: string;
    try {
      response = await fetchIt(`${baseUrl}${path}`, { ...init, signal });
      if (response.ok) return await take(response);
      refusal = await response.text();
    } catch (error) {
      for (const each of own) each.throwIfAborted();
      throw failureOf(baseUrl, error);
    }
    throw refusalOf(response, refusal);
  }

  const ask = async (path: string, init: RequestInit, call: CallOptions, mostMs?: number) =>
    send(path, init, call, async (response) => response.text(), mostMs);

  function authorization(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${typeof token === 'function' ? token() : (token ?? '')}` };
  }

  function read(path: string, text: string): unknown {
    try {
      return parseJson(text);
    } catch (cause) {
      const detail = `${baseUrl}${path.split('?')[0]} answered what is no JSON`;
      throw new TidemarkError({ code: 'unreadable-answer', detail, cause });
    }
  }

  async function askQuery(query: object, call: CallOptions): Promise<string> {
    const address = `/v1/query?${parametersOf(query).toString()}`;
    return address.length > maxAddressLength ? ask('/v1/query', posted(query), call) : ask(address, {}, call);
  }

  const get = async (path: string, call: CallOptions) => read(path, await ask(path, {}, call));

  return {
    query: async <Q extends ClientQuery>(query: Q, call = {}) =>
      read('/v1/query', await askQuery(query, call)) as AnswerOf<Q>,
    queryCsv: async (query, call = {}) => askQuery({ ...query, format: 'csv' }, call),
    stream(query, { signal, ...more } = {}) {
      const address = `${baseUrl}/v1/stream?${parametersOf(query).toString()}`;
      const signals = [ending, signal].filter((each) => each !== undefined);
      return readStream(
        { address, baseUrl, fetch: fetchIt, parseJson, wait, random, startTimer },
        { ...more, signal: AbortSignal.any(signals) },
      );
    },
    status: async (call = {}) => get('/v1/status', call) as Promise<Status>,
    definitions: async (call = {}) => get('/v1/definitions', call) as Promise<Definitions>,
    batchRuns: async (call = {}) => get('/v1/batch-runs', call) as Promise<BatchRuns>,
    async operate(method, path, body, call = {}) {
      const init = body === undefined ? { headers: authorization() } : posted(body, authorization());
      const text = await ask(path, { ...init, method }, call, runTimeoutMs);
      return text === '' ? undefined : read(path, text);
    },
    download: async (path, call = {}) =>
      send(path, { headers: authorization() }, call, async (response) => new Uint8Array(await response.arrayBuffer())),
    async runBatch(request = {}, call = {}) {
      const init = posted(request, authorization());
      return read('/v1/batch-runs', await ask('/v1/batch-runs', init, call, runTimeoutMs)) as BatchRun;
    },
  };
}

function posted(body: object, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function start(onTime: () => void, ms: number): () => void {
  const timer = setTimeout(onTime, ms);
  return () => clearTimeout(timer);
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      stop();
      reject(signal.reason as Error);
    };
    const stop = start(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}
