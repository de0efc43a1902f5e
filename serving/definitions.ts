// The metric definition as GET /v1/definitions tells it: what can be asked.
import { compareNames, rangeNames, weekDays, windowNames } from '../api/query-names.ts';
import { namesIn } from '../api/query-schema.ts';
import type { Definitions } from '../api/definitions-schema.ts';
import { type Definition, distinctOf, goesBy, type Rollup } from '../schemas/definition.ts';
import { exactUpTo, standardError } from './distinct.ts';

export function describeDefinition(definition: Definition): Definitions {
  const known = namesIn(definition);
  const counts = ({ dimensions }: Rollup, name: string) => dimensions.includes(distinctOf(definition, name) ?? '');
  return {
    dimensions: known.dimensions.map((name) => ({ name, grain: definition.dimensions[name]!.grain })),
    measures: known.measures.map((name) => {
      const measure = definition.measures[name]!;
      const { title, unit, kind } = measure;
      return {
        name,
        title,
        unit,
        kind,
        ...(measure.kind === 'ratio' ? { decimals: measure.decimals } : {}),
        ...(measure.kind === 'distinct' ? { exactUpTo, standardError } : {}),
      };
    }),
    rollups: definition.rollups.map((rollup) => ({
      name: rollup.name,
      grain: rollup.grain,
      attribution: rollup.time === 'occurredAt' ? 'event' : 'order',
      attributions: [
        ...(goesBy(rollup, 'occurredAt') ? (['event'] as const) : []),
        ...(goesBy(rollup, 'placedAt') ? (['order'] as const) : []),
      ],
      windowMs: rollup.windowMs,
      dimensions: rollup.dimensions.filter((dimension) => known.dimensions.includes(dimension)),
      measures: [...rollup.measures, ...known.measures.filter((name) => counts(rollup, name))],
    })),
    windows: windowNames,
    weekDays,
    ranges: rangeNames,
    comparisons: compareNames,
  };
}
