// What a range without a number is told as. Pure.
import type { Answer } from './answer.ts';

export interface Nothing {
  /** It lies outside all data: nothing was counted there, which is not a count of nothing. */
  readonly isUnknown: boolean;
  readonly words: string;
}

/** undefined where there is something. `data`: from where to where there is any. */
export function nothingIn(
  answer: Pick<Answer, 'rows' | 'query'> | undefined,
  data: { readonly from: string; readonly to: string } | null,
): Nothing | undefined {
  if (!answer || answer.rows.length > 0) return undefined;
  const { from, to, where, last, range } = answer.query;
  // A range that is told from now on is counted as it comes.
  const isFixed = !last && !range;
  const isUnknown =
    data !== null && (Date.parse(to) <= Date.parse(data.from) || (isFixed && Date.parse(from) >= Date.parse(data.to)));
  const filtered = Object.keys(where).length > 0 ? ' with these filters' : '';
  return { isUnknown, words: `No ${isUnknown ? 'data' : 'orders'} in this range${filtered}.` };
}
