// A batch run asked for: POST /v1/batch-runs.
import { type Static, Type } from 'typebox';
import { closed, count, utc, type DeepReadonly } from './schema-parts.ts';

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

export type BatchRunRequest = Static<typeof batchRunRequestSchema>;
export type BatchRun = DeepReadonly<Static<typeof batchRunSchema>>;
