// Asks serving the questions in turn. The continuous reader is one client that must never see V or W fall; the fresh one is
// a new client each time.
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { OffsetVector } from '../../schemas/offset-vector.ts';
import type { Question } from './questions.ts';

export interface Provenance {
  readonly run: string;
  readonly tidemark: OffsetVector;
  readonly vector: OffsetVector;
  readonly token: string;
  readonly lagRecords: number | null;
  readonly deferredRecords: number;
  readonly audit: { readonly state: string };
  readonly notes: readonly string[];
}
export interface Answer {
  readonly rows: readonly Readonly<Record<string, string | number | undefined>>[];
  readonly provenance: Provenance;
}

export interface Asked {
  readonly reader: 'continuous' | 'fresh';
  readonly question: Question;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  /** The provenance whose token was sent as `atLeast`. */
  readonly atLeast: Provenance | undefined;
  readonly outcome: Outcome;
}

export type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** A problem document with its code. */
  | { readonly kind: 'problem'; readonly status: number; readonly code: string }
  /** Refused, reset, no answer in time. */
  | { readonly kind: 'silence'; readonly why: string }
  | { readonly kind: 'malformed'; readonly status: number; readonly body: string };

export interface ReaderOptions {
  readonly reader: Asked['reader'];
  readonly servingUrl: string;
  readonly questions: readonly Question[];
  readonly onAsked: (asked: Asked) => void;
  readonly signal: AbortSignal;
}

const timeoutMs = 20_000;
const pauseMs = { continuous: 60, fresh: 250 };

export async function readOn({ reader, servingUrl, questions, onAsked, signal }: ReaderOptions): Promise<void> {
  const agent = reader === 'continuous' ? new Agent({ keepAlive: true }) : undefined;
  let last: Provenance | undefined;
  for (let i = 0; !signal.aborted; i += 1) {
    const question = questions[i % questions.length]!;
    const atLeast = reader === 'continuous' && i % 4 === 3 ? last : undefined;
    const askedAtMs = Date.now();
    const outcome = await ask(servingUrl, question.query, { atLeast: atLeast?.token, agent });
    if (outcome.kind === 'answer') last = outcome.answer.provenance;
    onAsked({ reader, question, askedAtMs, answeredAtMs: Date.now(), atLeast, outcome });
    await delay(pauseMs[reader], undefined, { signal }).catch(() => {});
  }
  agent?.destroy();
}

export async function ask(
  servingUrl: string,
  query: string,
  { atLeast, agent }: { readonly atLeast?: string | undefined; readonly agent?: Agent | undefined } = {},
): Promise<Outcome> {
  const url = `${servingUrl}/v1/query?${query}&provenance=full${atLeast === undefined ? '' : `&atLeast=${atLeast}`}`;
  try {
    const { status, body } = await fetchText(url, agent);
    return readOutcome(status, body);
  } catch (error) {
    return { kind: 'silence', why: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
  }
}

function fetchText(url: string, agent: Agent | undefined): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: agent ?? false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString() }));
    });
    request.on('error', reject);
  });
}

function readOutcome(status: number, body: string): Outcome {
  let document: Partial<Answer> & { readonly code?: unknown };
  try {
    document = JSON.parse(body) as typeof document;
  } catch {
    return { kind: 'malformed', status, body: body.slice(0, 500) };
  }
  if (status === 200 && document.rows && document.provenance) return { kind: 'answer', answer: document as Answer };
  if ((status === 503 || status === 504) && typeof document.code === 'string') {
    return { kind: 'problem', status, code: document.code };
  }
  return { kind: 'malformed', status, body: body.slice(0, 500) };
}
