// The HTTP API of serving.
import type { FastifyInstance } from 'fastify';
import { notes } from '../api/notes.ts';
import { createOperations } from '../api/operations.ts';
import { createHttpServer } from '../runtime/http-server.ts';
import { requireOperator } from '../runtime/operator-token.ts';
import { decodeToken, type Token } from '../schemas/token.ts';
import { notReady } from './answer-query.ts';
import { awaitToken } from './await-token.ts';
import type { ForwardBatchRun } from './batch-runs-forward.ts';
import { extentRollup } from './clickhouse-batch-views.ts';
import { describeDefinition } from './definitions.ts';
import { registerDashboardRoutes } from './dashboard-routes.ts';
import { createServingMetrics } from './metrics.ts';
import { registerApiDocument } from './openapi.ts';
import { summarizeCut } from './provenance.ts';
import { registerQueryRoutes } from './query-routes.ts';
import { registerReportRoutes } from './report-routes.ts';
import type { Reports } from './reports.ts';
import { tellRun } from './run-history.ts';
import { joinExtents, liveExtent, statusOf } from './status.ts';
import { registerStreamRoute, type StreamDependencies } from './stream-route.ts';

export interface ServingDependencies extends StreamDependencies {
  readonly operatorToken: string;
  readonly forwardBatchRun: ForwardBatchRun;
  /** undefined: without reports. */
  readonly reports?: Reports;
  /** Where the built dashboard lies, if not where `npm start` builds it. */
  readonly dashboardFolder?: string;
}

const adoptTimeoutMs = 5_000;
/** Also those that wait for a token. */
const maxRequests = 256;

export function createServingApp(dependencies: ServingDependencies): FastifyInstance {
  const { generation, live, batchViews, pipeline, log, clock, operatorToken, forwardBatchRun } = dependencies;
  const { definition } = generation;
  const metrics = createServingMetrics(dependencies);
  const app = createHttpServer({
    log,
    waitingFor: () => pipeline.waitingFor(),
    metrics: metrics.registry,
    maxRequests,
  });

  // Written by hand: integers beyond 2^53 and decimals are exact in the text (JSON.rawJSON).
  const json = (value: unknown) => JSON.stringify(value);
  const contentType = 'application/json; charset=utf-8';

  registerDashboardRoutes(app, dependencies.dashboardFolder);

  const operations = createOperations(definition);
  registerApiDocument(app, operations.openapi);
  void app.register(async (scope) => {
    registerQueryRoutes(scope, dependencies, operations, metrics);

    registerStreamRoute(scope, dependencies, operations, metrics.registry);

    if (dependencies.reports)
      registerReportRoutes(scope, { ...dependencies, reports: dependencies.reports }, operations, metrics.registry);

    scope.get('/v1/status', { config: { operation: operations.status } }, async (_request, reply) => {
      const cut = live.capture();
      if (!cut) throw notReady(pipeline);
      const summary = summarizeCut(cut);
      const rollup = extentRollup(generation);
      const recent = liveExtent(cut, definition.rollups.indexOf(rollup), rollup.windowMs);
      const older = await batchViews.extent(cut.pinned).catch(() => 'unknown' as const);
      const extent = older === 'unknown' ? undefined : joinExtents(older, recent);
      const said = older === 'unknown' ? [notes.extentUnknown()] : [];
      return reply.type(contentType).send(json(statusOf(generation, summary, extent, pipeline, said)));
    });

    scope.get('/v1/definitions', { config: { operation: operations.definitions } }, () =>
      describeDefinition(definition),
    );

    scope.get('/v1/batch-runs', { config: { operation: operations.batchRuns } }, (_request, reply) => {
      const told = { runs: pipeline.runs().map(tellRun), notes: pipeline.notes() };
      return reply.type(contentType).send(json(told));
    });

    scope.post('/v1/batch-runs', { config: { operation: operations.runBatch } }, async (request, reply) => {
      requireOperator(request, operatorToken);
      const body = JSON.stringify(request.body ?? {});
      const answer = await forwardBatchRun(body, request.headers.authorization ?? '');
      // Whoever asked for the run finds it in the next answer; if it takes longer, answers say what they stand on.
      const token = answer.status === 200 ? tokenOf(answer.body) : undefined;
      if (token) await awaitToken(live, generation, token, { timeoutMs: adoptTimeoutMs, clock }).catch(() => undefined);
      return reply.status(answer.status).type(answer.contentType).send(answer.body);
    });
  });

  return app;
}

function tokenOf(body: string): Token | undefined {
  const { token } = JSON.parse(body) as { token?: unknown };
  return typeof token === 'string' ? decodeToken(token) : undefined;
}
