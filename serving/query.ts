// A query as a client meant it, after parsing: names checked, instants in UTC milliseconds. What is relative to now stays
// so: a plan settles it each time that the query is answered.
import type { CompareName, RangeName, WeekDay, WindowName } from '../api/query-names.ts';
import type { Token } from '../schemas/token.ts';
import type { Last } from './relative-range.ts';

/** By dimension: the values that it may (or may not) have. */
export type Filter = Readonly<Record<string, readonly string[]>>;

/** A measure or a dimension of the query, or windowStart. */
export interface OrderKey {
  readonly name: string;
  readonly descending: boolean;
}

export interface Query {
  readonly measures: readonly string[];
  readonly by: readonly string[];
  /** undefined: one total. */
  readonly window: WindowName | undefined;
  readonly weekStart: WeekDay;
  /** undefined: from the first window that has data, or as `last` or `range` says. */
  readonly from: number | undefined;
  /** undefined: to now, or to the end of the data where that is later, or as `range` says. */
  readonly to: number | undefined;
  readonly last: Last | undefined;
  readonly range: RangeName | undefined;
  readonly tz: string;
  readonly where: Filter;
  readonly not: Filter;
  /** event: by when it occurred; order: by when its order was placed. */
  readonly attribution: 'event' | 'order';
  /** Ranks the groups; empty: windows in order, then dimension values. */
  readonly order: readonly OrderKey[];
  /** undefined: all groups. */
  readonly limit: number | undefined;
  /** The groups beyond the limit as one more. */
  readonly other: boolean;
  readonly compare: CompareName | undefined;
  /** Rows also for windows in which a group has nothing. */
  readonly fill: boolean;
  readonly atLeast: Token | undefined;
  readonly provenance: 'short' | 'full';
  readonly format: 'json' | 'csv';
}

/** What `order` calls the beginning of a row's window. */
export const windowStartKey = 'windowStart';
