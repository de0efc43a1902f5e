// GET and POST /v1/query: one parser, one answer, as JSON or as CSV, streamed where it is long.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Operations } from '../api/operations.ts';
import { type Answer, answerQuery, answerUnlessKnown, type QueryDependencies } from './answer-query.ts';
import { namesTag } from './answer-tag.ts';
import { csvPieces, jsonPieces } from './answer-text.ts';
import type { ServingMetrics } from './metrics.ts';
import { createQueryParser, type Parameters } from './query-parse.ts';
import type { Query } from './query.ts';

/** Answers of no more rows than this are sent in one piece. */
const rowsInOne = 1_000;
const bodyLimitBytes = 64 * 1024;

export function registerQueryRoutes(
  app: FastifyInstance,
  dependencies: QueryDependencies,
  operations: Operations,
  metrics: ServingMetrics,
): void {
  const { definition, partitions } = dependencies.generation;
  const parser = createQueryParser(definition, partitions);

  app.get('/v1/query', { config: { operation: operations.getQuery } }, async (request, reply) => {
    const done = metrics.startQuery();
    const query = parser.ofParameters(request.query as Parameters);
    const held = request.headers['if-none-match'];
    const { tag, answer } = await answerUnlessKnown(dependencies, query, (known) => namesTag(held, known));
    done();
    void reply.header('etag', tag).header('cache-control', 'private, no-cache');
    return answer ? sendAnswer(reply, answer, query) : reply.status(304).send();
  });

  void app.register(async (scope) => {
    // JSON only: Fastify would take plain text too.
    scope.removeContentTypeParser('text/plain');
    const options = { bodyLimit: bodyLimitBytes, config: { operation: operations.postQuery } };
    scope.post('/v1/query', options, async (request, reply) => {
      const done = metrics.startQuery();
      const query = parser.ofBody(request.body);
      const answer = await answerQuery(dependencies, query);
      done();
      void reply.header('cache-control', 'private, no-cache');
      return sendAnswer(reply, answer, query);
    });
  });
}

function sendAnswer(reply: FastifyReply, answer: Answer, query: Query): FastifyReply {
  void reply.header('tidemark-token', answer.provenance.token);
  if (query.format === 'csv') void reply.headers(csvHeaders(answer)).type('text/csv; charset=utf-8; header=present');
  else void reply.type('application/json; charset=utf-8');
  const pieces = query.format === 'csv' ? csvPieces(answer, query) : jsonPieces(answer, query);
  const inOne = answer.rows.length <= rowsInOne;
  return reply.send(inOne ? [...pieces].join('') : Readable.from(pieces, { objectMode: false }));
}

/** What a table cannot say. Texts are JSON in ASCII. */
function csvHeaders({ provenance, currency, currencies, estimates }: Answer): Record<string, string> {
  const { run, vector, lagRecords, deferredRecords, notes } = provenance;
  return {
    'tidemark-run': run,
    'tidemark-vector': vector.join(','),
    'tidemark-lag-records': String(lagRecords ?? 'unknown'),
    'tidemark-deferred-records': String(deferredRecords),
    'tidemark-currencies': JSON.stringify(currencies),
    ...(estimates === undefined ? {} : { 'tidemark-estimates': JSON.stringify(estimates) }),
    ...(currency === undefined ? {} : { 'tidemark-currency': currency }),
    'tidemark-notes': asciiJson(boundedNotes(notes)),
  };
}

/** Headers are read whole into a small buffer: the first notes, and how many more there are. */
function boundedNotes(notes: readonly string[]): readonly string[] {
  const most = 10;
  const shown = notes.slice(0, most).map((note) => (note.length > 300 ? `${note.slice(0, 300)}…` : note));
  return notes.length > most ? [...shown, `${notes.length - most} more notes: ask for JSON`] : shown;
}

function asciiJson(value: unknown): string {
  const escape = (text: string) => `\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replaceAll(/[^\x20-\x7e]/g, escape);
}
