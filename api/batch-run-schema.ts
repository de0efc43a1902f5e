// Batch runs: one asked for, POST /v1/batch-runs, and the last ones, GET.
import { type Static, Type } from 'typebox';
import { closed, count, oneOf, utc, type DeepReadonly } from './schema-parts.ts';

export const batchRunRequestSchema = Type.Object(
  { cover: Type.Optional(Type.String({ description: 'a token: the run waits, bounded, until it covers it' })) },
  { ...closed, title: 'BatchRunRequest' },
);

export const batchRunSchema = Type.Object(
  {
    published: Type.Boolean({ description: 'false where the archive holds nothing beyond the current run' }),
    covered: Type.Boolean(),
    behind: Type.Optional(Type.String({ description: 'what does not reach the token yet' })),
    run: Type.String(),
    generation: Type.String(),
    tidemark: Type.Array(count),
    token: Type.String(),
    ledger: Type.Object({ counted: count, duplicate: count, rejected: count, gap: count }, closed),
    audit: Type.Object({ state: Type.String(), events: count, note: Type.String() }, closed),
    startedAt: utc,
    publishedAt: utc,
  },
  { ...closed, title: 'BatchRun' },
);

/** A run as GET /v1/status and GET /v1/batch-runs tell it. */
export const runFields = {
  id: Type.String(),
  parent: Type.String(),
  publishedAt: utc,
  audit: oneOf(['equal', 'different', 'not-compared']),
  auditedEvents: count,
  auditNote: Type.String(),
};

const added = (description: string) =>
  Type.Union([count, Type.Null()], { description: `${description}; null where its parent is not there any more` });

export const batchRunsSchema = Type.Object(
  {
    runs: Type.Array(
      Type.Object(
        {
          ...runFields,
          startedAt: utc,
          ms: Type.Integer({ description: 'from its start to its publication' }),
          records: added('offsets that it added to those of its parent'),
          counted: added('events that it added'),
          duplicate: added('copies among the offsets'),
          rejected: added('dead letters among them'),
          gap: added('offsets without a record'),
        },
        closed,
      ),
      { description: 'the last 50, newest first' },
    ),
    notes: Type.Array(Type.String(), { description: 'what serving has to say, as in the status' }),
  },
  { ...closed, title: 'BatchRuns' },
);

export type BatchRuns = DeepReadonly<Static<typeof batchRunsSchema>>;
export type BatchRunRequest = Static<typeof batchRunRequestSchema>;
export type BatchRun = DeepReadonly<Static<typeof batchRunSchema>>;
