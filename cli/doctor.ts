// `tidemark doctor`: looks at everything that a start needs and says what to do where something is wrong.
import { join } from 'node:path';
import { isRunAlive, readRun } from '../stack/run-file.ts';
import type { Api } from './api.ts';
import { type Check, diskCheck, javaCheck, kafkaCheck, nodeCheck, portChecks, redisCheck } from './doctor-machine.ts';
import { CliError, exitCodes } from './errors.ts';
import { type CliIo, dataFolder } from './io.ts';
import { type OutputOptions, print } from './output.ts';

export async function runDoctor(io: CliIo, api: Api, options: OutputOptions): Promise<void> {
  const { env } = io;
  const dataDir = dataFolder(env);
  const run = readRun(join(dataDir, 'run.json'));
  const alive = run !== undefined && isRunAlive(run);
  const checks: Check[] = [
    nodeCheck(process.versions.node),
    await javaCheck(env),
    kafkaCheck(dataDir),
    redisCheck(env, dataDir),
    await diskCheck(dataDir),
    runCheck(dataDir, run?.pid, alive),
    ...(alive ? [] : await portChecks(env)),
    ...(await Promise.all([
      serviceCheck('serving', api.servingUrl, alive),
      serviceCheck('ingest', api.ingestUrl, alive),
      serviceCheck('speed-layer', run?.urls['speed-layer'], alive),
      serviceCheck('batch-layer', run?.urls['batch-layer'], alive),
    ])),
  ];
  print(io, options, checks, () => checks.map(lineOf).join('\n'));
  const problems = checks.filter((check) => check.state === 'problem').length;
  if (problems > 0) throw new CliError(`${problems} of ${checks.length} checks found a problem`, exitCodes.fault);
}

function lineOf({ name, state, found, todo }: Check): string {
  const sign = { ok: 'ok     ', problem: 'PROBLEM', idle: '–      ' }[state];
  return `${sign} ${name.padEnd(12)} ${found}${todo === undefined ? '' : `\n        → ${todo}`}`;
}

function runCheck(dataDir: string, pid: number | undefined, alive: boolean): Check {
  const name = 'run file';
  if (pid === undefined) return { name, state: 'idle', found: `nothing runs on ${dataDir}` };
  if (alive) return { name, state: 'ok', found: `Tidemark runs as pid ${pid} on ${dataDir}` };
  const todo = '`tidemark down` stops what it left behind; the next start does too';
  return { name, state: 'problem', found: `pid ${pid} of an earlier start is gone without stopping`, todo };
}

/** A service that does not answer is a problem only where this folder's Tidemark is running. */
async function serviceCheck(name: string, url: string | undefined, alive: boolean): Promise<Check> {
  if (url === undefined) return { name, state: 'idle', found: 'not running here' };
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(3_000) });
    if (answer.ok) return { name, state: 'ok', found: `ready at ${url}` };
    const { detail = '' } = (await answer.json()) as { detail?: string };
    return {
      name,
      state: 'problem',
      found: `${url} is not ready: ${detail}`,
      todo: `see ${name}.log in .tidemark/logs`,
    };
  } catch {
    const found = `nothing answers at ${url}`;
    return alive
      ? { name, state: 'problem', found, todo: `see ${name}.log in .tidemark/logs` }
      : { name, state: 'idle', found };
  }
}
