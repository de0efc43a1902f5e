// What a trace of Chromium says of the main thread: the time of all tasks from one update's mark to the next. Pure.
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** Of the processor. */
  readonly tdur?: number;
}

export interface Update {
  readonly ms: number;
  readonly cpuMs: number;
}

/** `trace`: the JSON that Chromium writes, with marks named "update". The last update is left out: it may not be over. */
export function updatesIn(trace: string): Update[] {
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] };
  const marks = traceEvents.filter(({ name, ph }) => name === 'update' && ph !== 'M').toSorted((a, b) => a.ts - b.ts);
  const [first] = marks;
  if (!first) return [];
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) => name === 'RunTask' && ph === 'X' && pid === first.pid && tid === first.tid,
  );
  // A mark stands within its task, which began a moment before.
  const updates = marks.slice(0, -1).map((mark, i) => ({ from: mark.ts, to: marks[i + 1]!.ts, ms: 0, cpuMs: 0 }));
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    const update = updates.find(({ from, to }) => ts + dur >= from && ts + dur < to);
    if (!update) continue;
    update.ms += dur / 1_000;
    update.cpuMs += tdur / 1_000;
  }
  return updates;
}

/** Least squares, a step. */
export function slopeOf(values: readonly number[]): number {
  const [meanX, meanY] = [(values.length - 1) / 2, values.reduce((a, b) => a + b, 0) / values.length];
  const dot = (of: (x: number, y: number) => number) => values.reduce((sum, y, x) => sum + of(x - meanX, y - meanY), 0);
  return dot((x, y) => x * y) / dot((x) => x * x);
}
