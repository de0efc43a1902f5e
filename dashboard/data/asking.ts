// What stands where a first answer is not there yet. Pure.
import type { Connection } from './connection.ts';
import type { Problem } from './problem.ts';

const notAvailable = 'Not available';

/** `problem`: of this question alone. What is wrong with the server as a whole is said above. */
export function askingWords(connection: Connection, problem?: Problem): string {
  const code = connection.kind === 'away' ? connection.problem.code : problem?.code;
  if (code === 'not-ready') return 'Waiting for the first numbers';
  if (connection.kind === 'away') return notAvailable;
  return problem ? `${notAvailable}: ${firstWords(problem.detail)}` : 'Loading…';
}

/** Up to what explains them. */
const firstWords = (detail: string): string => detail.split(/[:;(]\s|\.\s/)[0]!.trim();
