// The ETag of an answer, known before anything is read. It covers the query, the range as settled by now, which windows are
// open, the cut and all provenance but the lag: hence weak. Pure.
import { createHash } from 'node:crypto';
import type { Provenance } from './provenance.ts';
import type { QueryPlan } from './query-plan.ts';
import { windowStartOf } from './windows.ts';

export function answerTag(plan: QueryPlan, provenance: Omit<Provenance, 'liveShare'>, nowMs: number): string {
  const { query, from, to, grid, reads } = plan;
  const { lagRecords: _records, lagMs: _ms, ...known } = provenance;
  // Windows that end after now are open: the first of them says which.
  const firstOpen = nowMs >= grid.end ? null : windowStartOf(grid, Math.max(nowMs, from));
  const compared = plan.comparison && [plan.comparison.from, plan.comparison.to];
  const edges = [plan.asked, from, to, firstOpen, nowMs >= to, compared];
  const { atLeast: _atLeast, ...asked } = query;
  const text = JSON.stringify([asked, reads.map(({ rollup }) => rollup.name), edges, known]);
  return `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/** Whether an If-None-Match names the tag; weakly compared, as it must be. */
export function namesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = (text: string) => text.trim().replace(/^W\//, '');
  return ifNoneMatch.split(',').some((text) => text.trim() === '*' || opaque(text) === opaque(tag));
}
