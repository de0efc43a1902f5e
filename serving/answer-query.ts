// One query, one cut: the live part and W are taken together with the run, before anything is awaited; then ClickHouse is
// asked for that run, and the two parts meet (groups.ts). Both periods of a comparison are of the same cut. Equal questions
// are answered from memory in answer-memo.ts, before this.

import { Problem } from '../runtime/problem.ts';
import type { Generation } from '../schemas/generation.ts';
import type { Token } from '../schemas/token.ts';
import { type AnswerBody, formAnswer } from './answer.ts';
import { answerTag } from './answer-tag.ts';
import { awaitToken } from './await-token.ts';
import { type BatchViews, maxGroups, maxHashBytes } from './batch-views.ts';
import { tooManyDistinct, tooManyRows } from './clickhouse-batch-views.ts';
import { addGroup, countGroupFacts, type GroupMap, hashBytesOf, joinGroups } from './groups.ts';
import { addLivePart } from './live-part.ts';
import type { LiveSource } from './live-source.ts';
import type { PinnedRun } from './live-view.ts';
import type { Pipeline } from './pipeline.ts';
import { liveShareOf, type Provenance, provenanceOf, summarizeCut } from './provenance.ts';
import type { Query } from './query.ts';
import { planQuery, type RangeRead, rangesOf } from './query-plan.ts';
import { type Standing, takeStanding } from './standing.ts';

export interface QueryDependencies {
  readonly generation: Generation;
  readonly live: LiveSource;
  readonly batchViews: BatchViews;
  readonly pipeline: Pipeline;
  readonly clock: () => number;
  readonly atLeastTimeoutMs: number;
}

/** Provenance in full; what a client is told of it, tellProvenance decides. */
export type Answer = AnswerBody & { readonly provenance: Provenance };

export async function answerQuery(dependencies: QueryDependencies, query: Query): Promise<Answer> {
  if (query.atLeast) await awaitAtLeast(dependencies, query.atLeast);
  return prepareAnswer(dependencies, requireStanding(dependencies), query).compute();
}

export function awaitAtLeast(dependencies: QueryDependencies, token: Token): Promise<void> {
  const { live, generation, clock, atLeastTimeoutMs: timeoutMs } = dependencies;
  return awaitToken(live, generation, token, { timeoutMs, clock });
}

export function requireStanding(dependencies: QueryDependencies): Standing {
  const standing = takeStanding(dependencies);
  if (!standing) throw notReady(dependencies.pipeline);
  return standing;
}

/** An answer of which the tag is known and nothing is read yet. */
export interface PreparedAnswer {
  readonly tag: string;
  /** Before the next await, or as long as the same cut is captured: the open epochs go on growing. */
  compute(): Promise<Answer>;
}

/** Throws a 400 problem for what cannot be answered. */
export function prepareAnswer(dependencies: QueryDependencies, standing: Standing, query: Query): PreparedAnswer {
  const { generation, batchViews } = dependencies;
  const { definition, rules } = generation;
  const { cut, nowMs } = standing;
  const summary = summarizeCut(cut);
  const plan = planQuery(query, definition, { nowMs, newestMs: summary.newestMs, earliestMs: rules.earliestMs });
  const provenance = provenanceOf(generation, summary, standing);

  async function compute(): Promise<Answer> {
    // 1. The live part, folded into groups of its own, read by read: nothing may be awaited before.
    const { present, past = [] } = rangesOf(plan, rules.earliestMs);
    const reads = [...present, ...past].map((range) => {
      const groups: GroupMap = new Map();
      addLivePart(groups, cut.tilings, range);
      return { range, groups, liveFacts: countGroupFacts(groups) };
    });
    // 2. The batch part, of the run of the cut.
    await Promise.all(reads.map(({ range, groups }) => addBatchPart(groups, batchViews, summary.pinned, range)));

    // 3. What several rollups hold of one group meets. Each of them counts the same events, so the first one tells how many.
    const ofPresent = reads.slice(0, present.length);
    const ofPast = reads.slice(present.length);
    const found = { present: joinReads(ofPresent), past: joinReads(ofPast) };
    if (hashBytesOf([...found.present.values(), ...found.past.values()]) > maxHashBytes) throw tooManyDistinct();
    const telling = [...ofPresent.slice(0, 1), ...ofPast.slice(0, 1)];
    const facts = {
      live: telling.reduce((sum, { liveFacts }) => sum + liveFacts, 0n),
      all: telling.reduce((sum, { groups }) => sum + countGroupFacts(groups), 0n),
    };
    const body = formAnswer(definition, plan, found, nowMs);
    return { ...body, provenance: { ...provenance, liveShare: liveShareOf(facts) } };
  }

  return { tag: answerTag(plan, provenance, nowMs), compute };
}

async function addBatchPart(groups: GroupMap, batchViews: BatchViews, pinned: PinnedRun, range: RangeRead) {
  const { rollup, from, to, grid, groupBy, bases, distinct, query } = range;
  const { starts, steps } = grid;
  const { where, not } = query;
  const read = { rollup: rollup.name, from, to, starts, steps, groupBy, bases, distinct, where, not };
  for (const group of await batchViews.read(pinned, read)) addGroup(groups, group);
  if (groups.size > maxGroups) throw tooManyRows();
}

function joinReads(reads: readonly { readonly range: RangeRead; readonly groups: GroupMap }[]): GroupMap {
  const joined = joinGroups(
    reads.map(({ range: { bases, distinct }, groups }) => ({
      groups,
      widths: { sums: bases.length, sets: distinct.length },
    })),
  );
  if (joined.size > maxGroups) throw tooManyRows();
  return joined;
}

export function notReady(pipeline: Pipeline): Problem {
  const detail = pipeline.waitingFor() ?? 'the first count is not done yet';
  return new Problem({ code: 'not-ready', status: 503, title: 'Not ready', detail, retryAfterSeconds: 1 });
}
