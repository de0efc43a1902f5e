// What a query may look like, as a schema made from the definition: it validates (serving/query-parse.ts), documents and
// types the client. What depends on other fields, on the clock or on the data is judged in serving. A field's description
// is also what a refusal says that was expected.
import { type Static, Type } from 'typebox';
import { type Definition, queryDimensions } from '../schemas/definition.ts';
import { limits } from '../schemas/order-event.ts';
import {
  answerFormats,
  attributions,
  compareNames,
  provenanceDetails,
  rangeNames,
  weekDays,
  windowNames,
} from './query-names.ts';
import { closed, oneOf } from './schema-parts.ts';

const instant = Type.String({
  description: 'an ISO 8601 instant such as 2024-03-10T06:00:00Z (a plus sign as %2B), or a date such as 2024-03-10',
});

const filterValue = Type.String({
  minLength: 1,
  maxLength: limits.dimensionBytes,
  pattern: '^\\P{Cc}*$',
  description: `1 to ${limits.dimensionBytes} bytes of text without control characters`,
});

function filterOf(dimensions: readonly string[]) {
  const values = () => Type.Optional(Type.Array(filterValue, { minItems: 1, description: 'one or more values' }));
  return Type.Object(Object.fromEntries(dimensions.map((name) => [name, values()])), {
    ...closed,
    description: 'an object of lists such as {"store": ["west"]}',
  });
}

/** What a query may ask for. */
export function namesIn(definition: Definition) {
  return { measures: Object.keys(definition.measures), dimensions: queryDimensions(definition) };
}

function queryFields(definition: Definition) {
  const known = namesIn(definition);
  return {
    measures: Type.Array(oneOf(known.measures), {
      minItems: 1,
      uniqueItems: true,
      description: 'what is counted',
      examples: [['orders', 'grossMinor']],
    }),
    by: Type.Optional(
      Type.Array(oneOf(known.dimensions), {
        uniqueItems: true,
        description: 'groups: one row for each combination of their values',
        examples: [['currency']],
      }),
    ),
    window: Type.Optional(oneOf(windowNames, 'one row a window; absent: one total')),
    weekStart: Type.Optional(oneOf(weekDays, 'monday where absent')),
    from: Type.Optional(instant),
    to: Type.Optional(instant),
    last: Type.Optional(
      Type.String({
        pattern: '^[1-9]\\d{0,6}(m|h|d|w|mo|y)$',
        description: 'a number and a unit: 90m, 24h, 7d, 4w, 12mo or 2y, at most 30 years',
      }),
    ),
    range: Type.Optional(oneOf(rangeNames, 'a range that is told from now')),
    tz: Type.Optional(Type.String({ description: 'an IANA time zone such as Europe/Berlin' })),
    attribution: Type.Optional(
      oneOf(attributions, 'amounts count when the event occurred, or when its order was placed'),
    ),
    order: Type.Optional(
      Type.Array(Type.String(), {
        description: 'measures and dimensions of the query, or windowStart; - before one for descending',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'only the first groups' })),
    other: Type.Optional(Type.Boolean({ description: 'the rest beyond the limit as one more group' })),
    compare: Type.Optional(oneOf(compareNames, 'each row with its past and the change')),
    fill: Type.Optional(Type.Boolean({ description: 'rows also for empty windows' })),
    atLeast: Type.Optional(Type.String({ description: 'a token from an answer of this API or from ingest' })),
    provenance: Type.Optional(oneOf(provenanceDetails, 'short where absent')),
    format: Type.Optional(oneOf(answerFormats, 'json where absent')),
    where: Type.Optional(filterOf(known.dimensions)),
    not: Type.Optional(filterOf(known.dimensions)),
  };
}

export function querySchema(definition: Definition) {
  return Type.Object(queryFields(definition), closed);
}

/** Of a stream: also the least time from one event to the next. */
export function streamSchema(definition: Definition) {
  const minIntervalMs = Type.Integer({
    minimum: 10,
    maximum: 60_000,
    description: 'the least milliseconds from one event to the next; 100 where absent',
  });
  return Type.Object(
    { ...queryFields(definition), minIntervalMs: Type.Optional(minIntervalMs) },
    {
      additionalProperties: false,
    },
  );
}

export type QueryInput = Static<ReturnType<typeof querySchema>>;
export type StreamInput = Static<ReturnType<typeof streamSchema>>;
