// `tidemark query`: options to a query, and its answer as a table.
import type { ClientQuery } from '../api/client.ts';
import type { Api } from './api.ts';
import { usageError } from './errors.ts';
import type { CliIo } from './io.ts';
import { type OutputOptions, printAnswer } from './output.ts';
import { answerText } from './render.ts';

export interface QueryOptions extends OutputOptions {
  readonly measures?: string;
  readonly by?: string;
  readonly window?: string;
  readonly weekStart?: string;
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly range?: string;
  readonly tz?: string;
  readonly order?: string;
  readonly limit?: string;
  readonly other?: true;
  readonly compare?: string;
  readonly fill?: true;
  readonly attribution?: string;
  /** Each `dimension=value`; the value is all that follows, commas too. */
  readonly where: readonly string[];
  readonly not: readonly string[];
  readonly atLeast?: string;
}

export async function runQuery(io: CliIo, api: Api, options: QueryOptions): Promise<void> {
  const { body: answer, json } = await api.query(queryBody(options) as unknown as ClientQuery);
  printAnswer(io, options, json, () => answerText(answer));
}

const plainOptions = [
  'measures',
  'by',
  'window',
  'weekStart',
  'from',
  'to',
  'last',
  'range',
  'tz',
  'attribution',
  'order',
  'limit',
  'other',
  'compare',
  'fill',
  'atLeast',
] as const;

/** Without measures: orders and gross by currency, because amounts of different currencies are never added. */
const withDefaults = (given: Partial<QueryOptions>): Partial<QueryOptions> => ({
  measures: 'orders,grossMinor',
  ...(given.measures === undefined && { by: 'currency' }),
  ...given,
});

function readFilter(name: string, filter: string): readonly [dimension: string, value: string] {
  const [, dimension, value] = /^([A-Za-z]+)=(.+)$/s.exec(filter) ?? [];
  if (dimension === undefined || value === undefined) throw usageError(`--${name}`, filter, 'DIMENSION=VALUE');
  return [dimension, value];
}

/** The options as the body of POST /v1/query. What is no number stays a text, for the API to refuse. */
export function queryBody({ where, not, ...given }: QueryOptions): Record<string, unknown> {
  const options = withDefaults(given);
  const body: Record<string, unknown> = {};
  for (const name of plainOptions) {
    const value = options[name];
    if (value === undefined) continue;
    const isList = name === 'measures' || name === 'by' || name === 'order';
    const isWhole = name === 'limit' && /^\d{1,15}$/.test(String(value));
    body[name] = isList ? String(value).split(',') : isWhole ? Number(value) : value;
  }
  for (const [name, filters] of Object.entries({ where, not })) {
    const lists: Record<string, string[]> = {};
    for (const [dimension, value] of filters.map((filter) => readFilter(name, filter))) {
      (lists[dimension] ??= []).push(value);
    }
    if (filters.length > 0) body[name] = lists;
  }
  return body;
}
