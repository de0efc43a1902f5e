// Which addresses and which operator token the commands use: from the environment, else those of the local `npm start`.
import { join } from 'node:path';
import { readSecrets } from '../stack/secrets.ts';
import { type Api, createApi } from './api.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import { type CliIo, dataFolder } from './io.ts';

export function connect(io: CliIo): Api {
  const { env, signal } = io;
  return createApi({
    servingUrl: addressOf(env, 'TIDEMARK_SERVING_URL', `http://127.0.0.1:${env['TIDEMARK_SERVING_PORT'] || 8080}`),
    ingestUrl: addressOf(env, 'TIDEMARK_INGEST_URL', `http://127.0.0.1:${env['TIDEMARK_INGEST_PORT'] || 8081}`),
    operatorToken: () => readOperatorToken(env),
    signal,
  });
}

function addressOf(env: NodeJS.ProcessEnv, variable: string, byDefault: string): string {
  const address = env[variable] || byDefault;
  if (!/^https?:/.test(address) || !URL.canParse(address)) throw usageError(variable, address, 'an http address');
  return address.replace(/\/$/, '');
}

/** @throws CliError where there is neither the variable nor the file that `npm start` makes. */
function readOperatorToken(env: NodeJS.ProcessEnv): string {
  const given = env['TIDEMARK_OPERATOR_TOKEN'];
  if (given) return given;
  const file = join(dataFolder(env), 'secrets.json');
  const kept = readSecrets(file)?.operatorToken;
  if (kept !== undefined) return kept;
  throw new CliError(
    `no operator token: TIDEMARK_OPERATOR_TOKEN is not set and ${file} does not hold one; \`npm start\` makes it`,
    exitCodes.fault,
  );
}
