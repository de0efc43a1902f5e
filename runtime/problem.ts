// Errors of the HTTP APIs: RFC 9457 problem documents with a stable code.
import { shown, shownInWords } from '../schemas/order-event.ts';

export interface ProblemFields {
  /** Stable, in kebab case; docs/errors.md has a line for each. */
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  /** Which parameter or field, what it was, what was expected. */
  readonly field?: string;
  readonly value?: unknown;
  readonly expected?: string;
  readonly retryAfterSeconds?: number;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Thrown inside a handler, answered as application/problem+json. */
export class Problem extends Error {
  readonly fields: ProblemFields;
  constructor(fields: ProblemFields) {
    super(fields.detail ?? fields.title);
    this.fields = fields;
  }
}

/** A request parameter or field that is wrong: 400, naming it, its value and what was expected. */
export function badParameter(code: string, field: string, value: unknown, expected: string): Problem {
  const detail = `${shown(field)} is ${shownInWords(value, 'missing')}, expected ${expected}`;
  return new Problem({ code, status: 400, title: 'Bad request', detail, field, value, expected });
}

/** Field and value come from the client: they are shown, not echoed. */
export function problemDocument(fields: ProblemFields): Record<string, unknown> {
  const { code, status, title, detail, field, value, expected, extra } = fields;
  const named = field === undefined ? undefined : shown(field);
  const optional = Object.entries({ detail, field: named, value: shown(value), expected }).filter(
    ([, v]) => v !== undefined,
  );
  return {
    type: `urn:tidemark:error:${code}`,
    title,
    status,
    code,
    ...Object.fromEntries(optional),
    ...extra,
  };
}
