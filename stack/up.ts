// The whole of Tidemark on this machine: the three stores (the local stack, unless the environment names others) and the
// four services, supervised by this process. `tidemark up` and the end-to-end tests call this.
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openContainers } from './containers.ts';
import { type LocalStack, openLocalStack } from './local-stack.ts';
import type { Member, MemberEvent } from './member.ts';
import { requireFreePorts } from './ports.ts';
import { claimRun } from './run-file.ts';
import { loadSecrets } from './secrets.ts';
import { type ServiceUrls, servicePhases, servicePorts, serviceUrls } from './services.ts';
import { stackPorts, wantedStackPorts } from './stack-ports.ts';
import { givenStackUrls, type StackUrls } from './stack-urls.ts';
import { openSupervisor } from './supervisor.ts';

export interface TidemarkOptions {
  /** The folder of everything that is kept: `.tidemark`. */
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onEvent?: (event: TidemarkEvent) => void;
  /** Removes data and state first; tools, logs and secrets stay. */
  readonly fresh?: boolean;
  /** Stores and services as containers (docker-compose.yml) instead of processes of this machine. */
  readonly docker?: boolean;
  /** Gives up the start and stops what had started. */
  readonly signal?: AbortSignal;
}

export type TidemarkEvent = MemberEvent | { readonly kind: 'survivor'; readonly name: string; readonly pid: number };

export interface Tidemark extends AsyncDisposable {
  readonly urls: ServiceUrls;
  readonly stores: StackUrls;
  readonly operatorToken: string;
  readonly members: readonly Member[];
  /** Services in reverse order, then the stores; data stays. */
  close(): Promise<void>;
}

export async function openTidemark(options: TidemarkOptions): Promise<Tidemark> {
  const { dataDir, env, onEvent = () => {}, fresh = false, docker = false, signal } = options;
  await using opened = new AsyncDisposableStack();
  // 1. The folder is ours before anything is looked at or removed; what an earlier start left behind is stopped.
  mkdirSync(dataDir, { recursive: true });
  const runFile = await claimRun(join(dataDir, 'run.json'), ({ name, pid }) =>
    onEvent({ kind: 'survivor', name, pid }),
  );
  opened.defer(() => runFile.remove());
  if (fresh)
    for (const folder of ['data', 'state', 'reports']) rmSync(join(dataDir, folder), { recursive: true, force: true });

  // 2. Everything that can be refused is refused before the first process starts.
  const secrets = loadSecrets(join(dataDir, 'secrets.json'), env);
  const ports = servicePorts(env);
  const given = docker ? undefined : givenStackUrls(env);
  const storePorts = stackPorts(env);
  await requireFreePorts([...Object.values(ports), ...(given === undefined ? wantedStackPorts(storePorts) : [])]);

  const heard = (event: MemberEvent): void => {
    if (event.kind === 'started') runFile.memberStarted(event.name, event.pid);
    if (event.kind === 'stopped') runFile.memberStopped(event.name);
    onEvent(event);
  };
  const logDir = join(dataDir, 'logs');
  const urls = serviceUrls(ports);

  if (docker) {
    const { stores, close } = await openContainers({ env, ports, secrets, fresh, signal });
    opened.defer(close);
    runFile.update({ urls: { ...urls, ...stores } });
    const kept = opened.move();
    return tidemark(stores, [], () => kept.disposeAsync());
  }

  // 3. Stores, then services.
  const stack = given === undefined ? opened.use(await openLocal()) : undefined;
  const stores = given ?? stackUrls(stack as LocalStack);
  // Addresses of other people's stores may hold passwords: only our own are written down.
  runFile.update({ urls: { ...urls, ...(stack && stores) } });
  const withReports = { TIDEMARK_REPORTS_DIR: join(resolve(dataDir), 'reports'), ...env };
  const phases = servicePhases({ env: withReports, stores, ports, secrets, ownClickHouse: stack !== undefined });
  const services = opened.use(await openSupervisor(phases, { logDir, onEvent: heard, signal }));

  const kept = opened.move();
  return tidemark(stores, [...(stack?.members ?? []), ...services.members], () => kept.disposeAsync());

  function tidemark(stores: StackUrls, members: readonly Member[], close: () => Promise<void>): Tidemark {
    return { urls, stores, operatorToken: secrets.operatorToken, members, close, [Symbol.asyncDispose]: close };
  }

  function openLocal(): Promise<LocalStack> {
    return openLocalStack({
      dataDir: join(dataDir, 'data'),
      logDir,
      ports: storePorts,
      clickhousePassword: secrets.clickhousePassword,
      onEvent: heard,
      signal,
    });
  }
}

function stackUrls({ kafkaBrokers, redisUrl, clickhouseUrl }: StackUrls): StackUrls {
  return { kafkaBrokers, redisUrl, clickhouseUrl };
}

/** One line for the terminal; undefined for what needs no line. */
export function describeEvent(event: TidemarkEvent): string | undefined {
  switch (event.kind) {
    case 'started':
    case 'stopped':
      return undefined;
    case 'ready':
      return `${event.name} is ready (${(event.ms / 1000).toFixed(1)} s, pid ${event.pid})`;
    case 'exited':
      return `${event.name} exited (${event.reason}), starting it again`;
    case 'restarted':
      return `${event.name} started again (${event.reason}), pid ${event.pid}`;
    case 'failing':
      return `${event.name} does not start, trying again: ${event.reason}`;
    case 'survivor':
      return `${event.name} of an earlier start was still running (pid ${event.pid}), stopped`;
    default:
      return event satisfies never;
  }
}
