// One child process: started in a process group of its own (a terminal's Ctrl-C reaches only the supervisor, which then
// stops things in order), its output appended to a log file. No restarts here; see member.ts.
import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number;
  /** Resolves when the process has ended, however it ended. Never rejects. */
  readonly exited: Promise<Exit>;
  /** SIGTERM, then SIGKILL after `deadlineMs`; resolves when it is gone. */
  stop(deadlineMs: number): Promise<Exit>;
}

/** Rejects if the command cannot be started at all. */
export async function startChild(command: ChildCommand, logFile: string): Promise<Child> {
  mkdirSync(dirname(logFile), { recursive: true });
  rotateLog(logFile);
  // The file descriptor goes to the child itself: it survives our death, and O_APPEND lets us truncate the file below it.
  const log = openSync(logFile, 'a');
  const child = spawn(command.command, [...command.args], {
    detached: true,
    stdio: ['ignore', log, log],
    ...(command.env && { env: command.env }),
    ...(command.cwd !== undefined && { cwd: command.cwd }),
  });
  closeSync(log);
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(new Error(`cannot start ${command.command}: ${cause.message}`, { cause })));
  });
  const pid = child.pid as number;
  return {
    pid,
    exited,
    async stop(deadlineMs) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
      return exited.finally(() => clearTimeout(timer));
    },
  };
}

/** Keeps one older file: above `capBytes` the log is copied to `.1` and emptied in place, also while a child writes to it. */
export function rotateLog(logFile: string, capBytes = 16 * 1024 * 1024): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= capBytes) return;
  copyFileSync(logFile, `${logFile}.1`);
  truncateSync(logFile);
}

/** The last lines of a log for an error message; empty when there is none. */
export function lastLines(logFile: string, count = 15): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}

export function describeExit(exit: Exit): string {
  return exit.signal ?? `exit code ${exit.code}`;
}
