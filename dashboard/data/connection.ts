// Whether the page hears of what is new.
import type { Problem } from './problem.ts';

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** `sinceMs`: when it was last heard of; 0 for never. */
  | { readonly kind: 'away'; readonly sinceMs: number; readonly nextAtMs: number; readonly problem: Problem }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'resting'; readonly sinceMs: number };
