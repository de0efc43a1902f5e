// Errors as RFC 9457 problem documents.
import { type Static, Type } from 'typebox';
import { closed, count } from './schema-parts.ts';

const shownValue = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()], {
  description: 'what was sent, at most 200 characters of it; lists and objects are named',
});

/** `codes`: those that the status can have; absent: any. */
export function problemSchema(status?: number, codes?: readonly string[]) {
  return Type.Object(
    {
      type: Type.String({ pattern: '^urn:tidemark:error:[a-z-]+$' }),
      title: Type.String(),
      status: status === undefined ? Type.Integer() : Type.Literal(status),
      code: codes ? Type.Enum([...codes], { type: 'string', description: 'stable' }) : Type.String(),
      detail: Type.Optional(Type.String()),
      field: Type.Optional(Type.String({ description: 'the parameter or field that is wrong' })),
      value: Type.Optional(shownValue),
      expected: Type.Optional(Type.String()),
      behind: Type.Optional(Type.Array(Type.Object({ partition: count, at: count, wanted: count }, closed))),
    },
    closed,
  );
}

export type ProblemDocument = Static<ReturnType<typeof problemSchema>>;
