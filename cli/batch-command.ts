// `tidemark batch run`: asks for a run now, and where a token is given for one that covers it.
import type { Api, BatchRunAnswer } from './api.ts';
import { CliError, exitCodes } from './errors.ts';
import type { CliIo } from './io.ts';
import { type OutputOptions, printAnswer } from './output.ts';
import { grouped } from './render.ts';

export async function runBatch(
  io: CliIo,
  api: Api,
  options: OutputOptions & { readonly cover?: string },
): Promise<void> {
  const { body: answer, json } = await api.runBatch(options.cover);
  printAnswer(io, options, json, () => batchText(answer));
  if (options.cover !== undefined && !answer.covered) throw notCovered(answer);
}

export function notCovered({ run, behind }: BatchRunAnswer): CliError {
  const message = `run ${run} does not cover the token yet${behind === undefined ? '' : `, behind: ${JSON.stringify(behind)}`}; try again`;
  return new CliError(message, exitCodes.unavailable);
}

function batchText({ run, published, tidemark, behind, ledger, audit }: BatchRunAnswer): string {
  const lines = [
    published ? `run ${run} is published` : `no new run, the archive holds nothing beyond the current one: ${run}`,
  ];
  lines.push(`tidemark ${tidemark.join(' ')}`);
  if (ledger) {
    const { counted, duplicate, rejected, gap } = ledger;
    lines.push(
      `counted ${grouped(counted)} · duplicate ${grouped(duplicate)} · rejected ${grouped(rejected)} · gap ${grouped(gap)}`,
    );
  }
  if (audit) lines.push(`audit ${audit.state} (${grouped(audit.events)} live events compared)`);
  if (behind !== undefined) lines.push(`behind: ${JSON.stringify(behind)}`);
  return lines.join('\n');
}
