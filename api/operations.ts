// The operations of the query API: what each takes and answers, for its document (serving/openapi.ts) and for the tests that
// hold every answer to it.
import { type TSchema, Type } from 'typebox';
import type { Definition } from '../schemas/definition.ts';
import { answerSchema } from './answer-schema.ts';
import { batchRunRequestSchema, batchRunSchema, batchRunsSchema } from './batch-run-schema.ts';
import { definitionsSchema } from './definitions-schema.ts';
import {
  exampleAnswer,
  exampleBatchRun,
  exampleBatchRuns,
  exampleCsv,
  exampleEvents,
  exampleProblem,
  exampleQueries,
  exampleStatus,
} from './examples.ts';
import {
  batchRunCodes,
  bodyCodes,
  type CodesByStatus,
  everyCodes,
  joinCodes,
  queryCodes,
  statusCodes,
  streamCodes,
} from './problem-codes.ts';
import { problemSchema } from './problem-schema.ts';
import { createReportOperations } from './report-operations.ts';
import { querySchema, streamSchema } from './query-schema.ts';
import { statusSchema } from './status-schema.ts';

interface Media {
  readonly schema: TSchema;
  readonly example?: unknown;
}

export interface DocumentedAnswer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, TSchema>>;
  /** By media type. */
  readonly content?: Readonly<Record<string, Media>>;
  /** No body. */
  readonly type?: 'null';
}

/** In the form that @fastify/swagger takes as a route's schema. */
export interface Operation {
  /** Method and path, `:name` for what varies. */
  readonly route: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly params?: TSchema;
  readonly querystring?: TSchema;
  readonly headers?: TSchema;
  readonly body?: TSchema;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly response: Readonly<Record<number, DocumentedAnswer>>;
}

const problemType = 'application/problem+json';
const json = 'application/json';
const text = Type.String();

const lastEventId = Type.Object({
  'last-event-id': Type.Optional(Type.String({ description: 'the id of the last event that the client has' })),
});

function problems(...codes: readonly CodesByStatus[]): Record<number, DocumentedAnswer> {
  const byStatus = Object.entries(joinCodes(everyCodes, ...codes)).map(([name, known]): [number, DocumentedAnswer] => {
    const status = Number(name);
    const retry = { 'Retry-After': Type.Integer({ description: 'seconds' }) };
    return [
      status,
      {
        description: known.join(', '),
        ...(status >= 503 ? { headers: retry } : {}),
        content: {
          [problemType]: {
            schema: problemSchema(status, known),
            ...(known.includes(exampleProblem.code) ? { example: exampleProblem } : {}),
          },
        },
      },
    ];
  });
  return Object.fromEntries(byStatus);
}

/** The fields of a query as an address has them: filters by dimension, `where.store`. */
function parametersOf(schema: ReturnType<typeof querySchema>): TSchema {
  const { where, not, ...plain } = schema.properties;
  const filters = Object.entries({ where, not }).flatMap(([kind, { properties }]) =>
    Object.entries(properties).map(([name, values]): [string, TSchema] => [
      `${kind}.${name}`,
      Type.Optional({
        ...values,
        description: `${kind === 'where' ? 'one' : 'none'} of these values; may be repeated`,
      }),
    ]),
  );
  return Type.Object({ ...plain, ...Object.fromEntries(filters) });
}

export function createOperations(definition: Definition) {
  const answer = answerSchema(definition);
  const answered: DocumentedAnswer = {
    description: 'the answer',
    headers: {
      ETag: Type.String({ description: 'GET only: send it as If-None-Match' }),
      'Tidemark-Token': Type.String({ description: 'as provenance.token' }),
    },
    content: { [json]: { schema: answer, example: exampleAnswer }, 'text/csv': { schema: text, example: exampleCsv } },
  };
  const query = querySchema(definition);
  const examples = Object.entries(exampleQueries).map(([summary, value]) => [
    summary.replaceAll(/\W+/g, '-'),
    { summary, value },
  ]);
  return {
    getQuery: {
      route: 'GET /v1/query',
      operationId: 'getQuery',
      summary: 'Totals, series, breakdowns, ranks',
      description: 'Lists are separated by commas; `where.D` and `not.D` are repeated for more values.',
      tags: ['query'],
      querystring: parametersOf(query),
      response: {
        200: answered,
        304: { description: 'the client has the answer already', type: 'null' },
        ...problems(queryCodes),
      },
    },
    postQuery: {
      route: 'POST /v1/query',
      operationId: 'postQuery',
      summary: 'The same as a document',
      tags: ['query'],
      body: { ...query, 'x-examples': Object.fromEntries(examples) },
      response: { 200: answered, ...problems(queryCodes, bodyCodes) },
    },
    stream: {
      route: 'GET /v1/stream',
      operationId: 'stream',
      summary: 'The same query, pushed as it changes',
      description:
        'Server-sent events `state`, `change`, `provenance` and `error`, resumable by `Last-Event-ID` (docs/stream.md). It does not end: read it with curl -N or the client, not on a page like this.',
      tags: ['query'],
      querystring: parametersOf(streamSchema(definition)),
      headers: lastEventId,
      response: {
        200: {
          description: 'events until the client leaves',
          content: { 'text/event-stream': { schema: text, example: exampleEvents } },
        },
        ...problems(queryCodes, streamCodes),
      },
    },
    definitions: {
      route: 'GET /v1/definitions',
      operationId: 'definitions',
      summary: 'Dimensions, measures and windows: what can be asked',
      tags: ['query'],
      response: {
        200: { description: 'the definition', content: { [json]: { schema: definitionsSchema } } },
        ...problems(),
      },
    },
    status: {
      route: 'GET /v1/status',
      operationId: 'status',
      summary: "The pipeline's state: tidemark, vectors, lag, ledger, audit, dead letters, runs",
      tags: ['operations'],
      response: {
        200: { description: 'the state', content: { [json]: { schema: statusSchema, example: exampleStatus } } },
        ...problems(statusCodes),
      },
    },
    batchRuns: {
      route: 'GET /v1/batch-runs',
      operationId: 'batchRuns',
      summary: 'The last batch runs: duration, size, audit with its evidence',
      tags: ['operations'],
      response: {
        200: { description: 'the runs', content: { [json]: { schema: batchRunsSchema, example: exampleBatchRuns } } },
        ...problems(),
      },
    },
    runBatch: {
      route: 'POST /v1/batch-runs',
      operationId: 'runBatch',
      summary: 'Make a batch run now',
      tags: ['operations'],
      security: [{ operator: [] }],
      body: { ...batchRunRequestSchema, 'x-examples': { now: { value: {} } } },
      response: {
        200: { description: 'the run', content: { [json]: { schema: batchRunSchema, example: exampleBatchRun } } },
        ...problems(batchRunCodes, bodyCodes),
      },
    },
    openapi: {
      route: 'GET /v1/openapi.json',
      operationId: 'openapi',
      summary: 'This document',
      tags: ['operations'],
      response: {
        200: { description: 'OpenAPI 3.1', content: { [json]: { schema: Type.Object({ openapi: text }) } } },
        ...problems(),
      },
    },
    ...createReportOperations(problems),
  } satisfies Record<string, Operation>;
}

export type Operations = ReturnType<typeof createOperations>;
