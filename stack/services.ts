// The four services of Tidemark: their ports, the environment each one gets, and in which order they start.

import type { WantedPort } from './ports.ts';
import type { Secrets } from './secrets.ts';
import type { StackUrls } from './stack-urls.ts';
import type { ServiceSpec } from './supervisor.ts';

export type ServiceName = 'ingest' | 'speed-layer' | 'batch-layer' | 'serving';

export type ServiceUrls = Readonly<Record<ServiceName, string>>;

const SERVICES = {
  'batch-layer': { variable: 'TIDEMARK_BATCH_PORT', port: 8083, purpose: 'the batch layer (operations)' },
  'speed-layer': { variable: 'TIDEMARK_SPEED_PORT', port: 8082, purpose: 'the speed layer (operations)' },
  ingest: { variable: 'TIDEMARK_INGEST_PORT', port: 8081, purpose: 'ingest (POST /v1/events)' },
  serving: { variable: 'TIDEMARK_SERVING_PORT', port: 8080, purpose: 'serving (API and dashboard)' },
} as const satisfies Record<ServiceName, WantedPort>;

// The batch layer first: it makes the tables and the run that the others ask for.
const PHASES: readonly (readonly ServiceName[])[] = [['batch-layer'], ['speed-layer', 'ingest', 'serving']];
const ROOT = new URL('..', import.meta.url).pathname;

export function servicePorts(env: NodeJS.ProcessEnv): Record<ServiceName, WantedPort> {
  const ports: Partial<Record<ServiceName, WantedPort>> = {};
  for (const [name, service] of Object.entries(SERVICES) as [ServiceName, WantedPort][]) {
    ports[name] = { ...service, port: portFrom(env, service.variable, service.port) };
  }
  return ports as Record<ServiceName, WantedPort>;
}

export function serviceUrls(ports: Record<ServiceName, WantedPort>): ServiceUrls {
  const url = (name: ServiceName): string => `http://127.0.0.1:${ports[name].port}`;
  return {
    serving: url('serving'),
    ingest: url('ingest'),
    'speed-layer': url('speed-layer'),
    'batch-layer': url('batch-layer'),
  };
}

export interface ServiceSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly stores: StackUrls;
  readonly ports: Record<ServiceName, WantedPort>;
  readonly secrets: Secrets;
  /** The ClickHouse is ours: its user is `default` and its password among the secrets. */
  readonly ownClickHouse: boolean;
}

export function servicePhases(surroundings: ServiceSurroundings): ServiceSpec[][] {
  const { env, stores, ports, secrets, ownClickHouse } = surroundings;
  const urls = serviceUrls(ports);
  const serviceEnv: NodeJS.ProcessEnv = {
    ...env,
    TIDEMARK_KAFKA_BROKERS: stores.kafkaBrokers,
    TIDEMARK_REDIS_URL: stores.redisUrl,
    TIDEMARK_CLICKHOUSE_URL: stores.clickhouseUrl,
    ...(ownClickHouse && {
      TIDEMARK_CLICKHOUSE_USER: 'default',
      TIDEMARK_CLICKHOUSE_PASSWORD: secrets.clickhousePassword,
    }),
    TIDEMARK_OPERATOR_TOKEN: secrets.operatorToken,
    TIDEMARK_HASH_KEY: secrets.hashKey,
    TIDEMARK_SERVING_URL: urls.serving,
    TIDEMARK_INGEST_URL: urls.ingest,
    TIDEMARK_BATCH_URL: urls['batch-layer'],
    ...Object.fromEntries(Object.values(ports).map(({ variable, port }) => [variable, String(port)])),
  };
  return PHASES.map((phase) =>
    phase.map((name) => ({
      name,
      command: process.execPath,
      args: [`${name}/main.ts`],
      cwd: ROOT,
      env: serviceEnv,
      readyUrl: `${urls[name]}/readyz`,
    })),
  );
}

/** `whenAbsent` where the variable is not set; throws where it is no port. */
export function portFrom(env: NodeJS.ProcessEnv, variable: string, whenAbsent: number): number {
  const text = env[variable];
  if (text === undefined || text === '') return whenAbsent;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`${variable} is ${JSON.stringify(text)}; expected a port, 1 to 65535`);
  }
  return port;
}
