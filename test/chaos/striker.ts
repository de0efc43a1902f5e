// Does the planned faults at their times, one beside the other, and keeps what happened when.
import { setTimeout as delay } from 'node:timers/promises';
import { type FaultTools, inject, type Lift } from './faults.ts';
import type { PlannedFault } from './schedule.ts';

export interface StruckFault extends PlannedFault {
  /** Once it was there. */
  readonly startMs: number;
  /** Once it was undone; equal to the start where there was nothing to undo. Undefined while it lasts. */
  endMs: number | undefined;
}

export interface Striker {
  readonly struck: readonly StruckFault[];
  /** Resolves when the last planned fault is over. After an abort nothing new begins and what lasts is undone. */
  readonly done: Promise<void>;
}

export function startStriking(
  tools: FaultTools,
  plan: readonly PlannedFault[],
  signal: AbortSignal,
  say: (line: string) => void,
): Striker {
  const struck: StruckFault[] = [];
  const startedMs = Date.now();

  async function strike(planned: PlannedFault): Promise<void> {
    await delay(Math.max(0, startedMs + planned.atMs - Date.now()), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    let lift: Lift;
    try {
      lift = await inject(tools, planned);
    } catch (error) {
      return say(`${planned.kind} ${planned.target} could not be done: ${(error as Error).message}`);
    }
    const fault: StruckFault = { ...planned, startMs: Date.now(), endMs: undefined };
    struck.push(fault);
    say(`${planned.kind} ${planned.target}${planned.durationMs > 0 ? ` for ${planned.durationMs / 1_000} s` : ''}`);
    if (planned.durationMs > 0) await delay(planned.durationMs, undefined, { signal }).catch(() => {});
    await lift();
    fault.endMs = planned.durationMs > 0 ? Date.now() : fault.startMs;
  }

  return { struck, done: Promise.all(plan.map(strike)).then(() => undefined) };
}
