// Why there is no answer, as the page tells it. Pure.
import { TidemarkError } from '../../api/client.ts';

/** `status` 0: the server said nothing. */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  /** Of the request: what is wrong. */
  readonly field?: string | undefined;
}

export function problemOf(error: unknown): Problem {
  if (error instanceof TidemarkError) return error;
  return { code: 'fault', status: 0, detail: error instanceof Error ? error.message : String(error) };
}

/** Asking the same again may succeed; 409: of what another version of the server has told. */
export function isPassing({ status }: Problem): boolean {
  return status >= 500 || [0, 409, 429].includes(status);
}
