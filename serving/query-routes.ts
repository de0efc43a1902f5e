// GET and POST /v1/query: one parser, one answer, as JSON or as CSV, streamed where it is long; what GET was asked before is
// told from memory as long as nothing changed.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Operations } from '../api/operations.ts';
import { createAnswerMemo, type KnownAnswer, type WrittenAnswer } from './answer-memo.ts';
import {
  type Answer,
  answerQuery,
  awaitAtLeast,
  prepareAnswer,
  type QueryDependencies,
  requireStanding,
} from './answer-query.ts';
import { namesTag } from './answer-tag.ts';
import { csvPieces, jsonPieces } from './answer-text.ts';
import type { ServingMetrics } from './metrics.ts';
import { type Parameters, queryParserOf } from './query-parse.ts';
import type { Query } from './query.ts';
import { takeStanding } from './standing.ts';

/** Answers of no more rows than this are sent in one piece. */
const rowsInOne = 1_000;
const bodyLimitBytes = 64 * 1024;
const memoBounds = { totalBytes: 64 * 1024 * 1024, answerBytes: 4 * 1024 * 1024 };
const caching = 'private, no-cache';
const lookMs = 5_000;
const shortBytes = 16 * 1024;

export function registerQueryRoutes(
  app: FastifyInstance,
  dependencies: QueryDependencies,
  operations: Operations,
  metrics: ServingMetrics,
): void {
  const parser = queryParserOf(dependencies.generation);
  const memo = createAnswerMemo(memoBounds);

  /** What is known of the address, without waiting for anything; undefined where its token has to be waited for. */
  function lookUp(request: FastifyRequest): KnownAnswer | Query {
    const standing = takeStanding(dependencies);
    const known = standing && memo.find(request.url, standing);
    if (known) return known;
    const query = parser.ofParameters(request.query as Parameters);
    if (!standing || query.atLeast) return query;
    return memo.add(request.url, query, () => prepareAnswer(dependencies, standing, query));
  }

  function prepareAnew(query: Query): KnownAnswer {
    const prepared = prepareAnswer(dependencies, requireStanding(dependencies), query);
    return { ...prepared, query, written: undefined, keep: () => undefined };
  }

  // What an entry needs of the live part must not outlive it for long because nobody asks.
  const looking = setInterval(() => memo.forgetUnless(takeStanding(dependencies)), lookMs).unref();
  app.addHook('onClose', async () => clearInterval(looking));

  app.get('/v1/query', { config: { operation: operations.getQuery } }, (request, reply) => {
    const held = request.headers['if-none-match'];
    const found = lookUp(request);
    const isTold = 'tag' in found && tell(found);
    // A reply that is returned would be waited for, which costs as much as the rest.
    return isTold ? undefined : compute();

    /** What is known without an await; false where that is nothing. */
    function tell({ tag, written }: KnownAnswer): boolean {
      const isHeld = namesTag(held, tag);
      if (!isHeld && !written) return false;
      metrics.countRemembered();
      void reply.header('etag', tag).header('cache-control', caching);
      void (isHeld ? reply.status(304).send() : reply.headers(written!.headers).send(written!.body));
      return true;
    }

    async function compute(): Promise<FastifyReply> {
      const done = metrics.startQuery();
      if (!('tag' in found) && found.atLeast) await awaitAtLeast(dependencies, found.atLeast);
      const known = 'tag' in found ? found : prepareAnew(found);
      if (tell(known)) return reply;
      // From the cut to here nothing was awaited.
      const answer = await known.compute();
      done();
      void reply.header('etag', known.tag).header('cache-control', caching);
      return sendAnswer(reply, answer, known.query, known.keep);
    }
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
      void reply.header('cache-control', caching);
      return sendAnswer(reply, answer, query, () => undefined);
    });
  });
}

function sendAnswer(
  reply: FastifyReply,
  answer: Answer,
  query: Query,
  keep: (written: WrittenAnswer) => void,
): FastifyReply {
  const headers = headersOf(answer, query);
  void reply.headers(headers);
  const pieces = query.format === 'csv' ? csvPieces(answer, query) : jsonPieces(answer, query);
  if (answer.rows.length <= rowsInOne) {
    const text = [...pieces].join('');
    const body = Buffer.from(text);
    keep(written(headers, body.length <= shortBytes ? text : body, body.length));
    return reply.send(body);
  }
  const kept = keptPieces(pieces, (body) => keep(written(headers, body, body.length)));
  return reply.send(Readable.from(kept, { objectMode: false }));
}

function written(headers: Record<string, string>, body: Buffer | string, bytes: number): WrittenAnswer {
  return { headers: { ...headers, 'content-length': String(bytes) }, body, bytes };
}

/** The same pieces; `keep` is called with all of them after the last one, unless they are too long to be kept. */
function* keptPieces(pieces: Iterable<string>, keep: (body: Buffer) => void): Generator<Buffer> {
  let all: Buffer[] | undefined = [];
  let bytes = 0;
  for (const text of pieces) {
    const piece = Buffer.from(text);
    bytes += piece.length;
    if (bytes > memoBounds.answerBytes) all = undefined;
    all?.push(piece);
    yield piece;
  }
  if (all) keep(Buffer.concat(all));
}

function headersOf(answer: Answer, { format }: Query): Record<string, string> {
  const token = { 'tidemark-token': answer.provenance.token };
  if (format === 'csv') {
    return { ...token, ...csvHeaders(answer), 'content-type': 'text/csv; charset=utf-8; header=present' };
  }
  return { ...token, 'content-type': 'application/json; charset=utf-8' };
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
