// The local stack's Redis: a real redis-server on loopback. Tidemark can lose it at any time; it keeps an append-only
// file so that a restart goes on at once instead of being rebuilt.
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { MemberSpec } from './member.ts';
import { probe } from './tcp-probe.ts';

export interface RedisOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly logFile: string;
  /** Where stack/setup.mjs puts what the system lacks. */
  readonly toolsDir: string;
}

export function redisSpec({ dataDir, port, logFile, toolsDir }: RedisOptions): MemberSpec {
  mkdirSync(dataDir, { recursive: true });
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    'protected-mode': 'yes',
    dir: dataDir,
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  };
  return {
    name: 'redis',
    logFile,
    command: requireRedisServer(toolsDir),
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    answers: async (signal) => (await probe(port, Buffer.from('PING\r\n'), signal)).toString().startsWith('+PONG'),
    readyWithinMs: 30_000,
    stopWithinMs: 10_000,
  };
}

function requireRedisServer(toolsDir: string): string {
  const found = findRedisServer(process.env, [toolsDir]);
  if (found === undefined) {
    throw new Error('redis-server is not on PATH; run `npm start`, or `apt-get install redis-server` as root');
  }
  return found;
}

/** That of the system goes before one that stack/setup.mjs put among the tools. */
export function findRedisServer(env: NodeJS.ProcessEnv, toolsDirs: readonly string[]): string | undefined {
  const folders = [...(env['PATH'] ?? '').split(delimiter), ...toolsDirs];
  return folders.map((folder) => join(folder, 'redis-server')).find((file) => existsSync(file));
}
