// GET /v1/stream: the same query as GET /v1/query, pushed as it changes (docs/stream.md).
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Logger } from '../runtime/logger.ts';
import type { Operations } from '../api/operations.ts';
import { badParameter, Problem, problemDocument } from '../runtime/problem.ts';
import { decodeToken, type Token } from '../schemas/token.ts';
import type { QueryDependencies } from './answer-query.ts';
import { awaitToken } from './await-token.ts';
import { type Parameters, queryParserOf } from './query-parse.ts';
import { createSseSink } from './sse-sink.ts';
import { createStreamChannel } from './stream-channel.ts';
import { createStreamHub } from './stream-hub.ts';
import { createStreamMeter } from './stream-metrics.ts';
import { eventOf } from './stream-track.ts';

export interface StreamDependencies extends QueryDependencies {
  readonly log: Logger;
  readonly servingMaxStreams: number;
}

const defaultIntervalMs = 100;
const sse = { heartbeatMs: 15_000, retryMs: 1_000 };

export function registerStreamRoute(
  app: FastifyInstance,
  dependencies: StreamDependencies,
  operations: Operations,
  registry: Registry,
): void {
  const { generation, live, clock, atLeastTimeoutMs, servingMaxStreams } = dependencies;
  const { partitions } = generation;
  const parser = queryParserOf(generation);
  const meter = createStreamMeter(registry, () => hub.counts());
  const hub = createStreamHub(
    (query, minIntervalMs) => createStreamChannel({ ...dependencies, meter }, query, minIntervalMs),
    { readers: servingMaxStreams, queries: 200, keptMs: 30_000 },
  );
  app.addHook('preClose', async () => hub.close());

  const covered = (token: Token) => awaitToken(live, generation, token, { timeoutMs: atLeastTimeoutMs, clock });

  const config = { ownBound: true, operation: operations.stream };
  app.get('/v1/stream', { exposeHeadRoute: false, config }, async (request, reply) => {
    const { query: parsed, minIntervalMs = defaultIntervalMs } = parser.ofStream(request.query as Parameters);
    const { atLeast, ...query } = parsed;
    if (query.format !== 'json') throw badParameter('bad-value', 'format', query.format, 'json: a stream is no table');
    const lastId = request.headers['last-event-id'];
    const floor = typeof lastId === 'string' ? tokenOfId(lastId, generation.id, partitions) : undefined;

    // 1. A place, before anything is computed; it is given back when the connection closes, however it ends.
    const place = hub.enter({ ...query, atLeast: undefined }, minIntervalMs);
    reply.raw.once('close', () => place.leave());
    if (atLeast) await covered(atLeast);
    if (reply.raw.destroyed) {
      reply.hijack();
      return;
    }
    const sink = createSseSink(reply.raw, sse);
    const reader = place.channel.join(sink, { lastId: floor && (lastId as string), floor: floor ?? atLeast });
    reply.raw.once('close', () => reader.leave());
    reply.raw.on('drain', () => reader.resume());
    // 2. What is wrong with the query is answered as a problem; what will pass is told as an event.
    const problem = await reader.first();
    if (problem && problem.status < 500) {
      reader.leave();
      throw new Problem(problem);
    }
    reply.hijack();
    if (reply.raw.destroyed) return;
    sink.begin();
    reader.resume();
    // 3. The reader saw more than this server has: nothing is told below that, and it does not wait for ever.
    if (floor) await covered(floor).catch((error) => endWith(error));
    function endWith(error: unknown): void {
      if (error instanceof Problem && sink.ready())
        sink.write(eventOf('error', JSON.stringify(problemDocument(error.fields))).bytes);
      sink.end();
    }
  });
}

/** The token of an event's id; undefined where it is none of this generation, and then nothing is known of it. */
function tokenOfId(id: string, generation: string, partitions: number): Token | undefined {
  const token = decodeToken(id.split('.')[0]!);
  return token?.generation === generation && token.vector.length === partitions ? token : undefined;
}
