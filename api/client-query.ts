// A query of the client: its type, the type of what it answers, and its address.
import type { FullProvenance, ShortProvenance, UnderstoodQuery } from './answer-schema.ts';
import type { QueryInput, StreamInput } from './query-schema.ts';
import type { DeepReadonly } from './schema-parts.ts';

type Filter = Readonly<Record<string, readonly string[]>>;

/** As the body of POST /v1/query; `format` is the call's. */
export type ClientQuery = Omit<DeepReadonly<QueryInput>, 'format' | 'where' | 'not'> & {
  readonly where?: Filter;
  readonly not?: Filter;
};
export type ClientStreamQuery = ClientQuery & Pick<DeepReadonly<StreamInput>, 'minIntervalMs'>;

type NamesIn<L> = L extends readonly (infer N extends string)[] ? N : never;
/** Fields by name; of names that are not known here anything may be there. */
type Fields<N extends string, V> = string extends N
  ? { readonly [name: string]: unknown }
  : { readonly [name in N]: V };

/** What a row is held against: its measures then, and by which share they changed. */
type Compared<M extends string> = Fields<M, number | null> & {
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly change: Fields<M, number | null>;
};

/** Measures are numbers; a JSON parser of the caller's may make more of those beyond 2^53. */
export type RowOf<Q extends ClientQuery> = Fields<NamesIn<Q['measures']>, number | null> &
  Fields<NamesIn<Q['by']>, string | null> & {
    readonly windowStart: string;
    readonly windowEnd: string;
    readonly open?: true;
    readonly other?: true;
  } & (Q extends { readonly compare: string }
    ? { readonly compare: Compared<NamesIn<Q['measures']>> | null }
    : unknown);

export type ProvenanceOf<Q extends ClientQuery> = Q extends { readonly provenance: 'full' }
  ? FullProvenance
  : Q extends { readonly provenance?: 'short' }
    ? ShortProvenance
    : ShortProvenance | FullProvenance;

export interface AnswerOf<Q extends ClientQuery> {
  readonly rows: readonly RowOf<Q>[];
  /** Of all amounts, where it is no column. */
  readonly currency?: string;
  /** Minor digits by currency. */
  readonly currencies: Readonly<Record<string, number>>;
  /** By measure that counts different values: above `exactUpTo` a value is an estimate. */
  readonly estimates?: Readonly<Record<string, { readonly exactUpTo: number; readonly standardError: number }>>;
  readonly query: DeepReadonly<UnderstoodQuery>;
  readonly provenance: DeepReadonly<ProvenanceOf<Q>>;
}

type Field = string | number | boolean | readonly string[] | Filter | undefined;

/** The parameters of an address: lists with commas, each value of a filter for itself. */
export function parametersOf(query: object): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query) as [string, Field][]) {
    if (value === undefined) continue;
    if (typeof value !== 'object') parameters.set(name, String(value));
    else if (Array.isArray(value)) parameters.set(name, value.join(','));
    else
      for (const [dimension, values] of Object.entries(value)) appendFilter(parameters, `${name}.${dimension}`, values);
  }
  return parameters;
}

/** An empty list is sent as an empty value, for the server to refuse: nothing would mean no filter. */
function appendFilter(parameters: URLSearchParams, name: string, values: readonly string[] | undefined): void {
  if (values === undefined) return;
  for (const value of values.length === 0 ? [''] : values) parameters.append(name, value);
}
