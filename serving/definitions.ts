// The metric definition as GET /v1/definitions tells it: what can be asked.
import { type Definition, distinctOf, queryDimensions } from '../schemas/definition.ts';
import { compareNames } from './comparison.ts';
import { rangeNames } from './relative-range.ts';
import { weekDays, windowNames } from './windows.ts';

export function describeDefinition(definition: Definition): Record<string, unknown> {
  const known = queryDimensions(definition);
  return {
    dimensions: known.map((name) => ({ name, grain: definition.dimensions[name]!.grain })),
    measures: Object.entries(definition.measures)
      .filter(([name]) => distinctOf(definition, name) === undefined)
      .map(([name, measure]) => ({
        name,
        title: measure.title,
        unit: measure.unit,
        kind: measure.kind,
        ...(measure.kind === 'ratio' ? { decimals: measure.decimals } : {}),
      })),
    rollups: definition.rollups.map(({ name, grain, time, windowMs, dimensions, measures }) => ({
      name,
      grain,
      attribution: time === 'occurredAt' ? 'event' : 'order',
      windowMs,
      dimensions: dimensions.filter((dimension) => known.includes(dimension)),
      measures,
    })),
    windows: windowNames,
    weekDays,
    ranges: rangeNames,
    comparisons: compareNames,
  };
}
