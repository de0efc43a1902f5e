// One way out for every command: a table for a person, JSON for a pipe or where --json is given.
import type { CliIo } from './io.ts';

export interface OutputOptions {
  readonly json?: boolean;
}

export function print(io: CliIo, options: OutputOptions, value: unknown, text: () => string): void {
  io.out(io.isTerminal && options.json !== true ? text() : JSON.stringify(value, null, io.isTerminal ? 2 : undefined));
}
