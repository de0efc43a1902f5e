// The pipeline's state, as GET /v1/status tells it.
import { type Static, Type } from 'typebox';
import { ledgerSchema } from './answer-schema.ts';
import { runFields } from './batch-run-schema.ts';
import { closed, count, nullable, utc, type DeepReadonly } from './schema-parts.ts';

const partition = Type.Object(
  {
    partition: count,
    start: Type.Integer({ description: 'first offset that the archive knows' }),
    tidemark: Type.Integer({ minimum: 0, description: 'V: what batch has counted' }),
    vector: Type.Integer({ minimum: 0, description: 'W: what answers count' }),
    end: nullable(count),
    lagRecords: nullable(count),
    ledger: ledgerSchema,
    conserved: Type.Boolean({ description: 'whether the ledger accounts for every offset' }),
  },
  closed,
);

const deadLetters = Type.Object(
  {
    total: count,
    byReason: Type.Record(Type.String(), count),
    newest: Type.Array(Type.Object({ partition: count, offset: count, reason: Type.String() }, closed)),
  },
  closed,
);

export const statusSchema = Type.Object(
  {
    generation: Type.String(),
    horizonMs: count,
    run: Type.Object({ ...runFields, counted: count, duplicate: count, rejected: count, gap: count }, closed),
    lag: Type.Object({ records: nullable(count), ms: nullable(Type.Number({ minimum: 0 })) }, closed),
    partitions: Type.Array(partition),
    totals: Type.Object({ records: count, ...ledgerSchema.properties, liveCounted: count }, closed),
    extent: nullable(Type.Object({ from: utc, to: utc }, closed)),
    deadLetters: nullable(deadLetters),
    runs: Type.Array(Type.Object(runFields, closed), { description: 'the last 20, newest first' }),
    notes: Type.Array(Type.String()),
  },
  { ...closed, title: 'Status' },
);

export type Status = DeepReadonly<Static<typeof statusSchema>>;
