// What the machine has of what a start needs. Each check says what it found and, where that is wrong, what to do.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KAFKA_FOLDER } from '../stack/kafka.ts';
import { requireFreePorts, samePorts } from '../stack/ports.ts';
import { findRedisServer } from '../stack/redis.ts';
import { servicePorts } from '../stack/services.ts';
import { stackPorts, wantedStackPorts } from '../stack/stack-ports.ts';
import { projectFolder } from './io.ts';

export interface Check {
  readonly name: string;
  /** idle: not there, and need not be. */
  readonly state: 'ok' | 'problem' | 'idle';
  readonly found: string;
  readonly todo?: string;
}

export function nodeCheck(version: string): Check {
  const found = `Node ${version}`;
  if (Number.parseInt(version, 10) >= 24) return { name: 'node', state: 'ok', found };
  return { name: 'node', state: 'problem', found, todo: 'run `npm ci`, which brings Node 24' };
}

export async function javaCheck(env: NodeJS.ProcessEnv): Promise<Check> {
  const java = env['JAVA_HOME'] ? join(env['JAVA_HOME'], 'bin/java') : 'java';
  const todo = 'install Java 17 or newer (`apt-get install openjdk-17-jre-headless`); Kafka runs on it';
  try {
    const { stderr } = await promisify(execFile)(java, ['-version'], { timeout: 20_000 });
    const found = stderr.split('\n')[0] ?? '';
    const major = Number(/version "(\d+)/.exec(found)?.[1] ?? 0);
    return major >= 17 ? { name: 'java', state: 'ok', found } : { name: 'java', state: 'problem', found, todo };
  } catch {
    return { name: 'java', state: 'problem', found: `${java} cannot be run`, todo };
  }
}

export function kafkaCheck(dataDir: string): Check {
  const folder = [dataDir, join(projectFolder, '.tidemark')]
    .map((parent) => join(parent, 'tools', KAFKA_FOLDER))
    .find((each) => existsSync(each));
  if (folder !== undefined) return { name: 'kafka', state: 'ok', found: folder };
  return {
    name: 'kafka',
    state: 'problem',
    found: 'its jars are not there',
    todo: '`npm start` fetches them by Maven',
  };
}

export function redisCheck(env: NodeJS.ProcessEnv, dataDir: string): Check {
  const tools = [dataDir, join(projectFolder, '.tidemark')].map((parent) => join(parent, 'tools'));
  const found = findRedisServer(env, tools);
  if (found !== undefined) return { name: 'redis', state: 'ok', found };
  const todo = '`npm start` gets it as root on Debian; else `apt-get install redis-server`';
  return { name: 'redis', state: 'problem', found: 'no redis-server on PATH', todo };
}

export async function diskCheck(dataDir: string): Promise<Check> {
  const folder = existsSync(dataDir) ? dataDir : projectFolder;
  const { bavail, bsize } = await statfs(folder);
  const free = Math.floor((bavail * bsize) / 1024 ** 2);
  const found = `${free.toLocaleString('en-US')} MiB free at ${folder}`;
  if (free >= 1_024) return { name: 'disk', state: 'ok', found };
  return { name: 'disk', state: 'problem', found, todo: 'free some space: at least 1,024 MiB are needed' };
}

/** Only asked while nothing of ours runs. */
export async function portChecks(env: NodeJS.ProcessEnv): Promise<Check[]> {
  const wanted = [...Object.values(servicePorts(env)), ...wantedStackPorts(stackPorts(env))];
  const same = samePorts(wanted).map((line): Check => {
    const [found = '', todo = ''] = line.split('; ');
    return { name: 'ports', state: 'problem', found, todo };
  });
  const ports = [...new Map(wanted.map((each) => [each.port, each])).values()]; // two checks of one port would meet
  const each = await Promise.all(
    ports.map(async (each): Promise<Check> => {
      const name = `port ${each.port}`;
      try {
        await requireFreePorts([each]);
        return { name, state: 'ok', found: `free, for ${each.purpose}` };
      } catch (error) {
        const todo = `set ${each.variable} to another port, or stop that process`;
        return { name, state: 'problem', found: (error as Error).message.split(';')[0]!, todo };
      }
    }),
  );
  return [...same, ...each];
}
