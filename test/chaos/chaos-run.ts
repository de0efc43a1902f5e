// One chaos run from an empty folder to its result: the phases in order. What it prints on the way goes through `say`.
import { setTimeout as delay } from 'node:timers/promises';
import { openClickHouse } from '../../runtime/clickhouse.ts';
import { createKafkaJs } from '../../runtime/kafka/kafkajs-client.ts';
import { partitionOf } from '../../schemas/murmur2.ts';
import { countBetween } from '../../schemas/offset-vector.ts';
import { type LogEntry, prefixOf } from '../../schemas/oracle.ts';
import type { OrderEvent } from '../../schemas/order-event.ts';
import { encodeToken } from '../../schemas/token.ts';
import { openLogReader } from '../log-reader.ts';
import { createBatchRuns } from './batch-runs.ts';
import { createJudge, followEnds, type Judge } from './judge.ts';
import { type Load, startLoad } from './load.ts';
import { createMovingOracle, type MovingOracle } from './moving-oracle.ts';
import { type Question, questionsAt } from './questions.ts';
import { type Answer, ask, readOn } from './reader.ts';
import { type EndReading, secondsToExact } from './recovery.ts';
import type { Seen } from './report.ts';
import type { PlannedFault } from './schedule.ts';
import { startStriking } from './striker.ts';
import { differences, type Finding } from './verdict.ts';
import type { World } from './world.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly rate: number;
  readonly plan: readonly PlannedFault[];
  readonly minutes: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly onFinding: (finding: Finding) => void;
  readonly onServingRestarted: (listener: () => void) => void;
}

export interface ChaosResult extends Seen {
  readonly judge: Judge;
  readonly load: Load;
  readonly lost: readonly OrderEvent[];
  readonly audits: ReadonlyMap<string, number>;
  readonly auditNotes: readonly string[];
  /** Of the whole answer at the end, against the naive oracle. */
  readonly finalDifferences: readonly unknown[];
  readonly secondsAfterLastFault: number | undefined;
}

/** Lost views are looked for every five minutes where no audit finds them before. */
const settleMs = 330_000;

export async function runChaos(world: World, options: ChaosOptions): Promise<ChaosResult> {
  const { seed, rate, plan, minutes, signal, say } = options;
  const { generation, direct, servingUrl } = world;
  await using resources = new AsyncDisposableStack();
  const reader = resources.use(await openLogReader(direct.kafkaBrokers.slice(), generation.topic, generation.rules));
  const admin = createKafkaJs({ brokers: direct.kafkaBrokers.slice(), clientId: 'ends' }).admin();
  await admin.connect();
  resources.defer(() => admin.disconnect());
  const clickhouse = openClickHouse(direct);
  resources.defer(() => clickhouse.close());
  const readings: EndReading[] = [];
  const oracle = createMovingOracle(generation.partitions, generation.horizonMs);
  const judge = createJudge(reader, oracle, readings, options.onFinding);
  options.onServingRestarted(() => judge.servingRestarted());
  const runs = createBatchRuns(world, clickhouse);
  const questions = questionsAt(Date.now());

  // 1. Everything that goes on while faults strike.
  const ending = new AbortController();
  const stop = AbortSignal.any([signal, ending.signal]);
  const readEnds = async () => {
    const ends: number[] = [];
    for (const { partition, high } of await admin.fetchTopicOffsets(generation.topic)) ends[partition] = Number(high);
    return ends;
  };
  const load = startLoad(world, seed, rate, signal);
  const onAsked = (asked: Parameters<Judge['hear']>[0]) => judge.hear(asked);
  const activities = [
    followEnds(readEnds, 100, stop, readings),
    readOn({ reader: 'continuous', servingUrl, questions, onAsked, signal: stop }),
    readOn({ reader: 'fresh', servingUrl, questions, onAsked, signal: stop }),
    runs.follow(stop),
  ];
  const judging = setInterval(() => judge.work(), 40);
  resources.defer(() => clearInterval(judging));
  const startMs = Date.now();
  const striker = startStriking({ world, clickhouse, askForRun: () => runs.ask() }, plan, stop, say);
  const tell = () =>
    say(progress(load, judge, readings, striker.struck.filter(({ endMs }) => endMs === undefined).length));
  const telling = setInterval(tell, 5_000);
  resources.defer(() => clearInterval(telling));

  try {
    // 2. Until the last fault is over and the live answer is fresh again.
    await striker.done;
    await delay(Math.max(0, startMs + minutes * 60_000 - Date.now()), undefined, { signal });
    const lastMs = Math.max(startMs, ...striker.struck.map(({ endMs }) => endMs ?? 0));
    const exact = () => secondsToExact(readings, judge.answers, lastMs);
    await waitFor('the live answer is exact again', () => exact() !== undefined, signal);

    // 3. No more orders; an answer that covers all of them, and a run that does.
    await load.finish();
    const token = encodeToken({ generation: generation.id, run: '', vector: await readEnds() });
    say(`${load.accepted.length} events are accepted; waiting for a run that covers them`);
    await waitFor('a run covers all of it', async () => (await runs.ask(token))?.covered === true, signal);
    const final = await finalAnswers(servingUrl, questions, token, signal);
    const vector = final[0]!.answer.provenance.vector;
    const log = await reader.upTo(vector);
    ending.abort();
    await Promise.all(activities);
    while (judge.work() || judge.waiting() > 0) await delay(5);
    await runs.look();
    const audits = Map.groupBy(runs.published.values(), ({ audit }) => audit);
    return {
      struck: striker.struck,
      readings,
      answers: judge.answers,
      judge,
      load,
      lost: findLost(load.accepted, oracle, generation.partitions),
      audits: new Map([...audits].map(([state, list]) => [state, list.length])),
      auditNotes: (audits.get('different') ?? []).map(({ run, auditNote }) => `${run}: ${auditNote}`),
      finalDifferences: final.flatMap((each) => naiveDifferences(each, log, generation.horizonMs)),
      secondsAfterLastFault: exact(),
    };
  } finally {
    ending.abort();
    await Promise.allSettled([striker.done, ...activities]);
  }
}

interface FinalAnswer {
  readonly question: Question;
  readonly answer: Answer;
}

async function finalAnswers(
  servingUrl: string,
  questions: readonly Question[],
  atLeast: string,
  signal: AbortSignal,
): Promise<FinalAnswer[]> {
  const answers: FinalAnswer[] = [];
  for (const question of questions) {
    await waitFor(
      `the final answer to ${question.query.slice(0, 60)}`,
      async () => {
        const outcome = await ask(servingUrl, question.query, { atLeast });
        if (outcome.kind !== 'answer') return false;
        answers.push({ question, answer: outcome.answer });
        return true;
      },
      signal,
    );
  }
  return answers;
}

function naiveDifferences({ question, answer }: FinalAnswer, log: readonly LogEntry[], horizonMs: number): unknown[] {
  const { tidemark, vector } = answer.provenance;
  const { counted } = prefixOf(log, tidemark, vector, horizonMs);
  return differences({ question }, answer, question.totalsOf(counted));
}

function findLost(accepted: readonly OrderEvent[], oracle: MovingOracle, partitions: number): OrderEvent[] {
  return accepted.filter((event) => !oracle.holds(event, partitionOf(Buffer.from(event.orderId), partitions)));
}

function progress(load: Load, judge: Judge, readings: readonly EndReading[], lasting: number): string {
  const behind = countBetween(judge.answers.at(-1)?.vector ?? [], readings.at(-1)?.ends ?? []);
  return (
    `accepted ${load.accepted.length} · answers ${judge.answers.length}, the last one ${behind} records behind · ` +
    `findings ${judge.findings.length} · faults that last ${lasting}`
  );
}

async function waitFor(what: string, condition: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + settleMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${settleMs / 1_000} s until ${what}`);
    await delay(100, undefined, { signal });
  }
}
