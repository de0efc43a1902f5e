// The refusal where ClickHouse gave no answer: retryable, with why in its own words, bounded.
import { Problem } from '../runtime/problem.ts';

/** `title` as the problem's, e.g. "Batch views away". */
export function clickhouseAway(code: string, title: string, error: unknown): Problem {
  const why = error instanceof Error ? error.message.slice(0, 300) : String(error);
  return new Problem({
    code,
    status: 503,
    title,
    detail: `ClickHouse did not answer: ${why}`,
    retryAfterSeconds: 1,
  });
}
