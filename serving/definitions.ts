// The metric definition as GET /v1/definitions tells it: what can be asked.
import { compareNames, rangeNames, weekDays, windowNames } from '../api/query-names.ts';
import { namesIn } from '../api/query-schema.ts';
import type { Definitions } from '../api/definitions-schema.ts';
import type { Definition } from '../schemas/definition.ts';

export function describeDefinition(definition: Definition): Definitions {
  const known = namesIn(definition);
  return {
    dimensions: known.dimensions.map((name) => ({ name, grain: definition.dimensions[name]!.grain })),
    measures: known.measures.map((name) => {
      const measure = definition.measures[name]!;
      const { title, unit, kind } = measure;
      return { name, title, unit, kind, ...(measure.kind === 'ratio' ? { decimals: measure.decimals } : {}) };
    }),
    rollups: definition.rollups.map(({ name, grain, time, windowMs, dimensions, measures }) => ({
      name,
      grain,
      attribution: time === 'occurredAt' ? 'event' : 'order',
      windowMs,
      dimensions: dimensions.filter((dimension) => known.dimensions.includes(dimension)),
      measures,
    })),
    windows: windowNames,
    weekDays,
    ranges: rangeNames,
    comparisons: compareNames,
  };
}
