// The metric definition as GET /v1/definitions tells it: what can be asked.
import type { Definition } from '../schemas/definition.ts';
import { compareNames } from './comparison.ts';
import { rangeNames } from './relative-range.ts';
import { weekDays, windowNames } from './windows.ts';

export function describeDefinition(definition: Definition): Record<string, unknown> {
  return {
    dimensions: Object.entries(definition.dimensions).map(([name, { grain }]) => ({ name, grain })),
    measures: Object.entries(definition.measures).map(([name, measure]) => ({
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
      dimensions,
      measures,
    })),
    windows: windowNames,
    weekDays,
    ranges: rangeNames,
    comparisons: compareNames,
  };
}
