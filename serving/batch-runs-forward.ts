// POST /v1/batch-runs is the batch layer's; serving passes it on, with the operator token, and its answer back.
import { Problem } from '../runtime/problem.ts';

interface BatchLayerAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export type ForwardBatchRun = (body: string, authorization: string) => Promise<BatchLayerAnswer>;

/** A run waits, bounded, for what it is asked to cover: so may this. */
const timeoutMs = 120_000;

export function createBatchRunForward(batchUrl: string): ForwardBatchRun {
  const url = new URL('/v1/batch-runs', batchUrl);
  return async (body, authorization) => {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const contentType = answer.headers.get('content-type') ?? 'application/json';
      return { status: answer.status, contentType, body: await answer.text() };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Problem({
        code: 'batch-layer-away',
        status: 503,
        title: 'Batch layer away',
        detail: `the batch layer at ${url.host} did not answer: ${why}`,
        retryAfterSeconds: 2,
      });
    }
  };
}
