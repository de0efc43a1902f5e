// What the dashboard asks of serving. The one place that knows the addresses of the API.
import { parseExactly } from './exact-json.ts';

/** A bigint where an integer is beyond 2^53. */
export type Integer = number | bigint;
export type Cell = string | Integer | boolean | null;

/** What a row is held against: its measures then, and by which share they changed. */
export interface Compared {
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly change: Readonly<Record<string, number | null>>;
  readonly [measure: string]: Cell | Readonly<Record<string, number | null>>;
}

export interface Row {
  readonly windowStart: string;
  readonly windowEnd: string;
  /** The window is not over yet. */
  readonly open?: boolean;
  /** All groups beyond the limit, added up. */
  readonly other?: boolean;
  readonly compare?: Compared | null;
  readonly [column: string]: Cell | Compared | undefined;
}

export interface Provenance {
  readonly run: string;
  readonly token: string;
  readonly lagRecords: number | null;
  readonly lagMs: number | null;
  readonly newestEventAt: string | null;
  /** 0 to 1. */
  readonly liveShare: number;
  readonly deferredRecords: number;
  readonly deadLetters: number | null;
  readonly audit: { readonly state: string; readonly events?: number; readonly note?: string };
  readonly notes: readonly string[];
  /** The rest is told where `provenance=full` was asked. */
  readonly generation?: string;
  readonly runPublishedAt?: string;
  readonly tidemark?: readonly number[];
  readonly vector?: readonly number[];
  readonly ledger?: Readonly<Record<string, number>>;
}

export interface Understood {
  readonly from: string;
  readonly to: string;
  readonly tz: string;
  readonly rollup: string;
  readonly compare?: { readonly with: string; readonly from: string; readonly to: string };
  readonly [name: string]: unknown;
}

export interface Answer {
  readonly rows: readonly Row[];
  /** Of the amounts, where it is no column. */
  readonly currency?: string;
  /** Minor digits by currency. */
  readonly currencies: Readonly<Record<string, number>>;
  readonly query: Understood;
  readonly provenance: Provenance;
}

export interface Definitions {
  readonly dimensions: readonly { readonly name: string; readonly grain: string }[];
  readonly measures: readonly { readonly name: string; readonly title: string; readonly unit: string }[];
  readonly rollups: readonly {
    readonly name: string;
    readonly attribution: string;
    readonly windowMs: number;
    readonly dimensions: readonly string[];
    readonly measures: readonly string[];
  }[];
}

export interface ProblemDocument {
  readonly code: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
}

/** The server's refusal. `status` 0: no answer at all. */
export class ApiError extends Error {
  readonly problem: ProblemDocument;
  constructor(problem: ProblemDocument) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
  /** Asking the same again may succeed. */
  get passing(): boolean {
    return this.problem.status === 0 || this.problem.status >= 500 || this.problem.status === 429;
  }
}

export const queryPath = (query: string) => `/v1/query?${query}`;
const streamPath = (query: string, minIntervalMs: number) => `/v1/stream?${query}&minIntervalMs=${minIntervalMs}`;

/** The browser keeps the last answer and asks by its ETag; an unchanged one costs a 304. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal ? { signal } : {});
  return parseExactly(await response.text()) as T;
}

export function openEventStream(
  query: string,
  {
    minIntervalMs,
    lastEventId,
    signal,
  }: { minIntervalMs: number; lastEventId: string | undefined; signal: AbortSignal },
): Promise<Response> {
  const headers = {
    accept: 'text/event-stream',
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  };
  return send(streamPath(query, minIntervalMs), { headers, signal, cache: 'no-store' });
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError({ code: 'away', status: 0, title: 'The server does not answer' });
  }
  if (response.ok) return response;
  const text = await response.text().catch(() => '');
  throw new ApiError(problemIn(text) ?? { code: 'http', status: response.status, title: `HTTP ${response.status}` });
}

function problemIn(text: string): ProblemDocument | undefined {
  try {
    const body = JSON.parse(text) as Partial<ProblemDocument>;
    return typeof body.code === 'string' && typeof body.status === 'number' ? (body as ProblemDocument) : undefined;
  } catch {
    return undefined;
  }
}
