// Plays one seed: a world with its weather, faults while orders flow, then calm, and the end: within bounded virtual time
// every reader must answer for the whole log.
import { pino } from 'pino';
import { createRandom } from '../../cli/random.ts';
import { createLogger } from '../../runtime/logger.ts';
import { createFaults } from './faults.ts';
import { createReaderWatch, type Violation } from './reader-watch.ts';
import { createTrace } from './trace.ts';
import { installVirtualTime } from './virtual-time.ts';
import { drawWeather } from './weather.ts';
import { openWorld } from './world.ts';

export interface SeedReport {
  readonly seed: number;
  readonly steps: number;
  readonly virtualMs: number;
  readonly traceHash: string;
  readonly records: number;
  readonly runs: number;
  readonly audits: Readonly<Record<string, number>>;
  readonly answers: number;
  readonly refusals: number;
  /** How often each kind of fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
  /** From the last fault to the last answer that was behind. */
  readonly recoveryMs: number;
}

const startMs = Date.UTC(2026, 0, 5, 12);
const maxSteps = 2_000_000;
const losses = ['clickhouse: view rows lost', 'clickhouse: runs set back', 'clickhouse: archived rows lost'];

/** Rows that views have lost are looked for every five minutes, a long outage's backlog is read by and by. */
const recoveryBoundMs = 15 * 60_000;

export async function playSeed(seed: number, print?: (line: string) => void): Promise<SeedReport> {
  const time = installVirtualTime(startMs);
  try {
    return await play(seed, time, print);
  } finally {
    time.close();
  }
}

async function play(
  seed: number,
  time: ReturnType<typeof installVirtualTime>,
  print: ((line: string) => void) | undefined,
): Promise<SeedReport> {
  const random = createRandom(seed);
  const trace = createTrace(time.now, print);
  const log = print
    ? pino({ level: 'debug', base: {}, timestamp: false }, { write: (line: string) => trace.line(line.trimEnd()) })
    : createLogger('simulation', 'silent');
  const faultCounts: Record<string, number> = {};
  const count = (fault: string) => void (faultCounts[fault] = (faultCounts[fault] ?? 0) + 1);
  const audits: Record<string, number> = {};
  const differences: string[] = [];
  let runs = 0;

  const weather = drawWeather(random);
  print?.(`weather ${JSON.stringify(weather)}`);
  const world = openWorld({
    weather,
    time,
    random,
    trace,
    log,
    count,
    onRun({ kind, run }) {
      if (kind !== 'published') return;
      runs += 1;
      audits[run.audit] = (audits[run.audit] ?? 0) + 1;
      // What the increment is taken from was lost between two checks of the views or of the archive.
      const explained = losses.some((fault) => faultCounts[fault]);
      if (run.audit === 'different' && !explained) differences.push(`run ${run.run}: ${run.auditNote}`);
    },
  });
  const faults = createFaults(world, random, trace, count);
  const watch = createReaderWatch(world, random, trace, weather.pollEveryMs);
  watch.begin();

  // 1. Orders flow, faults happen.
  let open = true;
  function sendOrders(): void {
    if (!open) return;
    world.shop.send(random.chance(0.05) ? random.integer(10, 60) : random.integer(1, 4));
    time.after(1 + Math.round(random.waiting(weather.orderEveryMs)), sendOrders);
  }
  function nextFault(): void {
    if (!open) return;
    if (weather.kinds.length > 0) faults.inject(weather.kinds[random.integer(0, weather.kinds.length - 1)]!);
    time.after(1 + Math.round(random.waiting(weather.faultEveryMs)), nextFault);
  }
  time.after(0, sendOrders);
  time.after(random.integer(0, 10_000), nextFault);
  let ended = false;
  time.after(weather.faultsMs, () => (ended = true));
  let steps = await time.play(() => ended, maxSteps);
  const longUntil = weather.kinds.includes('clickhouse: away for long') && !world.network.isCalm('clickhouse');
  if (longUntil) steps += await time.play(() => world.network.isCalm('clickhouse'), maxSteps);

  // 2. Calm: what is frozen thaws by itself, what is dead is started again.
  open = false;
  world.network.calm();
  world.messageLoss = 0;
  trace.line('CALM');
  const calmAt = time.now();
  const missing = { why: 'nobody was asked' as string | undefined };
  let over = false;
  async function untilWhole(): Promise<void> {
    for (;;) {
      missing.why = await watch.askAll(faults.doomed);
      if (missing.why === undefined || time.now() - calmAt > recoveryBoundMs) break;
      await new Promise((resolve) => time.after(2_000, () => resolve(undefined)));
    }
    over = true;
  }
  void untilWhole();
  steps += await time.play(() => over || time.now() - calmAt > recoveryBoundMs + 120_000, maxSteps);

  // 3. What was found.
  const violations: Violation[] = [...watch.violations];
  if (missing.why !== undefined)
    violations.push({ kind: 'lost', what: `${missing.why}, ${recoveryBoundMs / 60_000} minutes after the last fault` });
  for (const difference of differences) violations.push({ kind: 'wrong', what: `audit: ${difference}` });
  for (const violation of violations) trace.line(`${violation.kind} ${violation.what}`);
  return {
    seed,
    steps,
    virtualMs: time.now() - startMs,
    traceHash: trace.hash(),
    records: world.shop.log.reduce((sum, entries) => sum + entries.length, 0),
    runs,
    audits,
    answers: watch.answers,
    refusals: watch.refusals,
    faults: faultCounts,
    violations,
    recoveryMs: time.now() - calmAt,
  };
}
