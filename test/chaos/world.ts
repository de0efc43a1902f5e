// The whole of Tidemark as `npm start` runs it, in a folder of its own, with two speed layers, and with a proxy between
// each service and each store that it uses. Tests reach the stores directly, past the proxies.
import { join } from 'node:path';
import { loadConfig } from '../../runtime/config.ts';
import { generationOf } from '../../runtime/shared-settings.ts';
import type { Generation } from '../../schemas/generation.ts';
import { servingSettings } from '../../serving/config.ts';
import { openLocalStack } from '../../stack/local-stack.ts';
import type { Member, MemberEvent } from '../../stack/member.ts';
import { requireFreePorts } from '../../stack/ports.ts';
import { loadSecrets, type Secrets } from '../../stack/secrets.ts';
import { type ServiceName, servicePhases, servicePorts } from '../../stack/services.ts';
import { openSupervisor, type ServiceSpec } from '../../stack/supervisor.ts';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const storeNames = ['kafka', 'redis', 'clickhouse'] as const;
type StoreName = (typeof storeNames)[number];
const services = {
  batch: 'batch-layer',
  'speed-a': 'speed-layer',
  'speed-b': 'speed-layer',
  ingest: 'ingest',
  serving: 'serving',
} as const satisfies Record<string, ServiceName>;
export type ProcessName = keyof typeof services | StoreName;
const serviceNames = Object.keys(services) as (keyof typeof services)[];

/** `service>store`. Ingest uses Kafka only. */
export const linkNames = serviceNames.flatMap((service) =>
  storeNames.flatMap((store) => (service === 'ingest' && store !== 'kafka' ? [] : [`${service}>${store}`])),
);

export interface World extends AsyncDisposable {
  readonly generation: Generation;
  readonly servingUrl: string;
  readonly ingestUrl: string;
  readonly operatorToken: string;
  /** Past the proxies. */
  readonly direct: ReturnType<typeof directSettings>;
  readonly redisDir: string;
  readonly sessionTimeoutMs: number;
  member(name: ProcessName): Member;
  link(name: string): TcpProxy;
}

export interface WorldOptions {
  readonly folder: string;
  /** It and the 69 ports above it are used. */
  readonly firstPort: number;
  readonly onEvent: (event: MemberEvent) => void;
  readonly signal: AbortSignal;
}

/** The shortest that the setting takes. */
const sessionTimeoutMs = 6_000;

export async function openWorld({ folder, firstPort, onEvent, signal }: WorldOptions): Promise<World> {
  const ports = portsFrom(firstPort);
  const wanted = Array.from({ length: 70 }, (_, i) => firstPort + i);
  await requireFreePorts(wanted.map((port) => ({ port, purpose: 'the chaos run', variable: '--first-port' })));
  const resources = new AsyncDisposableStack();
  try {
    const secrets = loadSecrets(join(folder, 'secrets.json'), {});
    const logDir = join(folder, 'logs');
    const stack = resources.use(
      await openLocalStack({
        dataDir: join(folder, 'data'),
        logDir,
        ports: ports.stores,
        clickhousePassword: secrets.clickhousePassword,
        kafkaProxied: serviceNames.map((_, i) => ({ port: ports.listener(i), proxyPort: ports.proxy(i, 0) })),
        onEvent,
        signal,
      }),
    );
    const links = new Map<string, TcpProxy>();
    for (const name of linkNames) {
      const [service, store] = name.split('>') as [keyof typeof services, StoreName];
      const i = serviceNames.indexOf(service);
      const target = store === 'kafka' ? ports.listener(i) : ports.stores[store];
      links.set(name, resources.use(await openTcpProxy(target, ports.proxy(i, storeNames.indexOf(store)))));
    }
    const specs = serviceNames.map((name, i) => specOf(name, i, ports, secrets));
    const supervisor = resources.use(
      await openSupervisor([specs.slice(0, 1), specs.slice(1)], { logDir, onEvent, signal }),
    );
    const members = new Map([...stack.members, ...supervisor.members].map((member) => [member.name, member]));
    const direct = directSettings(ports.stores, specs[0]!.env!);
    return {
      generation: generationOf(direct),
      servingUrl: `http://127.0.0.1:${ports.service('serving')}`,
      ingestUrl: `http://127.0.0.1:${ports.service('ingest')}`,
      operatorToken: secrets.operatorToken,
      direct,
      redisDir: join(folder, 'data', 'redis'),
      sessionTimeoutMs,
      member: (name) => members.get(name)!,
      link: (name) => links.get(name)!,
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
}

type Ports = ReturnType<typeof portsFrom>;
function portsFrom(first: number) {
  return {
    stores: { kafka: first, redis: first + 2, clickhouse: first + 3 }, // Kafka's controller is first + 1
    service: (name: keyof typeof services) => first + 10 + serviceNames.indexOf(name),
    listener: (service: number) => first + 20 + service,
    proxy: (service: number, store: number) => first + 30 + 10 * store + service,
  };
}

function specOf(name: keyof typeof services, i: number, ports: Ports, secrets: Secrets): ServiceSpec {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('TIDEMARK')));
  const env = {
    ...inherited,
    TIDEMARK_SERVING_PORT: String(ports.service('serving')),
    TIDEMARK_INGEST_PORT: String(ports.service('ingest')),
    TIDEMARK_SPEED_PORT: String(ports.service(name === 'speed-b' ? 'speed-b' : 'speed-a')),
    TIDEMARK_BATCH_PORT: String(ports.service('batch')),
    TIDEMARK_SESSION_TIMEOUT_MS: String(sessionTimeoutMs),
    TIDEMARK_BATCH_SCHEDULE: '*/3 * * * * *',
  };
  const stores = {
    kafkaBrokers: `127.0.0.1:${ports.proxy(i, 0)}`,
    redisUrl: `redis://127.0.0.1:${ports.proxy(i, 1)}`,
    clickhouseUrl: `http://127.0.0.1:${ports.proxy(i, 2)}`,
  };
  const all = servicePhases({ env, stores, ports: servicePorts(env), secrets, ownClickHouse: true }).flat();
  return { ...all.find((spec) => spec.name === services[name])!, name };
}

function directSettings(stores: Ports['stores'], env: NodeJS.ProcessEnv) {
  return {
    ...loadConfig(servingSettings, env),
    kafkaBrokers: [`127.0.0.1:${stores.kafka}`],
    redisUrl: `redis://127.0.0.1:${stores.redis}`,
    clickhouseUrl: `http://127.0.0.1:${stores.clickhouse}`,
  };
}
