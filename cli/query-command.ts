// `tidemark query`: options to the parameters of GET /v1/query and its answer as a table.
import type { Api } from './api.ts';
import { usageError } from './errors.ts';
import type { CliIo } from './io.ts';
import { type OutputOptions, print } from './output.ts';
import { answerText } from './render.ts';

export interface QueryOptions extends OutputOptions {
  readonly measures?: string;
  readonly by?: string;
  readonly window?: string;
  readonly from?: string;
  readonly to?: string;
  readonly tz?: string;
  /** Each `dimension=value[,value]`. */
  readonly where: readonly string[];
  readonly not: readonly string[];
  readonly atLeast?: string;
}

export async function runQuery(io: CliIo, api: Api, options: QueryOptions): Promise<void> {
  const answer = await api.query(queryParameters(options));
  print(io, options, answer, () => answerText(answer));
}

/** Without measures: orders and gross by currency, because amounts of different currencies are never added. */
function queryParameters({ where, not, ...given }: QueryOptions): URLSearchParams {
  const plain = { measures: 'orders,grossMinor', ...(given.measures === undefined && { by: 'currency' }) };
  const options = { ...plain, ...given };
  const parameters = new URLSearchParams();
  for (const name of ['measures', 'by', 'window', 'from', 'to', 'tz', 'atLeast'] as const) {
    const value = options[name];
    if (value !== undefined) parameters.set(name, value);
  }
  for (const [name, filters] of Object.entries({ where, not })) {
    for (const filter of filters) {
      const [, dimension, values] = /^([A-Za-z]+)=(.+)$/s.exec(filter) ?? [];
      if (dimension === undefined || values === undefined) {
        throw usageError(`--${name}`, filter, 'DIMENSION=VALUE or DIMENSION=VALUE,VALUE');
      }
      for (const value of values.split(',')) parameters.append(`${name}.${dimension}`, value);
    }
  }
  return parameters;
}
