// The batch layer's HTTP for operations: health, metrics, and runs on demand behind the operator token.
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { BatchRun } from '../api/batch-run-schema.ts';
import { createHttpServer } from '../runtime/http-server.ts';
import type { Logger } from '../runtime/logger.ts';
import { requireOperator } from '../runtime/operator-token.ts';
import { badParameter, Problem } from '../runtime/problem.ts';
import type { Generation } from '../schemas/generation.ts';
import { sum } from '../schemas/offset-vector.ts';
import { decodeToken, encodeToken } from '../schemas/token.ts';
import type { BatchRunner, RunOutcome } from './batch-runner.ts';
import type { BatchMetrics } from './metrics.ts';

export interface BatchAppOptions {
  readonly runner: BatchRunner;
  readonly registry: Registry;
  readonly metrics: BatchMetrics;
  readonly generation: Generation;
  readonly operatorToken: string;
  readonly log: Logger;
  readonly waitingFor: () => string | undefined;
}

export interface BatchApp {
  readonly app: FastifyInstance;
  /** Makes a run by schedule or demand, and more at once while there is more than one takes; counted in the metrics. */
  makeRun(cover?: readonly number[]): Promise<RunOutcome>;
  /** No run follows the present one. */
  stop(): void;
}

export function createBatchApp(options: BatchAppOptions): BatchApp {
  const { runner, registry, metrics, generation, operatorToken, log, waitingFor } = options;
  let stopped = false;
  async function makeRun(cover?: readonly number[]): Promise<RunOutcome> {
    for (;;) {
      const outcome = await makeOneRun(cover);
      if (!outcome.more || stopped || (cover && outcome.covered)) return outcome;
    }
  }

  async function makeOneRun(cover: readonly number[] | undefined): Promise<RunOutcome> {
    try {
      const outcome = await runner.run(cover);
      metrics.run(outcome);
      return outcome;
    } catch (error) {
      metrics.runFailed();
      throw error;
    }
  }

  const app = createHttpServer({ log, waitingFor, metrics: registry, requestTimeoutMs: 120_000 });
  app.post<{ Body: { cover?: unknown } | null | undefined }>('/v1/batch-runs', async (request): Promise<BatchRun> => {
    requireOperator(request, operatorToken);
    const outcome = await makeRun(readCover(request.body, generation));
    const { run, covered, behind } = outcome;
    const { tidemark, counted, duplicate, rejected, gap, audit, auditedEvents, auditNote, startedAt, publishedAt } =
      run;
    return {
      published: outcome.kind === 'published',
      covered,
      ...(behind === undefined ? {} : { behind }),
      run: run.run,
      generation: generation.id,
      tidemark,
      token: encodeToken({ generation: generation.id, run: run.run, vector: tidemark }),
      ledger: { counted: sum(counted), duplicate: sum(duplicate), rejected: sum(rejected), gap: sum(gap) },
      audit: { state: audit, events: auditedEvents, note: auditNote },
      startedAt: new Date(startedAt).toISOString(),
      publishedAt: new Date(publishedAt).toISOString(),
    };
  });
  return {
    app,
    makeRun,
    stop() {
      stopped = true;
    },
  };
}

function readCover(body: unknown, generation: Generation): readonly number[] | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body !== 'object' || Array.isArray(body))
    throw badParameter('bad-body', '(body)', body, 'an object {"cover": TOKEN} or nothing');
  for (const name of Object.keys(body)) {
    if (name !== 'cover') throw badParameter('unknown-parameter', name, Reflect.get(body, name), 'cover, or nothing');
  }
  const cover: unknown = Reflect.get(body, 'cover');
  if (cover === undefined) return undefined;
  const token = typeof cover === 'string' ? decodeToken(cover) : undefined;
  if (!token || token.vector.length !== generation.rules.partitions) {
    throw badParameter('bad-token', 'cover', cover, 'a token as answers and the 202 of ingest carry it');
  }
  if (token.generation !== generation.id) {
    const detail = `the token is of generation ${token.generation}, this is ${generation.id}`;
    throw new Problem({
      code: 'other-generation',
      status: 409,
      title: 'Token of another generation',
      detail,
      field: 'cover',
    });
  }
  return token.vector;
}
