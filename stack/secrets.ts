// The secrets of an installation: the operator's token, the key of the identity hashes and the password of the local
// ClickHouse. Taken from the environment, else made once and kept in a file that only its owner can read. Never logged.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Secrets {
  readonly operatorToken: string;
  /** 32 hex digits. */
  readonly hashKey: string;
  /** Of the ClickHouse that we start; other people's have their own. */
  readonly clickhousePassword: string;
}

/** An empty variable is an absent one. */
export function loadSecrets(file: string, env: NodeJS.ProcessEnv): Secrets {
  const kept = readSecrets(file);
  const secrets = kept === undefined ? makeSecrets(file) : complete(file, kept);
  return {
    operatorToken: env['TIDEMARK_OPERATOR_TOKEN'] || secrets.operatorToken,
    hashKey: env['TIDEMARK_HASH_KEY'] || secrets.hashKey,
    clickhousePassword: env['TIDEMARK_CLICKHOUSE_PASSWORD'] || secrets.clickhousePassword,
  };
}

/** What the file holds, without what is empty; undefined where there is no file. Throws where it cannot be read. */
export function readSecrets(file: string): Partial<Secrets> | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const kept = parseOrNothing(text);
  if (kept === undefined) throw new Error(`${file} is no JSON; the data under it was made with its hash key`);
  const texts = Object.entries(kept ?? {}).filter(([, value]) => typeof value === 'string' && value !== '');
  return Object.fromEntries(texts) as Partial<Secrets>;
}

/** Without V8's own error, which quotes the text: it is secret. */
function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A file of before there was a ClickHouse password gets one; the others cannot be made again. */
function complete(file: string, kept: Partial<Secrets>): Secrets {
  const { operatorToken, hashKey, clickhousePassword } = kept;
  if (operatorToken === undefined || hashKey === undefined) {
    throw new Error(`${file} lacks operatorToken or hashKey; the data under it was made with that hash key`);
  }
  if (clickhousePassword !== undefined) return { operatorToken, hashKey, clickhousePassword };
  const completed: Secrets = { operatorToken, hashKey, clickhousePassword: hexDigits() };
  writeFileSync(`${file}.next`, toText(completed), { mode: 0o600 });
  renameSync(`${file}.next`, file);
  return completed;
}

function makeSecrets(file: string): Secrets {
  const made: Secrets = { operatorToken: hexDigits(), hashKey: hexDigits(), clickhousePassword: hexDigits() };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, toText(made), { mode: 0o600, flag: 'wx' });
  return made;
}

function hexDigits(): string {
  return randomBytes(16).toString('hex');
}

function toText(secrets: Secrets): string {
  return `${JSON.stringify(secrets, null, 2)}\n`;
}
