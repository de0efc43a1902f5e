// The two secrets of an installation: the operator's token and the key of the identity hashes. Taken from the
// environment, else made once and kept in a file that only its owner can read. Never logged.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Secrets {
  readonly operatorToken: string;
  /** 32 hex digits. */
  readonly hashKey: string;
}

export function loadSecrets(file: string, env: NodeJS.ProcessEnv): Secrets {
  const kept = readKept(file) ?? makeSecrets(file);
  return {
    operatorToken: env['TIDEMARK_OPERATOR_TOKEN'] ?? kept.operatorToken,
    hashKey: env['TIDEMARK_HASH_KEY'] ?? kept.hashKey,
  };
}

function readKept(file: string): Secrets | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const { operatorToken, hashKey } = JSON.parse(text) as Partial<Secrets>;
  if (operatorToken === undefined || hashKey === undefined) {
    throw new Error(`${file} lacks operatorToken or hashKey; the data under it was made with that hash key`);
  }
  return { operatorToken, hashKey };
}

function makeSecrets(file: string): Secrets {
  const made: Secrets = { operatorToken: randomBytes(16).toString('hex'), hashKey: randomBytes(16).toString('hex') };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return made;
}
