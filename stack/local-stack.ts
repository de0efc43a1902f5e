// Kafka, Redis and ClickHouse on this machine, on loopback, without Docker. An engine that dies is started again on the
// same data. Data stays in `dataDir` until somebody removes it.
import { mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { clickHouseSpec } from './clickhouse.ts';
import { kafkaSpec, type ProxiedListener } from './kafka.ts';
import { type Member, type MemberEvent, type MemberSpec, openMember } from './member.ts';
import { chooseFreePorts, requireFreePorts } from './ports.ts';
import { redisSpec } from './redis.ts';
import { DEFAULT_STACK_PORTS, type StackPorts, wantedStackPorts } from './stack-ports.ts';

export interface LocalStackOptions {
  readonly dataDir: string;
  readonly logDir: string;
  /** What stack/setup.mjs fetched; `.tidemark/tools` of this repository by default. */
  readonly toolsDir?: string;
  /** 0 takes a free one. */
  readonly ports?: StackPorts;
  /** Of ClickHouse's user `default`; absent or empty: none is asked for. */
  readonly clickhousePassword?: string;
  /** Further listeners of Kafka, each behind a proxy. */
  readonly kafkaProxied?: readonly ProxiedListener[];
  readonly onEvent?: ((event: MemberEvent) => void) | undefined;
  /** Gives up the start and closes what had started. */
  readonly signal?: AbortSignal | undefined;
}

type EngineName = 'kafka' | 'redis' | 'clickhouse';

export interface LocalStack extends AsyncDisposable {
  readonly kafkaBrokers: string;
  readonly redisUrl: string;
  readonly clickhouseUrl: string;
  readonly members: readonly Member[];
  /** Stops one engine gracefully and resolves when it answers again, on the same data. */
  restart(name: EngineName): Promise<void>;
}

const TOOLS_DIR = new URL('../.tidemark/tools', import.meta.url).pathname;
const LEAST_FREE_BYTES = 1024 ** 3;

export async function openLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const {
    dataDir,
    logDir,
    toolsDir = TOOLS_DIR,
    clickhousePassword: password,
    kafkaProxied: proxied,
    onEvent,
    signal,
  } = options;
  mkdirSync(dataDir, { recursive: true });
  await requireDiskSpace(dataDir);
  const { kafka, controller, redis, clickhouse } = await resolvePorts(options.ports ?? DEFAULT_STACK_PORTS);
  const folders = (name: EngineName): { dataDir: string; logFile: string } => ({
    dataDir: join(dataDir, name),
    logFile: join(logDir, `${name}.log`),
  });
  const opening = await Promise.allSettled([
    Promise.resolve(redisSpec({ ...folders('redis'), port: redis, toolsDir })).then(open),
    kafkaSpec({ ...folders('kafka'), port: kafka, controllerPort: controller, toolsDir, proxied }).then(open),
    Promise.resolve(clickHouseSpec({ ...folders('clickhouse'), port: clickhouse, password })).then(open),
  ]);
  const members = opening.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.close()));
  };
  const failures = opening.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  if (failures.length > 0) {
    await close();
    throw failures.length === 1
      ? (failures[0] as Error)
      : new AggregateError(failures, failures.map((failure) => failure.message).join('\n'));
  }
  return {
    kafkaBrokers: `127.0.0.1:${kafka}`,
    redisUrl: `redis://127.0.0.1:${redis}`,
    clickhouseUrl: `http://127.0.0.1:${clickhouse}`,
    members,
    async restart(name) {
      await members.find((member) => member.name === name)?.restart();
    },
    [Symbol.asyncDispose]: close,
  };

  function open(spec: MemberSpec): Promise<Member> {
    return openMember(spec, { onEvent, signal });
  }
}

async function resolvePorts(ports: StackPorts): Promise<StackPorts & { readonly controller: number }> {
  const [kafka, controller, redis, clickhouse] = (await chooseFreePorts(4)) as [number, number, number, number];
  const resolved = {
    kafka: ports.kafka === 0 ? kafka : ports.kafka,
    controller: ports.kafka === 0 ? controller : ports.kafka + 1,
    redis: ports.redis === 0 ? redis : ports.redis,
    clickhouse: ports.clickhouse === 0 ? clickhouse : ports.clickhouse,
  };
  await requireFreePorts(wantedStackPorts(resolved, resolved.controller));
  return resolved;
}

async function requireDiskSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= LEAST_FREE_BYTES) return;
  throw new Error(
    `the disk of ${folder} is nearly full: ${Math.floor(free / 1024 ** 2)} MiB are free, at least 1024 MiB are needed`,
  );
}
