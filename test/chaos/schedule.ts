// Which fault strikes what, when and for how long: a pure function of seed, minutes and the kinds wanted.
import { createRandom, type Random } from '../../cli/random.ts';
import { linkNames, type ProcessName } from './world.ts';

export interface PlannedFault {
  readonly kind: FaultKind;
  /** A process, a link, or a number that chooses among what is found then. */
  readonly target: string;
  readonly atMs: number;
  /** How long it lasts; 0 where it is over at once. */
  readonly durationMs: number;
  /** For what is chosen only when it strikes. */
  readonly chance: number;
}

interface KindPlan {
  readonly targets: readonly string[];
  readonly durationMs?: readonly [least: number, most: number];
  /** What it leaves behind lasts so long: the next fault waits for it, unless they are to overlap. */
  readonly calmMs?: number;
}

const speeds = ['speed-a', 'speed-b'] satisfies ProcessName[];
const seconds = [2_000, 6_000] as const;

/** What `--only` takes. */
export const faultKinds = {
  'kill-speed': { targets: speeds, calmMs: 8_000 },
  'freeze-speed': { targets: speeds, durationMs: [12_000, 12_000] },
  'restart-speed': { targets: speeds },
  'kill-service': { targets: ['ingest', 'batch', 'serving'] },
  'freeze-service': { targets: ['ingest', 'batch', 'serving'], durationMs: seconds },
  'kill-kafka': { targets: ['kafka'] },
  'freeze-kafka': { targets: ['kafka'], durationMs: seconds },
  'kill-redis': { targets: ['redis'] },
  'freeze-redis': { targets: ['redis'], durationMs: seconds },
  flushall: { targets: ['redis'] },
  'lost-key': { targets: ['redis'] },
  'wrong-type': { targets: ['redis'] },
  'older-redis': { targets: ['redis'], durationMs: [1_000, 5_000] },
  'kill-clickhouse': { targets: ['clickhouse'] },
  'kill-clickhouse-in-run': { targets: ['clickhouse'] },
  'freeze-clickhouse': { targets: ['clickhouse'], durationMs: seconds },
  'lost-views': { targets: ['clickhouse'] },
  'delay-link': { targets: linkNames, durationMs: [3_000, 8_000] },
  'cut-link': { targets: linkNames, durationMs: seconds },
  'half-open-link': { targets: linkNames, durationMs: seconds },
  'reset-link': { targets: linkNames },
} as const satisfies Record<string, KindPlan>;
export type FaultKind = keyof typeof faultKinds;

export function isFaultKind(text: string): text is FaultKind {
  return Object.hasOwn(faultKinds, text);
}

/** Everything warms up first; the last fault leaves time to be over. */
const firstAtMs = 8_000;
const quietEndMs = 8_000;

/** Each kind strikes once before any strikes again. Waits are short now and then, so that faults overlap. */
export function planFaults(seed: number, minutes: number, only: readonly FaultKind[]): PlannedFault[] {
  const random = createRandom(seed);
  const planned: PlannedFault[] = [];
  const endMs = minutes * 60_000 - quietEndMs;
  let deck: FaultKind[] = [];
  for (let atMs = firstAtMs; atMs < endMs; ) {
    if (deck.length === 0) deck = shuffled(only, random);
    const kind = deck.pop()!;
    const { targets, durationMs = [0, 0], calmMs = 0 }: KindPlan = faultKinds[kind];
    const target = targets[random.integer(0, targets.length - 1)]!;
    const lasts = random.integer(...durationMs);
    planned.push({ kind, target, atMs, durationMs: lasts, chance: random.next() });
    atMs += random.chance(0.35) ? random.integer(300, 2_000) : lasts + calmMs + random.integer(4_000, 9_000);
  }
  return planned;
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list];
  return list.map(() => left.splice(random.integer(0, left.length - 1), 1)[0]!);
}
