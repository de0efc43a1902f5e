// A mutant: production code with one guard broken, and the tests that must notice. Pure; main.ts runs them.

export interface Mutant {
  /** Layer and guard, in kebab case: unique. */
  readonly id: string;
  /** The promise that it breaks, in words. */
  readonly breaks: string;
  /** The file, from the project's root. */
  readonly file: string;
  /** A text that is in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Test files that are run against it, the quickest that catches it. */
  readonly tests: readonly string[];
  /** Of those files, the tests whose names hold this: where a whole file would take long. */
  readonly only?: string;
}

/** The file's text with the mutant in it. Throws where `find` is not there exactly once: the code has moved on. */
export function applyMutant(text: string, { id, file, find, replace }: Mutant): string {
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(`mutant ${id}: its text is ${parts.length - 1} times in ${file}, expected once`);
  return parts.join(replace);
}
