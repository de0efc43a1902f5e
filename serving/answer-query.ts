// One query, one cut: the live part and W are taken together with the run, before anything is awaited; then ClickHouse is
// asked for that run, and the two parts meet by addition.

import { Problem } from '../runtime/problem.ts';
import type { Generation } from '../schemas/generation.ts';
import { type AnswerBody, formAnswer } from './answer.ts';
import { awaitToken } from './await-token.ts';
import { type BatchViews, maxGroups } from './batch-views.ts';
import { tooManyRows } from './clickhouse-batch-views.ts';
import { addGroup, countGroupFacts, type GroupMap } from './groups.ts';
import { addLivePart } from './live-part.ts';
import type { LiveSource } from './live-source.ts';
import type { Pipeline } from './pipeline.ts';
import { type Provenance, provenanceOf, summarizeCut } from './provenance.ts';
import type { Query } from './query.ts';
import { planQuery } from './query-plan.ts';

export interface QueryDependencies {
  readonly generation: Generation;
  readonly live: LiveSource;
  readonly batchViews: BatchViews;
  readonly pipeline: Pipeline;
  readonly clock: () => number;
  readonly atLeastTimeoutMs: number;
}

export type Answer = AnswerBody & { readonly provenance: Provenance };

export async function answerQuery(dependencies: QueryDependencies, query: Query): Promise<Answer> {
  const { generation, live, batchViews, pipeline, clock, atLeastTimeoutMs } = dependencies;
  const { definition, rules } = generation;
  if (query.atLeast) await awaitToken(live, generation, query.atLeast, { timeoutMs: atLeastTimeoutMs, clock });

  // 1. The cut: from here to the end of 2 nothing may be awaited, the open epochs go on growing.
  const cut = live.capture();
  if (!cut) throw notReady(pipeline);
  const summary = summarizeCut(cut);
  const nowMs = clock();
  const plan = planQuery(query, definition, { nowMs, newestMs: summary.newestMs, earliestMs: rules.earliestMs });
  // 2. The live part, folded into groups of its own.
  const groups: GroupMap = new Map();
  addLivePart(groups, cut.tilings, plan);
  const liveFacts = countGroupFacts(groups);
  // 3. The batch part, of the run of the cut.
  const { rollup, from, to, grid, groupBy, bases } = plan;
  const { starts, steps } = grid;
  const read = { rollup: rollup.name, from, to, starts, steps, groupBy, bases, where: query.where, not: query.not };
  for (const group of await batchViews.read(summary.pinned, read)) addGroup(groups, group);
  if (groups.size > maxGroups) throw tooManyRows();

  const facts = { live: liveFacts, all: countGroupFacts(groups) };
  const body = formAnswer(definition, plan, groups, nowMs);
  return { ...body, provenance: provenanceOf(generation, summary, facts, pipeline) };
}

export function notReady(pipeline: Pipeline): Problem {
  const detail = pipeline.waitingFor() ?? 'no batch run is adopted yet';
  return new Problem({ code: 'not-ready', status: 503, title: 'Not ready', detail, retryAfterSeconds: 1 });
}
