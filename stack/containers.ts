// The same stores and services as containers, by docker-compose.yml, for those who have Docker. Compose supervises them;
// this starts them, waits until they are healthy and stops them. Not run where it was written: no Docker engine there.
import { spawn } from 'node:child_process';
import type { WantedPort } from './ports.ts';
import type { Secrets } from './secrets.ts';
import type { ServiceName } from './services.ts';
import { stackPorts } from './stack-ports.ts';
import type { StackUrls } from './stack-urls.ts';

export interface ContainerOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly ports: Record<ServiceName, WantedPort>;
  readonly secrets: Secrets;
  /** Removes the containers' volumes first. */
  readonly fresh: boolean;
  readonly signal?: AbortSignal | undefined;
}

const ROOT = new URL('..', import.meta.url).pathname;

export async function openContainers(
  options: ContainerOptions,
): Promise<{ stores: StackUrls; close: () => Promise<void> }> {
  const { env, ports, secrets, fresh, signal } = options;
  const { kafka, redis, clickhouse } = stackPorts(env);
  const composeEnv: NodeJS.ProcessEnv = {
    ...env,
    ...Object.fromEntries(Object.values(ports).map(({ variable, port }) => [variable, String(port)])),
    TIDEMARK_STACK_KAFKA_PORT: String(kafka),
    TIDEMARK_STACK_REDIS_PORT: String(redis),
    TIDEMARK_STACK_CLICKHOUSE_PORT: String(clickhouse),
    TIDEMARK_CLICKHOUSE_PASSWORD: secrets.clickhousePassword,
    TIDEMARK_OPERATOR_TOKEN: secrets.operatorToken,
    TIDEMARK_HASH_KEY: secrets.hashKey,
  };
  const close = (): Promise<void> => compose(['stop'], composeEnv);
  if (fresh) await compose(['down', '--volumes'], composeEnv, signal);
  try {
    await compose(['up', '--detach', '--wait', '--wait-timeout', '300'], composeEnv, signal);
  } catch (error) {
    await close().catch(() => {}); // the first error is the one to tell
    throw error;
  }
  const stores: StackUrls = {
    kafkaBrokers: `127.0.0.1:${kafka}`,
    redisUrl: `redis://127.0.0.1:${redis}`,
    clickhouseUrl: `http://127.0.0.1:${clickhouse}`,
  };
  return { stores, close };
}

async function compose(args: readonly string[], env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  const problem = await new Promise<string | undefined>((resolve) => {
    const child = spawn('docker', ['compose', ...args], { cwd: ROOT, env, stdio: 'inherit', signal });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code) => resolve(code === 0 ? undefined : `exit code ${code}`));
  });
  if (problem !== undefined) throw new Error(`docker compose ${args.join(' ')}: ${problem}; is Docker running?`);
}
