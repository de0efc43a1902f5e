// One way out for every command: a table for a person, JSON for a pipe or where --json is given.
import type { CliIo } from './io.ts';

export interface OutputOptions {
  readonly json?: boolean;
}

/** What a command has put together itself. */
export function print(io: CliIo, options: OutputOptions, value: unknown, text: () => string): void {
  io.out(asksForText(io, options) ? text() : JSON.stringify(value, null, io.isTerminal ? 2 : undefined));
}

/** What the API answered: as JSON it is given on as it came. */
export function printAnswer(io: CliIo, options: OutputOptions, json: string, text: () => string): void {
  io.out(asksForText(io, options) ? text() : json.trimEnd());
}

function asksForText(io: CliIo, options: OutputOptions): boolean {
  return io.isTerminal && options.json !== true;
}
