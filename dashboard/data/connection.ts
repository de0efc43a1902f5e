// Whether the page hears of what is new.
import type { ProblemDocument } from './api.ts';

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live'; readonly heardAtMs: number }
  /** `sinceMs`: when it was last heard of; 0 for never. */
  | { readonly kind: 'away'; readonly sinceMs: number; readonly nextAtMs: number; readonly problem: ProblemDocument }
  | { readonly kind: 'refused'; readonly problem: ProblemDocument }
  | { readonly kind: 'resting'; readonly sinceMs: number };
