// How a call of the client fails: the server's problem document, or what kept the client from having an answer at all.
import type { ProblemCode } from './problem-codes.ts';
import type { ProblemDocument } from './problem-schema.ts';

/** Of the client itself: no answer, none in time, or none that it can read. */
type ClientCode = 'unreachable' | 'timed-out' | 'unreadable-answer';

export interface ErrorFields extends Partial<Omit<ProblemDocument, 'code'>> {
  /** The server's codes are stable; one of a newer server may not be among those known here. */
  readonly code: ProblemCode | ClientCode | (string & {});
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

export class TidemarkError extends Error {
  readonly code: ErrorFields['code'];
  /** Of the answer; 0 where there was none. */
  readonly status: number;
  readonly detail: string;
  readonly field: string | undefined;
  readonly value: unknown;
  readonly expected: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor({ code, status = 0, title, detail = title ?? code, field, value, expected, ...more }: ErrorFields) {
    super(`${detail} (${code})`, 'cause' in more ? { cause: more.cause } : undefined);
    this.name = 'TidemarkError';
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.field = field;
    this.value = value;
    this.expected = expected;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** Of an answer that is none of success; `text` is its body. */
export function refusalOf(response: Response, text: string): TidemarkError {
  const { status } = response;
  const after = response.headers.get('retry-after') ?? '';
  const retryAfterSeconds = /^\d{1,6}$/.test(after) ? Number(after) : undefined;
  const problem = parseProblem(text);
  if (problem) return new TidemarkError({ ...problem, status, retryAfterSeconds });
  const detail = `an answer of status ${status} without a problem document`;
  return new TidemarkError({ code: 'unreadable-answer', status, detail, retryAfterSeconds });
}

function parseProblem(text: string): Omit<ErrorFields, 'cause'> | undefined {
  try {
    const problem: unknown = JSON.parse(text);
    const isProblem = typeof problem === 'object' && problem !== null && 'code' in problem;
    return isProblem && typeof problem.code === 'string' ? (problem as ErrorFields) : undefined;
  } catch {
    return undefined;
  }
}

/** Of a request that had no answer, or whose answer broke off. */
export function failureOf(baseUrl: string, cause: unknown): TidemarkError {
  const late = cause instanceof Error && cause.name === 'TimeoutError';
  const detail = late ? `${baseUrl} did not answer in time` : `${baseUrl} does not answer`;
  return new TidemarkError({ code: late ? 'timed-out' : 'unreachable', detail, cause });
}
