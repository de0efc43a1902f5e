// A query as a client meant it, after parsing: names checked, instants in UTC milliseconds.
import type { Token } from '../schemas/token.ts';
import type { WindowName } from './windows.ts';

/** By dimension: the values that it may (or may not) have. */
export type Filter = Readonly<Record<string, readonly string[]>>;

export interface Query {
  readonly measures: readonly string[];
  readonly by: readonly string[];
  /** undefined: one total. */
  readonly window: WindowName | undefined;
  /** undefined: from the first window that has data. */
  readonly from: number | undefined;
  /** undefined: to now, or to the end of the data where that is later. */
  readonly to: number | undefined;
  readonly tz: string;
  readonly where: Filter;
  readonly not: Filter;
  /** event: by when it occurred; order: by when its order was placed. */
  readonly attribution: 'event' | 'order';
  readonly atLeast: Token | undefined;
}
