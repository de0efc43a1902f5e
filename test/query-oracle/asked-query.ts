// A query as it is sent to POST /v1/query, and the same as the address of GET.

export type WindowName = 'minute' | '15m' | 'hour' | 'day' | 'week' | 'month' | 'year';
export type Filter = Readonly<Record<string, readonly string[]>>;

export interface AskedQuery {
  readonly measures: readonly string[];
  readonly by?: readonly string[];
  readonly window?: WindowName;
  readonly weekStart?: string;
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly range?: string;
  readonly tz?: string;
  readonly attribution?: 'event' | 'order';
  readonly where?: Filter;
  readonly not?: Filter;
  readonly order?: readonly string[];
  readonly limit?: number;
  readonly other?: boolean;
  readonly compare?: string;
  readonly fill?: boolean;
}

export function parametersOf({ where = {}, not = {}, ...asked }: AskedQuery): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) parameters.set(name, String(value));
  for (const [kind, filter] of Object.entries({ where, not })) {
    for (const [dimension, values] of Object.entries(filter)) {
      for (const value of values) parameters.append(`${kind}.${dimension}`, value);
    }
  }
  return parameters;
}
