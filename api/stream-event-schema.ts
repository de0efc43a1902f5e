// The events of a stream, by name (docs/stream.md).
import { Type } from 'typebox';
import type { Definition } from '../schemas/definition.ts';
import { answerHead, answerSchema, dimensionValue, provenanceSchema, rowSchema } from './answer-schema.ts';
import { problemSchema } from './problem-schema.ts';
import { namesIn } from './query-schema.ts';
import { closed } from './schema-parts.ts';

export function streamEventSchemas(definition: Definition) {
  const row = rowSchema(definition);
  const dimensions = namesIn(definition).dimensions.map((name) => [name, Type.Optional(dimensionValue)] as const);
  const key = Type.Object(
    {
      windowStart: Type.String(),
      other: Type.Optional(Type.Literal(true)),
      ...Object.fromEntries(dimensions),
    },
    { ...closed, title: 'RowKey' },
  );
  const { currency, currencies, estimates, query } = answerHead;
  const change = Type.Object(
    {
      currency,
      currencies: Type.Optional(currencies),
      estimates,
      query: Type.Optional(query),
      provenance: Type.Optional(provenanceSchema),
      upserts: Type.Array(row),
      removed: Type.Array(key),
    },
    { ...closed, title: 'Change' },
  );
  return { state: answerSchema(definition), change, provenance: provenanceSchema, error: problemSchema() };
}
