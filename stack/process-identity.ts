// Which process a recorded pid means. A pid is used again by the system, so a process is known by its pid, the tick at
// which it started and its executable (Linux, /proc; not the command line, which Redis rewrites). Elsewhere nothing
// recorded is ever taken for alive.
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since boot. */
  readonly startTicks: number;
  readonly executable: string;
}

/** Undefined when no such process lives (a zombie does not). */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name, may hold blanks and brackets: count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    // Upgraded while it runs, the file is marked as deleted; the process is the same.
    const executable = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
    return { pid, startTicks: Number(fields[19]), executable };
  } catch {
    return undefined;
  }
}

export function isStillRunning(recorded: ProcessIdentity): boolean {
  const now = identify(recorded.pid);
  return now?.startTicks === recorded.startTicks && now.executable === recorded.executable;
}

/** SIGTERM, then SIGKILL after the deadline; true once it is gone. Touches nothing but exactly this process. */
export async function stopProcess(recorded: ProcessIdentity, deadlineMs: number): Promise<boolean> {
  const gone = async (withinMs: number): Promise<boolean> => {
    const until = performance.now() + withinMs;
    while (isStillRunning(recorded)) {
      if (performance.now() > until) return false;
      await delay(25);
    }
    return true;
  };
  for (const [signal, withinMs] of [
    ['SIGTERM', deadlineMs],
    ['SIGKILL', 2_000],
  ] as const) {
    if (!isStillRunning(recorded)) return true;
    try {
      process.kill(recorded.pid, signal);
    } catch {
      // It ended in between, or is not ours to stop; the wait tells which.
    }
    if (await gone(withinMs)) return true;
  }
  return false;
}
