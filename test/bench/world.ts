// The processes that are measured: the local stack on free ports with throw-away data, and on it any number of Tidemarks
// one after the other, each with a topic, a database and a Redis prefix of its own.
import { join } from 'node:path';
import { loadConfig } from '../../runtime/config.ts';
import { generationOf } from '../../runtime/shared-settings.ts';
import type { Generation } from '../../schemas/generation.ts';
import { servingSettings } from '../../serving/config.ts';
import { type LocalStack, openLocalStack } from '../../stack/local-stack.ts';
import type { Member, MemberEvent } from '../../stack/member.ts';
import { chooseFreePorts } from '../../stack/ports.ts';
import { loadSecrets } from '../../stack/secrets.ts';
import { type ServiceName, servicePhases, servicePorts } from '../../stack/services.ts';
import { openSupervisor } from '../../stack/supervisor.ts';

export interface World extends AsyncDisposable {
  readonly folder: string;
  /** Kafka, Redis and ClickHouse. */
  readonly engines: readonly Member[];
  readonly signal: AbortSignal;
  openTidemark(name: string, options?: TidemarkOptions): Promise<Tidemark>;
}

interface TidemarkOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** All by default. */
  readonly services?: readonly ServiceName[];
  /** Called before any service starts. */
  readonly prepare?: (settings: Settings, generation: Generation) => Promise<void>;
}

export type Settings = ReturnType<typeof settingsOf>;

export interface Tidemark extends AsyncDisposable {
  readonly settings: Settings;
  readonly generation: Generation;
  readonly servingUrl: string;
  readonly ingestUrl: string;
  readonly batchUrl: string;
  /** Of its services. */
  readonly env: NodeJS.ProcessEnv;
  readonly services: readonly Member[];
}

const settingsOf = (env: NodeJS.ProcessEnv) => loadConfig(servingSettings, env);

export async function openWorld(folder: string, signal: AbortSignal): Promise<World> {
  const secrets = loadSecrets(join(folder, 'secrets.json'), {});
  const onEvent = (event: MemberEvent): void => {
    if (event.kind === 'exited' || event.kind === 'failing') process.stderr.write(`${event.name}: ${event.reason}\n`);
  };
  const stack: LocalStack = await openLocalStack({
    dataDir: join(folder, 'data'),
    logDir: join(folder, 'logs'),
    ports: { kafka: 0, redis: 0, clickhouse: 0 },
    clickhousePassword: secrets.clickhousePassword,
    onEvent,
    signal,
  });
  return {
    folder,
    engines: stack.members,
    signal,
    async openTidemark(name, { env: added = {}, services, prepare } = {}) {
      const names = ['SERVING', 'INGEST', 'SPEED', 'BATCH'];
      const free = await chooseFreePorts(names.length);
      const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('TIDEMARK'));
      const env = {
        ...Object.fromEntries(inherited),
        ...Object.fromEntries(names.map((service, i) => [`TIDEMARK_${service}_PORT`, String(free[i])])),
        TIDEMARK_TOPIC: name,
        TIDEMARK_REDIS_PREFIX: name,
        TIDEMARK_CLICKHOUSE_DATABASE: name,
        TIDEMARK_LOG_LEVEL: 'warn',
        TIDEMARK_REPORTS_DIR: join(folder, 'reports'),
        ...added,
      };
      const ports = servicePorts(env);
      const phases = servicePhases({ env, stores: stack, ports, secrets, ownClickHouse: true });
      const serviceEnv = phases[0]![0]!.env!;
      const settings = settingsOf(serviceEnv);
      const generation = generationOf(settings);
      await prepare?.(settings, generation);
      const logDir = join(folder, 'logs', name);
      const started = phases.map((phase) =>
        phase.filter((spec) => !services || services.includes(spec.name as ServiceName)),
      );
      const supervisor = await openSupervisor(started, { logDir, onEvent, signal });
      const url = (service: ServiceName) => `http://127.0.0.1:${ports[service].port}`;
      return {
        settings,
        generation,
        servingUrl: url('serving'),
        ingestUrl: url('ingest'),
        batchUrl: url('batch-layer'),
        env: serviceEnv,
        services: supervisor.members,
        [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}
