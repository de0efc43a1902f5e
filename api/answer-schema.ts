// The answer of a query: rows, currencies, the query as understood, provenance.
import { type Static, type TSchema, Type } from 'typebox';
import type { Definition } from '../schemas/definition.ts';
import { attributions, compareNames, rangeNames, weekDays, windowNames } from './query-names.ts';
import { namesIn } from './query-schema.ts';
import { closed, count, exactUpTo, nullable, oneOf, standardError, utc } from './schema-parts.ts';

const instant = Type.String({ description: 'ISO 8601 with the offset of tz' });
const vector = Type.Array(count, { description: 'by partition, the next offset' });
const notes = Type.Array(Type.String(), {
  description: 'what is stale, incomplete or unproven; empty where all is well',
});
const measure = Type.Union([Type.Number(), Type.Null()], {
  title: 'MeasureValue',
  description: 'an integer of any size, or a decimal; null where it is undefined',
});
export const dimensionValue = Type.Union([Type.String(), Type.Null()], {
  title: 'DimensionValue',
  description: 'null on the row of the rest',
});
const fieldsOf = <T extends TSchema>(names: readonly string[], schema: T) =>
  Object.fromEntries(names.map((name) => [name, Type.Optional(schema)]));

export const ledgerSchema = Type.Object(
  { counted: count, duplicate: count, deferred: count, rejected: count, gap: count },
  { ...closed, title: 'Ledger', description: 'how offsets were spent' },
);

/** One row; the dimensions and measures that were asked for are there. */
export function rowSchema(definition: Definition) {
  const { measures, dimensions } = namesIn(definition);
  const compared = Type.Object(
    {
      windowStart: instant,
      windowEnd: instant,
      change: Type.Object(fieldsOf(measures, measure), { ...closed, description: '(now − then) / |then|' }),
      ...fieldsOf(measures, measure),
    },
    closed,
  );
  return Type.Object(
    {
      windowStart: instant,
      windowEnd: instant,
      open: Type.Optional(Type.Literal(true, { description: 'the window goes on' })),
      other: Type.Optional(Type.Literal(true, { description: 'the groups beyond the limit' })),
      compare: Type.Optional(nullable(compared)),
      ...fieldsOf(dimensions, dimensionValue),
      ...fieldsOf(measures, measure),
    },
    { ...closed, title: 'Row' },
  );
}

const span = { from: instant, to: instant };
const filter = Type.Record(Type.String(), Type.Array(Type.String()));

/** The query as it was understood: ranges settled, absent fields that matter filled in. */
const understoodSchema = Type.Object(
  {
    measures: Type.Array(Type.String()),
    by: Type.Array(Type.String()),
    window: nullable(oneOf(windowNames)),
    weekStart: Type.Optional(oneOf(weekDays)),
    ...span,
    last: Type.Optional(Type.String()),
    range: Type.Optional(oneOf(rangeNames)),
    tz: Type.String(),
    where: filter,
    not: filter,
    attribution: oneOf(attributions),
    order: Type.Optional(Type.Array(Type.String())),
    limit: Type.Optional(count),
    other: Type.Optional(Type.Boolean()),
    fill: Type.Optional(Type.Literal(true)),
    compare: Type.Optional(
      Type.Object(
        {
          with: oneOf(compareNames),
          ...span,
          leftOut: Type.Optional(Type.Array(Type.Object(span, closed))),
        },
        closed,
      ),
    ),
    rollup: Type.Optional(Type.String({ description: 'that answered alone' })),
    rollups: Type.Optional(Type.Array(Type.String(), { description: 'that answered together, of one cut' })),
  },
  { ...closed, title: 'UnderstoodQuery' },
);

const provenanceFields = {
  run: Type.String({ description: 'the batch run that the answer stands on' }),
  token: Type.String({ description: 'names the answer; send it as atLeast to never go back' }),
  lagRecords: nullable(count),
  lagMs: nullable(Type.Number({ minimum: 0 })),
  newestEventAt: nullable(utc),
  liveShare: Type.Number({ minimum: 0, maximum: 1, description: 'live facts among all of the answer' }),
  deferredRecords: Type.Integer({ minimum: 0, description: 'late records: at most so many events are missing' }),
  deadLetters: nullable(count),
};

const shortProvenanceSchema = Type.Object(
  { ...provenanceFields, audit: Type.Object({ state: Type.String() }, closed), notes },
  { ...closed, title: 'ShortProvenance' },
);

const fullProvenanceSchema = Type.Object(
  {
    ...provenanceFields,
    generation: Type.String(),
    runPublishedAt: utc,
    tidemark: vector,
    vector,
    audit: Type.Object({ state: Type.String(), events: count, note: Type.String() }, closed),
    notes,
    ledger: ledgerSchema,
  },
  { ...closed, title: 'FullProvenance' },
);

export const provenanceSchema = Type.Union([shortProvenanceSchema, fullProvenanceSchema]);

/** What an answer has beside its rows and its provenance. */
export const answerHead = {
  currency: Type.Optional(Type.String({ description: 'of all amounts, where it is no column' })),
  currencies: Type.Record(Type.String(), count, { description: 'minor digits (ISO 4217)' }),
  estimates: Type.Optional(
    Type.Record(Type.String(), Type.Object({ exactUpTo, standardError }, closed), {
      description: 'by measure that counts different values: above exactUpTo a value is an estimate',
    }),
  ),
  query: understoodSchema,
};

export function answerSchema(definition: Definition) {
  return Type.Object(
    { rows: Type.Array(rowSchema(definition)), ...answerHead, provenance: provenanceSchema },
    { ...closed, title: 'Answer' },
  );
}

export type ShortProvenance = Static<typeof shortProvenanceSchema>;
export type FullProvenance = Static<typeof fullProvenanceSchema>;
export type UnderstoodQuery = Static<typeof understoodSchema>;
