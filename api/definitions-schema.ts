// What can be asked, as GET /v1/definitions tells it.
import { type Static, Type } from 'typebox';
import { closed, exactUpTo, oneOf, standardError, type DeepReadonly } from './schema-parts.ts';

const names = Type.Array(Type.String());
const grain = oneOf(['order', 'item']);

export const definitionsSchema = Type.Object(
  {
    dimensions: Type.Array(Type.Object({ name: Type.String(), grain }, closed)),
    measures: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          title: Type.String(),
          unit: oneOf(['count', 'minor']),
          kind: Type.String(),
          decimals: Type.Optional(Type.Integer({ minimum: 0 })),
          exactUpTo: Type.Optional(exactUpTo),
          standardError: Type.Optional(standardError),
        },
        closed,
      ),
    ),
    rollups: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          grain,
          attribution: oneOf(['event', 'order']),
          attributions: Type.Array(oneOf(['event', 'order'])),
          windowMs: Type.Integer({ minimum: 1 }),
          dimensions: names,
          measures: names,
        },
        closed,
      ),
    ),
    windows: names,
    weekDays: names,
    ranges: names,
    comparisons: names,
  },
  { ...closed, title: 'Definitions' },
);

export type Definitions = DeepReadonly<Static<typeof definitionsSchema>>;
