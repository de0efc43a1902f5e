// One supervised process: an engine of the local stack or a service.
//
// States: starting → ready → (it exits by itself) backing off → starting …; from any of them → closed.
// The first start fails loudly with the last lines of the log. After that it is started again for ever, on the same
// data, after 200 ms doubling to 5 s; 30 s of health set the wait back to 200 ms.
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, type ChildCommand, describeExit, lastLines, rotateLog, startChild } from './child-process.ts';

export interface MemberSpec extends ChildCommand {
  readonly name: string;
  readonly logFile: string;
  /** True once it really answers. Called every 25 ms until it does; may throw, which counts as false. */
  readonly answers: (signal: AbortSignal) => Promise<boolean>;
  readonly readyWithinMs: number;
  readonly stopWithinMs: number;
}

export type MemberEvent =
  | { readonly kind: 'started'; readonly name: string; readonly pid: number }
  | { readonly kind: 'ready'; readonly name: string; readonly pid: number; readonly ms: number }
  | { readonly kind: 'exited'; readonly name: string; readonly pid: number; readonly reason: string }
  | { readonly kind: 'restarted'; readonly name: string; readonly pid: number; readonly reason: string }
  | { readonly kind: 'failing'; readonly name: string; readonly reason: string }
  | { readonly kind: 'stopped'; readonly name: string };

export interface Member {
  readonly name: string;
  /** Of the process that runs now, or the last one while it waits to be started again. */
  readonly pid: number;
  /** Stops it gracefully, starts it again, resolves when it answers. */
  restart(): Promise<void>;
  /** SIGTERM, then SIGKILL after `stopWithinMs`. */
  close(): Promise<void>;
}

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
const HEALTHY_AFTER_MS = 30_000;
const LOG_CHECK_MS = 10_000;

export interface MemberOptions {
  readonly onEvent?: ((event: MemberEvent) => void) | undefined;
  /** Gives up the first start. */
  readonly signal?: AbortSignal | undefined;
}

export async function openMember(spec: MemberSpec, options: MemberOptions = {}): Promise<Member> {
  const { onEvent = () => {}, signal } = options;
  signal?.throwIfAborted();
  const closing = new AbortController();
  const giveUp = (): void => closing.abort();
  let pid = 0;
  let asked: PromiseWithResolvers<void> | undefined; // a restart that somebody waits for

  const start = async (): Promise<Child> => {
    const startedAt = performance.now();
    const child = await startChild(spec, spec.logFile);
    pid = child.pid;
    onEvent({ kind: 'started', name: spec.name, pid });
    try {
      await untilItAnswers(spec, child, closing.signal);
    } catch (error) {
      await child.stop(spec.stopWithinMs);
      throw error;
    }
    onEvent({ kind: 'ready', name: spec.name, pid, ms: Math.round(performance.now() - startedAt) });
    return child;
  };

  signal?.addEventListener('abort', giveUp);
  let child = await start().finally(() => signal?.removeEventListener('abort', giveUp));

  const supervise = async (): Promise<void> => {
    let waitMs = FIRST_WAIT_MS;
    for (;;) {
      const readyAt = performance.now();
      const exit = await child.exited;
      if (closing.signal.aborted) return;
      if (performance.now() - readyAt > HEALTHY_AFTER_MS) waitMs = FIRST_WAIT_MS;
      const reason = asked === undefined ? describeExit(exit) : 'as asked';
      if (asked === undefined) onEvent({ kind: 'exited', name: spec.name, pid, reason });
      for (let again = true; again; ) {
        if (asked === undefined) {
          await delay(waitMs, undefined, { signal: closing.signal }).catch(() => {});
          waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
        }
        if (closing.signal.aborted) return;
        try {
          child = await start();
          again = false;
          onEvent({ kind: 'restarted', name: spec.name, pid, reason });
          asked?.resolve();
        } catch (error) {
          if (closing.signal.aborted) return;
          onEvent({ kind: 'failing', name: spec.name, reason: (error as Error).message });
          asked?.reject(error);
        }
        asked = undefined;
      }
    }
  };
  const supervision = supervise();
  const logCheck = setInterval(() => rotateLog(spec.logFile), LOG_CHECK_MS).unref();

  return {
    name: spec.name,
    get pid() {
      return pid;
    },
    async restart() {
      asked ??= Promise.withResolvers<void>();
      const { promise } = asked;
      await child.stop(spec.stopWithinMs);
      await promise;
    },
    async close() {
      closing.abort();
      clearInterval(logCheck);
      await child.stop(spec.stopWithinMs);
      await supervision;
      asked?.reject(new Error(`${spec.name} was closed`));
      onEvent({ kind: 'stopped', name: spec.name });
    },
  };
}

async function untilItAnswers(spec: MemberSpec, child: Child, closing: AbortSignal): Promise<void> {
  const deadline = AbortSignal.timeout(spec.readyWithinMs);
  let ended = false;
  let why = '';
  void child.exited.then((exit) => {
    ended = true;
    why = describeExit(exit);
  });
  for (;;) {
    const attempt = AbortSignal.any([deadline, closing, AbortSignal.timeout(2_000)]);
    const answered = await spec.answers(attempt).catch(() => false);
    // An exit that happened before the answer is heard of a moment later.
    if (answered) await delay(25);
    if (closing.aborted) throw new Error(`${spec.name} was stopped before it was ready`);
    // Before a good answer counts: somebody else's server on that port answers too.
    if (ended) throw new Error(failed(spec, `ended (${why}) before it was ready`));
    if (answered) return;
    if (deadline.aborted) throw new Error(failed(spec, `did not answer within ${spec.readyWithinMs / 1000} s`));
    await delay(25);
  }
}

function failed(spec: MemberSpec, what: string): string {
  const lines = lastLines(spec.logFile);
  return `${spec.name} ${what}; its log ${spec.logFile}${lines === '' ? ' is empty' : ` ends:\n${lines}`}`;
}
