// How the command line fails: one line that says what failed, on what, and what to do; and an exit code.
import { CommanderError } from 'commander';

export const exitCodes = { ok: 0, fault: 1, usage: 2, unavailable: 69 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export class CliError extends Error {
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

export function usageError(what: string, given: unknown, expected: string): CliError {
  return new CliError(`${what} is ${JSON.stringify(given)}, expected ${expected}`, exitCodes.usage);
}

/** Tells the error as the user reads it, and gives the exit code. Commander has told its own already. */
export function reportError(error: unknown, err: (text: string) => void, debug: boolean): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const known = error instanceof Error;
  err(`tidemark: ${known ? error.message : String(error)}`);
  if (debug && known) err(error.stack ?? '');
  return error instanceof CliError ? error.exitCode : exitCodes.fault;
}
